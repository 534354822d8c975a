/**
 * Asking for an API key, on a page of its own or over the page that needs one.
 * @module
 */

import { ApiError, createApi } from "../api/client.js";
import { h } from "../dom.js";
import { openDialog } from "./modal-dialog.js";
import { NoticeBar } from "./notice-bar.js";

/** @import { Identity } from "../console.js" */

/** @typedef {{ key: string, remember: boolean, identity: Identity }} SignedIn */

const PRINTABLE = /^[!-~]+$/;

/**
 * `<sign-in-form>`: event `signin` (bubbles) with a SignedIn as its detail, once the server took the
 * key; else it says why not, and keeps what was typed.
 */
export class SignInForm extends HTMLElement {
  /** Whether "Remember" begins ticked. */
  remember = false;

  #notice = new NoticeBar();
  #key = h("input", {
    id: "api-key",
    type: "password",
    autofocus: true, // in a dialog; on the page it is focused below
    required: true,
    autocomplete: "current-password",
    spellcheck: false,
    class: "mono",
    "aria-describedby": "api-key-hint",
  });
  #remember = h("input", { type: "checkbox" });
  #button = h("button", { class: "primary" }, "Sign in");

  connectedCallback() {
    this.#remember.checked = this.remember;
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#signIn();
    };
    this.replaceChildren(
      h(
        "form",
        { class: "stack", on: { submit } },
        userName(),
        h(
          "div",
          { class: "field" },
          h("label", { for: "api-key" }, "API key"),
          this.#key,
          h("p", { id: "api-key-hint", class: "hint" }, "The server printed it when it started."),
        ),
        h("label", { class: "check" }, this.#remember, "Remember on this device"),
        this.#notice,
        h("div", { class: "row" }, this.#button),
      ),
    );
    this.#key.focus();
  }

  /**
   * Says in place why one has to sign in.
   * @param {unknown} error
   * @param {() => unknown} [retry]
   */
  explain(error, retry) {
    this.#notice.showError(error, retry);
  }

  async #signIn() {
    const key = this.#key.value.trim();
    if (!PRINTABLE.test(key)) {
      this.#refuse("An API key has printable ASCII characters only, and no spaces.");
      return;
    }
    this.#button.disabled = true;
    this.#notice.clear();
    try {
      const identity = await createApi(key).get("/v1/apiKey");
      const detail = { key, remember: this.#remember.checked, identity };
      this.dispatchEvent(new CustomEvent("signin", { bubbles: true, detail }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#refuse(error.message);
      else this.#notice.showError(error, () => this.#signIn());
    } finally {
      this.#button.disabled = false;
    }
  }

  /** @param {string} text */
  #refuse(text) {
    this.#notice.show(text);
    this.#key.setAttribute("aria-invalid", "true");
    this.#key.select();
  }
}

/** What a password manager files the key under: it wants a name, and a key has none. */
function userName() {
  return h("input", { autocomplete: "username", value: "Hanabi", readOnly: true, hidden: true });
}

/**
 * Asks over the page, which stays as it is.
 * @param {boolean} remember whether the key before was remembered
 * @returns {Promise<SignedIn | null>} null where the dialog was closed
 */
export function askForKey(remember) {
  const form = h("sign-in-form", { remember });
  const text = "The server does not take your API key any more. Sign in, and what you did goes on.";
  const dialog = openDialog("Sign in again", [h("p", null, text), form]);
  return new Promise((resolve) => {
    form.addEventListener("signin", (event) => {
      resolve(/** @type {CustomEvent<SignedIn>} */ (event).detail);
      dialog.close();
    });
    dialog.addEventListener("close", () => resolve(null));
  });
}

customElements.define("sign-in-form", SignInForm);
