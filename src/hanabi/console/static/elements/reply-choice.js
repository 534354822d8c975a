/**
 * One choice of a reply: plain text while it comes, Markdown once it is there.
 * @module
 */

import { h, icon } from "../dom.js";
import "./copy-button.js";
import "./markdown-view.js";
import "./reply-statistics.js";

/** @import { Choice } from "../api/generate.js" */

const STOPPED = "Stopped before the first token.";
const NOTHING = "The model ended its reply at once, without text.";

/**
 * Characters of a growing text after which its next line begins a new block: what is laid out and
 * painted anew is the last one alone, however long the reply.
 */
const BLOCK = 1000;

/** `<reply-choice>`: `grow` while the text comes, at last `finish`. */
export class ReplyChoice extends HTMLElement {
  #text = document.createTextNode("");
  #start = 0; // of what is in #text; what comes before is in blocks
  #body = h("div", { class: "reply-text growing" }, this.#text);

  connectedCallback() {
    if (this.childElementCount === 0) this.append(this.#body);
  }

  /** Shows what has been added to the text. @param {Choice} choice */
  grow({ text }) {
    const start = this.#start;
    const end = text.indexOf("\n", start + BLOCK) + 1;
    if (end > 0) {
      this.#start = end;
      this.#text.before(h("div", null, text.slice(start, end)));
      this.#text.data = text.slice(end);
    } else if (text.length - start > this.#text.length) {
      this.#text.appendData(text.slice(start + this.#text.length));
    }
  }

  /**
   * Shows the whole choice, for good.
   *
   * @param {Choice} choice
   * @param {...Node} actions buttons of the choice
   */
  finish(choice, ...actions) {
    this.#body.classList.remove("growing");
    const echo = choice.text.slice(0, choice.echoed);
    const text = choice.text.slice(choice.echoed);
    const nothing = choice.finishReason === "cancelled" ? STOPPED : NOTHING;
    const rendered = text === ""
      ? h("p", { class: "muted" }, nothing)
      : h("markdown-view", { source: text });
    const view = h("div", null, rendered);
    this.#body.replaceChildren(
      ...(echo === ""
        ? []
        : [h("pre", { class: "code-block wrap", "aria-label": "Prompt" }, echo)]),
      view,
    );
    const raw = h("input", { type: "checkbox", class: "switch" });
    raw.addEventListener("change", () => {
      view.replaceChildren(raw.checked ? h("pre", { class: "raw-text" }, text) : rendered);
    });
    const tools = h(
      "div",
      { class: "choice-tools" },
      ...actions,
      h("copy-button", { text }),
      h("label", { class: "check" }, raw, "Raw text"),
    );
    this.replaceChildren(this.#body, tools, h("reply-statistics", { choice }));
    if (choice.tokens?.length) {
      const place = h("div", { class: "choice-tokens", hidden: true });
      tools.append(tokensButton(choice, place));
      this.append(place);
    }
  }
}

/**
 * The button that shows a choice's tokens and their probabilities, which are many, only when asked.
 *
 * @param {Choice} choice
 * @param {HTMLElement} place
 */
function tokensButton({ tokens }, place) {
  const click = async () => {
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    if (place.hidden || place.childElementCount > 0) return;
    await import("./token-view.js");
    place.replaceChildren(h("token-view", { tokens, interactive: false }));
  };
  const button = h(
    "button",
    { type: "button", class: "small quiet", "aria-expanded": "false", on: { click } },
    icon("eye"),
    "Tokens",
  );
  return button;
}

customElements.define("reply-choice", ReplyChoice);
