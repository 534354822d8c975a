/** Tokens shaded by their probability, with a popover that tells all of each. */

import { h } from "../dom.js";
import { blockEnd, shade, SHADE_LABELS, shown } from "../lib/tokens.js";
import { tokenDetail } from "./token-detail.js";

/** @import { Alternative, Token } from "../api/generate.js" */

/** Milliseconds that the pointer may be off a token on its way to the popover. */
const LINGER = 200;
/** Pixels between a popover and the window's edge. */
const MARGIN = 8;

/**
 * `<token-view>`: blocks of tokens are made when they come into sight. One token is in the tab
 * order; arrow keys go on from it, Enter goes to the alternatives, Escape closes the popover.
 * @fires alternative with `detail: { index, token }`, when another token was chosen for a place
 */
export class TokenView extends HTMLElement {
  /** Whether alternatives can be chosen. */
  interactive = false;
  /** Text before the tokens of which nothing is known. */
  lead = "";
  /** @type {ReadonlySet<number>} the ids of control tokens */
  special = new Set();
  /** @type {Token[]} */
  #tokens = [];
  /** The tokens that have elements. */
  #built = 0;
  #flow = h("div", { class: "token-flow", role: "group", "aria-label": "Tokens" });
  #end = h("div", { class: "token-end", "aria-hidden": "true" });
  #popover = h("div", { class: "token-popover", popover: "manual", role: "group" });
  /** @type {HTMLElement|null} the token that the popover is of */
  #open = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #observer = new IntersectionObserver((entries) => {
    if (entries.at(-1)?.isIntersecting) this.#more(); // there are several after a busy while
  });

  connectedCallback() {
    if (this.firstChild) return;
    this.append(legend(), this.#flow, this.#end, this.#popover);
    this.#listen();
    this.#rebuild();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    this.#close();
  }

  /** What is shown; set it after the other properties. */
  get tokens() {
    return this.#tokens;
  }

  set tokens(tokens) {
    this.#tokens = tokens;
    if (this.isConnected) this.#rebuild();
  }

  #rebuild() {
    this.#close();
    this.#built = 0;
    this.#flow.replaceChildren();
    this.#more();
    // The first token may stand in the middle of a line.
    if (this.lead) this.#first.prepend(h("span", { class: "token-lead" }, this.lead));
  }

  get #first() {
    return /** @type {HTMLElement} */ (this.#flow.firstElementChild);
  }

  /** Makes the next block, and waits for its end to come into sight. */
  #more() {
    this.#observer.disconnect();
    const to = blockEnd(this.#tokens, this.#built);
    const elements = this.#tokens.slice(this.#built, to).map((token, offset) =>
      this.#element(token, this.#built + offset)
    );
    this.#flow.append(h("div", { class: "token-block" }, ...elements));
    this.#built = to;
    if (to < this.#tokens.length) this.#observer.observe(this.#end);
  }

  /** @param {Token} token @param {number} index */
  #element(token, index) {
    const special = this.special.has(token.id) ? " special" : "";
    const read = token.prompt ? " prompt" : "";
    return h("span", {
      class: `token shade-${shade(token.logprob)}${special}${read}`,
      role: "button",
      tabIndex: index === 0 ? 0 : -1,
      "data-index": index,
    }, shown(token));
  }

  #listen() {
    const pinned = () => this.#open !== null && this.contains(document.activeElement);
    this.#flow.addEventListener("pointerover", (event) => {
      const token = tokenElement(event.target);
      if (token && !pinned()) this.#show(token);
    });
    this.#flow.addEventListener("focusin", (event) => {
      const token = tokenElement(event.target);
      if (token) this.#show(token);
    });
    this.#flow.addEventListener("click", (event) => {
      const token = tokenElement(event.target);
      if (token) this.#rove(Number(token.dataset.index));
    });
    for (const part of [this.#flow, this.#popover]) {
      part.addEventListener("pointerenter", () => clearTimeout(this.#timer));
      part.addEventListener("pointerleave", () => {
        if (!pinned()) this.#timer = setTimeout(() => this.#close(), LINGER);
      });
    }
    this.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.contains(/** @type {Node|null} */ (relatedTarget))) this.#close();
    });
    this.#flow.addEventListener("keydown", (event) => this.#key(event));
    this.#popover.addEventListener("keydown", (event) => this.#popoverKey(event));
    // Where it is goes with what scrolls.
    this.ownerDocument.addEventListener("scroll", () => this.#place(), {
      capture: true,
      passive: true,
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const index = Number(tokenElement(event.target)?.dataset.index);
    const last = this.#tokens.length - 1;
    const to = {
      ArrowRight: index + 1,
      ArrowDown: index + 10,
      ArrowLeft: index - 1,
      ArrowUp: index - 10,
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined) this.#rove(Math.max(0, Math.min(to, last)));
    else if (event.key === "Enter" || event.key === " ") {
      this.#popover.querySelector("button")?.focus();
    } else if (event.key === "Escape" && this.#open) this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  #popoverKey(event) {
    const buttons = [...this.#popover.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (event.key === "ArrowDown") buttons[(at + 1) % buttons.length]?.focus();
    else if (event.key === "ArrowUp") buttons.at(at - 1)?.focus();
    else if (event.key === "Escape") this.#open?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Puts the focus on a token, and it alone into the tab order.
   * @param {number} index
   */
  #rove(index) {
    while (index >= this.#built) this.#more();
    const before = /** @type {HTMLElement|null} */ (this.#flow.querySelector('[tabindex="0"]'));
    const token = /** @type {HTMLElement} */ (this.#flow.querySelector(`[data-index="${index}"]`));
    if (before) before.tabIndex = -1;
    token.tabIndex = 0;
    token.focus();
    this.#show(token);
  }

  /** @param {HTMLElement} element */
  #show(element) {
    clearTimeout(this.#timer);
    if (this.#open === element) return;
    const index = Number(element.dataset.index);
    const token = /** @type {Token} */ (this.#tokens[index]);
    this.#leave();
    this.#open = element;
    element.ariaDescribedByElements = [this.#popover];
    element.classList.add("open");
    this.#popover.replaceChildren(
      ...tokenDetail(token, {
        note: this.#note(token, index),
        onPick: this.interactive ? (alternative) => this.#pick(index, alternative) : null,
      }),
    );
    this.#popover.showPopover();
    this.#place();
  }

  /** @param {Token} token @param {number} index */
  #note(token, index) {
    const notes = [];
    if (this.special.has(token.id)) notes.push("a control token");
    if (token.prompt) notes.push("of the prompt");
    if (token.prompt && index === 0 && token.top.length === 0) {
      notes.push("the first: nothing is before it that could tell its probability");
    }
    return notes.join(", ");
  }

  /** @param {number} index @param {Alternative} token */
  #pick(index, token) {
    this.#close();
    this.dispatchEvent(new CustomEvent("alternative", { detail: { index, token } }));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#leave();
    if (this.#popover.matches(":popover-open")) this.#popover.hidePopover();
  }

  #leave() {
    if (this.#open === null) return;
    this.#open.ariaDescribedByElements = null;
    this.#open.classList.remove("open");
    this.#open = null;
  }

  /** Puts the popover below its token, or above where there is no room. */
  #place() {
    const line = [...this.#open?.getClientRects() ?? []].at(-1);
    if (!line) return;
    const { width, height } = this.#popover.getBoundingClientRect();
    const left = Math.min(line.left, document.documentElement.clientWidth - width - MARGIN);
    const below = line.bottom + height + MARGIN <= innerHeight;
    const top = below ? line.bottom : Math.max(line.top - height, MARGIN);
    this.#popover.style.setProperty("left", `${Math.max(left, MARGIN)}px`);
    this.#popover.style.setProperty("top", `${top}px`);
  }
}

/** @param {EventTarget|null} target @returns {HTMLElement|null} */
function tokenElement(target) {
  return target instanceof Element ? target.closest(".token") : null;
}

function legend() {
  const shades = SHADE_LABELS.map((label, index) =>
    h("li", null, h("span", { class: `token-swatch shade-${index}`, "aria-hidden": "true" }), label)
  );
  return h(
    "div",
    { class: "token-legend" },
    h("span", null, "Probability"),
    h("ul", { role: "list" }, ...shades),
  );
}

customElements.define("token-view", TokenView);
