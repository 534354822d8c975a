/**
 * A sentence where something happened.
 * @module
 */

import { h, icon } from "../dom.js";
import { ApiError, ConnectionLost } from "../api/errors.js";

/** @typedef {"error" | "warn" | "done"} NoticeKind */

/**
 * `<notice-bar>`: empty until it is told something, which a screen reader says at once.
 */
export class NoticeBar extends HTMLElement {
  connectedCallback() {
    if (!this.hasAttribute("role")) this.setAttribute("role", "alert");
    this.hidden = this.childElementCount === 0;
  }

  /**
   * Shows a sentence.
   * @param {string} text
   * @param {NoticeKind} [kind]
   * @param {...Node} actions buttons behind it
   */
  show(text, kind = "error", ...actions) {
    this.hidden = false;
    const mark = icon(kind === "done" ? "check" : "warning");
    this.replaceChildren(
      h("div", { class: `notice ${kind}` }, mark, h("p", null, text), ...actions),
    );
  }

  /**
   * Shows what went wrong, in the server's words.
   * @param {unknown} error
   * @param {() => unknown} [retry] what the button "Try again" does; without it there is none
   */
  showError(error, retry) {
    const again = () => {
      this.clear();
      retry?.();
    };
    const button = h(
      "button",
      { type: "button", class: "small", on: { click: again } },
      "Try again",
    );
    this.show(sentence(error), "error", ...(retry ? [button] : []));
  }

  /** Takes it away. */
  clear() {
    this.hidden = true;
    this.replaceChildren();
  }
}

/**
 * What to tell of an error: the server's sentence; of a fault of ours, its message.
 * @param {unknown} error
 * @returns {string}
 */
export function sentence(error) {
  if (error instanceof ApiError || error instanceof ConnectionLost) return ended(error.message);
  return ended(error instanceof Error ? `The console failed: ${error.message}` : String(error));
}

/** @param {string} text */
function ended(text) {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

customElements.define("notice-bar", NoticeBar);
