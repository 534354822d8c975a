/**
 * One turn of a conversation.
 * @module
 */

import { h, icon } from "../dom.js";
import { replyText } from "../lib/conversation.js";
import { shortName } from "../lib/model-list.js";
import { NoticeBar } from "./notice-bar.js";
import { ReplyChoice } from "./reply-choice.js";

/** @import { Choice } from "../api/generate.js" */
/** @import { Turn } from "../lib/conversation.js" */

/**
 * What a person wants with a turn; `text` comes with `edit`, `chosen` with `choose`.
 * @typedef {{ action: "edit" | "again" | "delete" | "choose", text?: string, chosen?: number }} TurnWish
 */

/**
 * `<chat-message>`: property `turn`, set once; or `grow` while a reply comes, and then `turn`.
 * Event `wish` with a TurnWish.
 */
export class ChatMessage extends HTMLElement {
  /** @type {Turn | null} */
  #turn = null;
  #heading = h("h2", null);
  #tools = h("div", { class: "message-tools" });
  #body = h("div", { class: "message-body" });
  #notice = new NoticeBar();
  /** @type {ReplyChoice[]} */
  #growing = [];

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.setAttribute("role", "listitem");
    this.append(h("header", null, this.#heading, this.#tools), this.#body, this.#notice);
  }

  get turn() {
    return this.#turn;
  }

  set turn(turn) {
    this.#turn = turn;
    this.#growing = [];
    if (turn) this.#draw(turn);
  }

  /** Whether the turn is the last one. @param {boolean} last */
  set last(last) {
    this.classList.toggle("last", last);
  }

  /** Whether the turn is left out of what is sent. @param {boolean} leftOut */
  set leftOut(leftOut) {
    this.classList.toggle("left-out", leftOut);
    this.title = leftOut ? "Not sent: it has no answer" : "";
  }

  /**
   * Shows the reply of a model as far as it has come.
   *
   * @param {string} model
   * @param {Choice[]} choices
   */
  grow(model, choices) {
    if (this.#growing.length !== choices.length) {
      this.#heading.textContent = shortName(model);
      this.classList.add("assistant");
      this.#growing = choices.map(() => new ReplyChoice());
      this.#body.replaceChildren(columns(this.#growing));
    }
    for (const [index, choice] of choices.entries()) this.#growing[index]?.grow(choice);
  }

  /** @param {Turn} turn */
  #draw(turn) {
    const isReply = turn.role === "assistant";
    this.classList.toggle("assistant", isReply);
    this.#heading.textContent = isReply ? shortName(turn.model) : "You";
    this.#tools.replaceChildren(
      this.#button("Edit", "edit", () => this.#edit(turn)),
      ...(isReply
        ? [this.#button("Regenerate", "redo", () => this.#wish({ action: "again" }))]
        : []),
      this.#button("Delete", "trash", () => this.#wish({ action: "delete" })),
    );
    if (!isReply) {
      this.#body.replaceChildren(h("div", { class: "question-text" }, turn.content));
      return;
    }
    const several = turn.choices.length > 1;
    const choices = turn.choices.map((choice, index) => {
      const element = new ReplyChoice();
      element.finish(choice, ...(several ? [this.#pick(index, turn.chosen === index)] : []));
      return element;
    });
    this.#body.replaceChildren(...(choices.length > 0 ? [columns(choices)] : []));
    if (turn.error !== null) {
      const again = h(
        "button",
        { type: "button", class: "small", on: { click: () => this.#wish({ action: "again" }) } },
        "Retry",
      );
      this.#notice.show(turn.error, "error", again);
    }
  }

  /** Puts a field in place of the text. @param {Turn} turn */
  #edit(turn) {
    const field = h("textarea", {
      rows: 3,
      "aria-label": "Edited message",
      value: turn.role === "user" ? turn.content : replyText(turn),
    });
    const done = () => this.#wish({ action: "edit", text: field.value });
    const cancel = () => {
      this.#draw(turn);
      this.#tools.querySelector("button")?.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done();
      else if (event.key === "Escape") cancel();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const label = turn.role === "user" ? "Send again" : "Save";
    this.#tools.replaceChildren();
    this.#body.replaceChildren(
      field,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "primary small", on: { click: done } }, label),
        h("button", { type: "button", class: "small", on: { click: cancel } }, "Cancel"),
        h("span", { class: "hint" }, "Later messages are removed."),
      ),
    );
    field.focus();
  }

  /**
   * @param {number} index
   * @param {boolean} chosen
   */
  #pick(index, chosen) {
    return h(
      "button",
      {
        type: "button",
        class: "small pick",
        "aria-pressed": String(chosen),
        "aria-label": `Go on with choice ${index + 1}`,
        on: { click: () => this.#wish({ action: "choose", chosen: index }) },
      },
      ...(chosen ? [icon("check")] : []),
      chosen ? "Chosen" : "Choose",
    );
  }

  /** Marks another choice; nothing else is drawn again. @param {Extract<Turn, { role: "assistant" }>} turn */
  choose(turn) {
    this.#turn = turn;
    for (const [index, button] of this.querySelectorAll(".pick").entries()) {
      button.replaceWith(this.#pick(index, index === turn.chosen));
    }
  }

  /**
   * @param {string} label
   * @param {"edit" | "redo" | "trash"} mark
   * @param {() => void} click
   */
  #button(label, mark, click) {
    return h(
      "button",
      {
        type: "button",
        class: "small quiet icon-button",
        "aria-label": label,
        title: label,
        on: { click },
      },
      icon(mark),
    );
  }

  /** @param {TurnWish} detail */
  #wish(detail) {
    this.dispatchEvent(new CustomEvent("wish", { bubbles: true, detail }));
  }
}

/** @param {HTMLElement[]} choices */
function columns(choices) {
  return h("div", { class: choices.length > 1 ? "choices several" : "choices" }, choices);
}

customElements.define("chat-message", ChatMessage);
