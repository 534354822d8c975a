/**
 * What is around every page: the bar, the place of the page, and passing notices.
 * @module
 */

import { setTitle } from "../console.js";
import { h, icon } from "../dom.js";
import { forgetKey } from "../session.js";
import { chooseTheme, theme } from "../theme.js";
import { NoticeBar, sentence } from "./notice-bar.js";

/** @import { Console } from "../console.js" */

const SHOWN = 6000; // milliseconds that a passing notice stays
const NEXT_THEME = /** @type {const} */ ({ system: "light", light: "dark", dark: "system" });
const THEME_ICON = /** @type {const} */ ({ system: "system", light: "sun", dark: "moon" });

/** `<app-shell>`: one in the document. */
export class AppShell extends HTMLElement {
  /** @type {Console | null} */
  #console = null;
  #current = "";
  #nav = h("nav", { "aria-label": "Console" });
  #account = h("div", { class: "row" });
  #main = h("main", { id: "main", tabIndex: -1 });
  #notices = h("div", { class: "notices", role: "status" });

  connectedCallback() {
    const skip = (/** @type {Event} */ event) => {
      event.preventDefault(); // the fragment is the page's address
      this.#main.focus();
    };
    const logo = h("img", { src: "/console/images/favicon.svg", alt: "", width: 22, height: 22 });
    this.replaceChildren(
      h(
        "a",
        { class: "skip visually-hidden", href: "#main", on: { click: skip } },
        "Skip to content",
      ),
      h(
        "header",
        { class: "bar" },
        h(
          "a",
          { class: "brand", href: "#/playground", "aria-label": "Hanabi" },
          logo,
          h("span", null, "Hanabi"),
        ),
        this.#nav,
        themeButton(),
        this.#account,
      ),
      this.#main,
      this.#notices,
    );
  }

  /** Who has signed in, or null; sets what the bar offers. @param {Console | null} console */
  set console(console) {
    this.#console = console;
    this.#drawBar();
  }

  /**
   * Shows a page in place of the one before. After the first one the focus goes to its heading.
   * @param {HTMLElement} page
   * @param {string} name the first part of its address
   */
  show(page, name) {
    const first = this.#main.childElementCount === 0;
    this.#current = name;
    this.#drawBar();
    this.#main.replaceChildren(page);
    scrollTo(0, 0);
    const heading = page.querySelector("h1") ?? this.#main;
    if (first || page.contains(document.activeElement)) return;
    heading.tabIndex = -1;
    heading.focus();
  }

  /** Says that an address is none of ours. */
  showMissing() {
    setTitle("No such page");
    const text = "There is no such page in the console.";
    this.show(
      h(
        "section",
        { class: "page empty" },
        h("h1", null, "No such page"),
        h("p", null, text),
        h("a", { class: "button", href: "#/models" }, "To the models"),
      ),
      "",
    );
  }

  /**
   * Says in place of the page why it cannot be shown.
   * @param {unknown} error
   * @param {() => unknown} retry
   * @param {string} name the first part of its address
   */
  showFailure(error, retry, name) {
    setTitle("Not available");
    const notice = new NoticeBar();
    const heading = h("h1", { class: "visually-hidden" }, "Not available");
    this.show(h("section", { class: "page stack" }, heading, notice), name);
    notice.showError(error, retry);
  }

  /**
   * Tells something for a few seconds.
   * @param {string} text
   * @param {"error" | "done"} [kind]
   */
  notify(text, kind = "done") {
    const mark = icon(kind === "done" ? "check" : "warning");
    const notice = h("div", { class: `notice ${kind}` }, mark, h("p", null, sentence(text)));
    this.#notices.append(notice);
    setTimeout(() => notice.remove(), SHOWN);
  }

  #drawBar() {
    const identity = this.#console?.identity;
    this.#nav.hidden = this.#account.hidden = !identity;
    if (!identity) return;
    const places = [["models", "Models"], ["playground", "Playground"], ["usage", "Usage"]];
    if (identity.admin) places.splice(2, 0, ["keys", "Keys"]);
    this.#nav.replaceChildren(...places.map(([name, label]) => {
      const here = name === this.#current ? "page" : null;
      return h("a", { href: `#/${name}`, "aria-current": here }, label);
    }));
    this.#account.replaceChildren(...accountMenu(identity));
  }
}

/** @param {import("../console.js").Identity} identity */
function accountMenu(identity) {
  const signOut = () => {
    forgetKey();
    location.hash = "#/sign-in";
  };
  const name = identity.displayName || identity.keyId;
  const menu = h(
    "div",
    { id: "account-menu", class: "menu account-menu", popover: "auto" },
    h(
      "dl",
      { class: "facts" },
      ...[["Account", identity.account], ["Key", name], [
        "Rights",
        identity.admin ? "admin" : "use",
      ]]
        .flatMap(([term, value]) => [h("dt", null, term), h("dd", null, value)]),
    ),
    h("hr"),
    h("button", { type: "button", on: { click: signOut } }, "Sign out"),
  );
  const button = h("button", {
    type: "button",
    class: "quiet icon-button",
    "aria-label": "Account",
    popoverTargetElement: menu,
  }, icon("user"));
  return [button, menu];
}

function themeButton() {
  const draw = () => {
    const label = `Theme: ${theme()}; switch to ${NEXT_THEME[theme()]}`;
    button.setAttribute("aria-label", label);
    button.title = label;
    button.replaceChildren(icon(THEME_ICON[theme()]));
  };
  const click = () => {
    chooseTheme(NEXT_THEME[theme()]);
    draw();
  };
  const button = h("button", { type: "button", class: "quiet icon-button", on: { click } });
  draw();
  return button;
}

customElements.define("app-shell", AppShell);
