/**
 * One file, dropped or chosen.
 * @module
 */

import { h, icon } from "../dom.js";
import { formatBytes } from "../lib/format.js";

/** `<file-field>`: the GGUF file of a model; event `change` when there is another one. */
export class FileField extends HTMLElement {
  /** @type {File | null} */
  file = null;

  #input = h("input", {
    type: "file",
    accept: ".gguf",
    class: "visually-hidden",
    tabIndex: -1,
    "aria-label": "GGUF file",
    on: { change: (/** @type {Event} */ event) => this.#chosen(event) },
  });
  #button = h(
    "button",
    { type: "button", on: { click: () => this.#input.click() } },
    "Choose a file",
  );
  #text = h("p", { "aria-live": "polite" });
  #zone = h("div", { class: "drop-zone" }, icon("upload"), this.#text, this.#button, this.#input);

  connectedCallback() {
    if (this.childElementCount > 0) return;
    const over = (/** @type {boolean} */ is) => () => this.#zone.classList.toggle("over", is);
    this.#zone.addEventListener("dragenter", over(true));
    this.#zone.addEventListener("dragleave", over(false));
    this.#zone.addEventListener("drop", over(false));
    this.append(this.#zone);
    this.#draw();
  }

  /** Takes a file. @param {File} file */
  choose(file) {
    this.file = file;
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  /** Whether no other file can be chosen now. */
  get disabled() {
    return this.#button.hidden;
  }

  set disabled(disabled) {
    this.#button.hidden = disabled;
  }

  /** Forgets the file. */
  clear() {
    this.file = null;
    this.#draw();
  }

  focusButton() {
    this.#button.focus();
  }

  /** @param {Event} event */
  #chosen(event) {
    event.stopPropagation(); // ours is told when the file has been taken
    const file = this.#input.files?.[0];
    this.#input.value = ""; // the same file may be chosen again
    if (file) this.choose(file);
  }

  #draw() {
    this.#button.textContent = this.file ? "Choose another file" : "Choose a file";
    this.#text.textContent = this.file
      ? `${this.file.name}, ${formatBytes(this.file.size)}`
      : "Drop a GGUF file here, or";
  }
}

customElements.define("file-field", FileField);
