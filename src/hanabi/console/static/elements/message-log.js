/**
 * The place where messages stand and scroll.
 * @module
 */

import { h, icon } from "../dom.js";

const NEAR = 8; // pixels from the end that count as the end

/**
 * `<message-log>`: `add` elements to its `list`; it stays at the end while the reader is there.
 */
export class MessageLog extends HTMLElement {
  /** What stands above the messages. */
  top = h("div", { class: "log-top" });
  list = h("div", { class: "messages", role: "list", "aria-label": "Messages" });
  #jump = h(
    "button",
    { type: "button", class: "small jump", hidden: true, on: { click: () => this.toEnd() } },
    icon("chevron"),
    "To the end",
  );
  #frame = h("div", { class: "log-scroll", tabIndex: -1 }, this.top, this.list);
  #isAtEnd = true;
  #lastTop = 0;
  /** Tells of a size when the frame's layout is done anyway, so that staying asks for no other. */
  #sizes = new ResizeObserver(() => this.#stay());

  connectedCallback() {
    this.#sizes.observe(this.#frame);
    this.#sizes.observe(this.list);
    if (this.childElementCount > 0) return;
    this.append(this.#frame, this.#jump);
    this.#frame.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("click", () => this.#isAtEnd = false, { capture: true });
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
  }

  #stay() {
    if (this.#isAtEnd) this.#frame.scrollTop = this.#frame.scrollHeight;
    else this.#offerEnd();
  }

  /** Scrolls to the end, and stays there. */
  toEnd() {
    this.#isAtEnd = true;
    this.#jump.hidden = true;
    this.#stay();
  }

  /**
   * Growth moves nothing up, so only a reader who scrolls back leaves the end; or who uses a message,
   * which is to stay where it is.
   */
  #scrolled() {
    const { scrollTop } = this.#frame;
    if (this.#isNearEnd) this.#isAtEnd = true;
    else if (scrollTop < this.#lastTop) this.#isAtEnd = false;
    this.#lastTop = scrollTop;
    this.#offerEnd();
  }

  get #isNearEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#frame;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  #offerEnd() {
    const hidden = this.#isAtEnd || this.#isNearEnd;
    if (this.#jump.hidden !== hidden) this.#jump.hidden = hidden; // writes count
  }
}

customElements.define("message-log", MessageLog);
