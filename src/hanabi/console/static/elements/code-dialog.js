/** The request as a program. */

import { h } from "../dom.js";
import { SNIPPETS } from "../lib/snippets.js";
import "./copy-button.js";
import { openDialog } from "./modal-dialog.js";

/** @import { Request, Snippet } from "../lib/snippets.js" */
/** @import { CopyButton } from "./copy-button.js" */

/** `<code-dialog>`: shows nothing until it is opened; then one tab for each way to send a request. */
export class CodeDialog extends HTMLElement {
  /** The tab that was looked at last. */
  #chosen = SNIPPETS[0]?.id;

  /** Shows the programs that send a request.
   * @param {Request} request
   */
  open(request) {
    const code = h("pre", {
      class: "code-block wrap",
      id: "code-panel",
      role: "tabpanel",
      tabIndex: 0,
    });
    const copy = /** @type {CopyButton} */ (h("copy-button"));
    const tabs = SNIPPETS.map((snippet) =>
      h("button", {
        type: "button",
        role: "tab",
        id: `code-tab-${snippet.id}`,
        "aria-controls": code.id,
        on: { click: () => choose(snippet) },
      }, snippet.label)
    );

    /** @param {Snippet} snippet */
    const choose = (snippet) => {
      this.#chosen = snippet.id;
      const text = snippet.write(request, location.origin);
      code.replaceChildren(h("code", null, text));
      code.setAttribute("aria-labelledby", `code-tab-${snippet.id}`);
      copy.text = text;
      tabs.forEach((tab, index) => {
        const selected = SNIPPETS[index] === snippet;
        tab.setAttribute("aria-selected", String(selected));
        tab.tabIndex = selected ? 0 : -1;
      });
    };

    /** @param {KeyboardEvent} event */
    const step = (event) => {
      const direction = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!direction) return;
      const at = tabs.findIndex((tab) => tab === document.activeElement);
      const tab = tabs.at((at + direction) % tabs.length);
      tab?.focus();
      tab?.click();
    };

    const list = { class: "tabs", role: "tablist", "aria-label": "Client", on: { keydown: step } };
    openDialog("View code", [
      h("div", { class: "code-bar" }, h("div", list, ...tabs), copy),
      code,
      h(
        "p",
        { class: "hint" },
        "The request as the console sends it. The key is read from the environment variable ",
        h("code", null, "FIREWORKS_API_KEY"),
        ".",
      ),
    ], { wide: true });
    const chosen = SNIPPETS.find(({ id }) => id === this.#chosen);
    if (chosen) choose(chosen);
    tabs.find((tab) => tab.tabIndex === 0)?.focus();
  }
}

customElements.define("code-dialog", CodeDialog);
