/**
 * Where the next message is written.
 * @module
 */

import { h, icon } from "../dom.js";

/**
 * `<message-composer>`: property `text`; `running` while a reply comes. Events `send` (Ctrl-Enter or
 * the button) and `stop`; `input` bubbles from its field.
 */
export class MessageComposer extends HTMLElement {
  #field = h("textarea", {
    rows: 2,
    "aria-label": "Message",
    placeholder: "Message (Ctrl-Enter sends)",
    on: {
      /** @param {KeyboardEvent} event */
      keydown: (event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        this.#send();
      },
    },
  });
  #sendButton = h(
    "button",
    { type: "button", class: "primary", on: { click: () => this.#send() } },
    icon("send"),
    "Send",
  );
  #stopButton = h(
    "button",
    { type: "button", hidden: true, on: { click: () => this.dispatchEvent(new Event("stop")) } },
    icon("stop"),
    "Stop",
    h("kbd", { "aria-hidden": "true" }, "Esc"),
  );

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.append(
      this.#field,
      h("div", { class: "composer-keys" }, this.#sendButton, this.#stopButton),
    );
  }

  get text() {
    return this.#field.value;
  }

  set text(text) {
    this.#field.value = text;
  }

  /** @param {boolean} running */
  set running(running) {
    const hadFocus = this.contains(document.activeElement);
    this.#sendButton.hidden = running;
    this.#stopButton.hidden = !running;
    if (hadFocus) this.#field.focus({ preventScroll: true });
  }

  /** @override */
  focus() {
    this.#field.focus();
  }

  #send() {
    if (this.#sendButton.hidden || this.text.trim() === "") return;
    this.dispatchEvent(new Event("send"));
  }
}

customElements.define("message-composer", MessageComposer);
