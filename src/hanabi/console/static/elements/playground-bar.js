/**
 * The bar above the playground's view.
 * @module
 */

import { unloaded } from "../api/errors.js";
import { h, icon } from "../dom.js";
import { shortName } from "../lib/model-list.js";

/** @import { Console, ModelEntry } from "../console.js" */
/** @import { Conversation } from "../lib/conversation.js" */
/** @import { Request } from "../lib/snippets.js" */
/** @import { CodeDialog } from "./code-dialog.js" */
/** @import { ExactPromptDialog } from "./exact-prompt.js" */
/** @import { Side } from "./side-columns.js" */
/** @import { Mode } from "../lib/conversation.js" */

/**
 * `<playground-bar>`: which model, in which mode, and what can be seen of the conversation. Events
 * `model` and `mode` when another one is chosen; `side`, whose detail is a Side, for the buttons that
 * show the columns.
 */
export class PlaygroundBar extends HTMLElement {
  /** @type {Console} */
  console = /** @type {any} */ (null);
  /** @type {Request | null} */
  #request = null;
  /** @type {() => Conversation} */
  conversation = /** @type {any} */ (null);
  /** @type {CodeDialog | null} */
  #code = null;
  #models = h("select", { "aria-label": "Model", on: { change: () => this.#tell("model") } });
  #template = h("input", { type: "checkbox", on: { change: () => this.#tell("mode") } });
  #ofRequest = [
    this.#button("View code", "code", () => this.#showCode()),
    this.#button("Exact prompt", "eye", () => this.#showExact()),
  ];
  #templateLabel = h("label", { class: "check" }, this.#template, "Use chat template");
  /** The buttons that show the columns. */
  sides = {
    left: this.#sideButton("left", "Conversations", "sidebar", "conversations"),
    right: this.#sideButton("right", "Parameters", "sliders", "parameters"),
  };

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.append(
      this.sides.left,
      this.#models,
      this.#templateLabel,
      h("span", { class: "bar-gap" }),
      ...this.#ofRequest,
      this.#button("Share", "share", () => this.#share()),
      this.sides.right,
    );
  }

  /** What would be sent; null where there is no model, and while it is not known. */
  get request() {
    return this.#request;
  }

  set request(request) {
    this.#request = request;
    for (const button of this.#ofRequest) button.disabled = request === null;
  }

  /** The chosen model's name. */
  get model() {
    return this.#models.value;
  }

  /** @returns {Mode} the chosen mode */
  get mode() {
    return this.#template.checked ? "chat" : "completion";
  }

  /** Whether the mode cannot be chosen now. @param {boolean} busy */
  set busy(busy) {
    this.#template.disabled = busy;
  }

  /**
   * Shows what is chosen.
   *
   * @param {ModelEntry[]} models
   * @param {ModelEntry | undefined} chosen
   * @param {Mode} mode
   */
  show(models, chosen, mode) {
    const names = new Map(models.map(({ id }) => [shortName(id), id]));
    const isClear = names.size === models.length;
    this.#models.replaceChildren(
      ...models.map(({ id }) =>
        h("option", { value: id, selected: id === chosen?.id }, isClear ? shortName(id) : id)
      ),
    );
    this.#models.title = chosen?.id ?? "";
    this.#templateLabel.hidden = !chosen?.supports_chat;
    this.#template.checked = mode === "chat";
  }

  /**
   * @param {string} label
   * @param {Parameters<typeof icon>[0]} mark
   * @param {() => Promise<void>} open a dialog, whose module comes when it is first wanted
   */
  #button(label, mark, open) {
    const click = () =>
      open().catch((error) => this.console.notify(/** @type {Error} */ (error).message, "error"));
    return h(
      "button",
      { type: "button", class: "bar-button", title: label, "aria-label": label, on: { click } },
      icon(mark),
      h("span", null, label),
    );
  }

  /**
   * @param {Side} side
   * @param {string} label
   * @param {Parameters<typeof icon>[0]} mark
   * @param {string} controls
   */
  #sideButton(side, label, mark, controls) {
    return h(
      "button",
      {
        type: "button",
        class: "quiet icon-button",
        "aria-label": label,
        title: label,
        "aria-controls": controls,
        on: { click: () => this.#tell("side", side) },
      },
      icon(mark),
    );
  }

  async #showCode() {
    const { request } = this;
    if (request === null) return;
    await import("./code-dialog.js").catch(unloaded);
    this.#code ??= /** @type {CodeDialog} */ (h("code-dialog"));
    this.#code.open(request);
  }

  async #showExact() {
    const { request } = this;
    if (request === null) return;
    await import("./exact-prompt.js").catch(unloaded);
    const dialog = /** @type {ExactPromptDialog} */ (h("exact-prompt"));
    await dialog.open(this.console, request.path, request.body);
  }

  async #share() {
    const { openShareDialog } = await import("./share-dialog.js").catch(unloaded);
    await openShareDialog(this.conversation());
  }

  /** @param {string} event @param {Side} [detail] */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

customElements.define("playground-bar", PlaygroundBar);
