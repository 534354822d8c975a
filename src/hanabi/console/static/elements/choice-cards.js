/** Several choices of one request, side by side, to take one of them. */

import { h } from "../dom.js";

/** @import { Choice } from "../api/generate.js" */

/**
 * `<choice-cards>`: hidden for less than two choices.
 * @fires choose with the index as `detail`
 */
export class ChoiceCards extends HTMLElement {
  /** @type {{ card: HTMLElement, text: HTMLElement, use: HTMLButtonElement }[]} */
  #cards = [];

  connectedCallback() {
    this.classList.add("completion-choices");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Choices");
    this.hidden = this.#cards.length < 2;
  }

  /** Makes room for choices.
   * @param {number} count
   */
  reset(count) {
    this.hidden = count < 2;
    this.#cards = Array.from({ length: count < 2 ? 0 : count }, (_, index) => this.#card(index));
    this.replaceChildren(...this.#cards.map(({ card }) => card));
  }

  /** Shows what has come of each choice.
   * @param {Choice[]} choices
   */
  show(choices) {
    this.#cards.forEach(({ text }, index) => {
      const { text: whole = "", echoed = 0 } = choices[index] ?? {};
      const node = text.firstChild;
      const generated = whole.slice(echoed);
      if (node instanceof Text) node.appendData(generated.slice(node.length));
      else text.textContent = generated;
    });
  }

  /** Tells which one is in the editor, and that another can be taken.
   * @param {number} chosen
   */
  finish(chosen) {
    this.#cards.forEach(({ card, use }, index) => {
      card.classList.toggle("chosen", index === chosen);
      use.disabled = index === chosen;
      use.textContent = index === chosen ? "In the editor" : "Use this";
    });
  }

  /** @param {number} index */
  #card(index) {
    const choose = () => this.dispatchEvent(new CustomEvent("choose", { detail: index }));
    const use = h("button", {
      type: "button",
      class: "small",
      disabled: true,
      "aria-describedby": `choice-${index}`,
      on: { click: choose },
    }, "Use this");
    const text = h("pre", { tabIndex: 0, "aria-labelledby": `choice-${index}` });
    const name = h("span", { id: `choice-${index}` }, `Choice ${index + 1}`);
    const card = h(
      "article",
      { class: "completion-choice" },
      h("header", null, name, use),
      text,
    );
    return { card, text, use };
  }
}

customElements.define("choice-cards", ChoiceCards);
