/**
 * The system prompt of a conversation.
 * @module
 */

import { h } from "../dom.js";
import { uuid } from "../lib/uuid.js";

/**
 * `<system-prompt>`: properties `fallback`, the style's own prompt, and `value`: null for the style's
 * own, "" for none, else a text. Event `change` (bubbles) after the value has changed.
 */
export class SystemPrompt extends HTMLElement {
  #field = h("textarea", {
    id: `system-${uuid()}`,
    rows: 2,
    on: { input: () => this.#tell() },
  });
  #none = h("input", { type: "checkbox", class: "switch", on: { change: () => this.#tell() } });
  #summary = h("span", { class: "muted" });

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.append(
      h(
        "details",
        null,
        h("summary", null, "System prompt ", this.#summary),
        h(
          "div",
          { class: "field" },
          h("label", { class: "visually-hidden", for: this.#field.id }, "System prompt"),
          this.#field,
          h("label", { class: "check" }, this.#none, "Send an empty system prompt"),
        ),
      ),
    );
    this.#draw();
  }

  /** @param {string | undefined} text undefined where the style has none */
  set fallback(text) {
    this.#field.placeholder = text === undefined
      ? "The model's style has no system prompt of its own"
      : text;
  }

  get value() {
    if (this.#none.checked) return "";
    return this.#field.value === "" ? null : this.#field.value;
  }

  /** @param {string | null} value */
  set value(value) {
    if (value === this.value) return;
    this.#none.checked = value === "";
    this.#field.value = value ?? "";
    this.#draw();
  }

  #tell() {
    this.#draw();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #draw() {
    const { value } = this;
    this.#field.disabled = value === "";
    if (value === null) this.#summary.textContent = "the style’s own";
    else this.#summary.textContent = value === "" ? "empty" : value.slice(0, 200);
  }
}

customElements.define("system-prompt", SystemPrompt);
