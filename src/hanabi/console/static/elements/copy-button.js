/**
 * A button that copies a text.
 * @module
 */

import { h, icon } from "../dom.js";

const SHOWN = 4000; // milliseconds that "Copied" stays

/**
 * `<copy-button>`: property `text`, what it copies, or what gives that; `label`, "Copy" by default.
 */
export class CopyButton extends HTMLElement {
  /** @type {string | (() => string)} */
  text = "";
  label = "Copy";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    this.#draw(this.label, "copy");
  }

  async #copy() {
    try {
      await copyText(typeof this.text === "string" ? this.text : this.text());
      this.#draw("Copied", "check");
    } catch {
      this.#draw("The browser refused", "warning");
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(this.label, "copy"), SHOWN);
  }

  /**
   * @param {string} text
   * @param {"copy" | "check" | "warning"} mark
   */
  #draw(text, mark) {
    const label = h("span", { "aria-live": "polite" }, text);
    if (this.firstElementChild) {
      this.firstElementChild.replaceChildren(icon(mark), label);
      return;
    }
    const on = { click: () => this.#copy() };
    this.append(h("button", { type: "button", class: "small", on }, icon(mark), label));
  }
}

/**
 * Copies a text. Rejects where the browser does not allow it.
 * @param {string} text
 */
export async function copyText(text) {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text);
  const field = h("textarea", { value: text, class: "visually-hidden" }); // plain http has no other way
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  const focused = document.activeElement;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!copied) throw new Error("the browser does not allow to copy");
}

customElements.define("copy-button", CopyButton);
