/**
 * What stands where nothing has been said yet.
 * @module
 */

import { h } from "../dom.js";
import { formatNumber } from "../lib/format.js";
import { shortName } from "../lib/model-list.js";

/** @import { ModelEntry } from "../console.js" */

const EXAMPLES = [
  "Why is the sky blue? Answer in two sentences.",
  "Write a haiku about fireworks.",
  "Show me how to reverse a list in Python.",
];

/** `<chat-welcome>`: property `model`. Event `example`, whose detail is a text to begin with. */
export class ChatWelcome extends HTMLElement {
  #name = h("h2", null);
  #facts = h("p", { class: "muted numbers" });

  connectedCallback() {
    if (this.childElementCount > 0) return;
    const examples = EXAMPLES.map((text) => {
      const click = () => this.dispatchEvent(new CustomEvent("example", { detail: text }));
      return h("li", null, h("button", { type: "button", on: { click } }, text));
    });
    this.append(
      this.#name,
      this.#facts,
      h("ul", { role: "list", "aria-label": "Examples" }, examples),
    );
  }

  /** @param {ModelEntry} model */
  set model({ id, style, context_length: length }) {
    this.#name.textContent = shortName(id);
    const facts = [
      ...(style === undefined ? [] : [`${style} style`]),
      ...(length === undefined ? [] : [`${formatNumber(length)} tokens of context`]),
    ];
    this.#facts.textContent = facts.join(" · ");
  }
}

customElements.define("chat-welcome", ChatWelcome);
