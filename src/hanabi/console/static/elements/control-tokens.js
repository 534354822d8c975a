/** The control tokens in a prompt. */

import { controlTokens, tokenizePart } from "../api/prompts.js";
import { h } from "../dom.js";
import { splitAtControl } from "../lib/exact.js";

/** @import { Api } from "../api/client.js" */
/** @import { ExactPrompt } from "../lib/exact.js" */

/** What the names of control tokens look like: `<|im_start|>`, `</s>`, `[INST]`. */
const NAME = /<[^\s<>]+>|\[\/?[A-Z_]+\]/;
/** Milliseconds without an edit after which the ids of a text are asked for. */
const PAUSE = 300;

/**
 * `<control-tokens>`: hidden until the text has the name of a control token of the model's
 * conversation style. In a prompt that is a text such a name is plain text; while the switch is on
 * it stands for the token, and the prompt is sent as token ids.
 * @fires change when the prompt of the text has become another, or its ids are known
 */
export class ControlTokens extends HTMLElement {
  /** @type {Api} */
  api = /** @type {any} */ (null);
  /** The model's name; set it by `useModel`. */
  #model = "";
  /** The text that was looked at last. */
  #text = "";
  /** Whether the model's control tokens were asked for, or need not be. */
  #isAsked = true;
  /** @type {Record<string, number>} ids by name */
  #control = {};
  /** @type {{ text: string, ids: number[] }|null} the last text whose ids are known */
  #known = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #switch = h("input", { type: "checkbox", class: "switch", role: "switch", checked: true });

  connectedCallback() {
    if (this.firstChild) return;
    this.append(
      h("label", { class: "check" }, this.#switch, "Control tokens"),
      h(
        "span",
        { class: "hint" },
        "Names such as <|im_start|> stand for the model's own tokens; the prompt is sent as ids.",
      ),
    );
    this.#switch.addEventListener("change", (event) => {
      event.stopPropagation();
      this.look(this.#text);
      this.dispatchEvent(new Event("change"));
    });
    this.hidden = true;
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  /** The ids of the control tokens. */
  get ids() {
    return new Set(Object.values(this.#control));
  }

  /** Goes on with a model; those of another are others.
   * @param {{ id: string, supports_chat: boolean }} model
   */
  useModel({ id, supports_chat }) {
    if (id === this.#model) return;
    this.#model = id;
    this.#isAsked = !supports_chat;
    this.#control = {};
    this.#known = null;
  }

  /** Takes the control tokens and the ids of an exact prompt. @param {ExactPrompt} prompt */
  take({ text, ids, control }) {
    this.#control = { ...this.#control, ...control };
    this.#known = { text, ids };
    this.#switch.checked = true;
  }

  /** Looks at the text; asks for what is needed to know its ids.
   * @param {string} text
   */
  look(text) {
    clearTimeout(this.#timer);
    this.#text = text;
    this.hidden = !this.#isIn(text);
    if (this.isUnknown(text)) this.#timer = setTimeout(() => this.#ask(text), PAUSE);
  }

  /** What is to be sent for a text.
   * @param {string} text
   * @returns {Promise<string|number[]>}
   */
  async prompt(text) {
    const model = this.#model;
    if (!this.#isAsked && this.isUnknown(text)) await this.#learn();
    if (!this.isUnknown(text)) return this.known(text) ?? text;
    const parts = splitAtControl(text, this.#control).map((part) =>
      typeof part === "number" ? [part] : tokenizePart(this.api, model, part)
    );
    const ids = (await Promise.all(parts)).flat();
    if (text === this.#text && model === this.#model) this.#known = { text, ids };
    return ids;
  }

  /** Whether it is not known yet what is to be sent for a text.
   * @param {string} text
   */
  isUnknown(text) {
    if (this.#known?.text === text) return false;
    return this.#isAsked ? this.#switch.checked && this.#isIn(text) : NAME.test(text);
  }

  /** The ids that are to be sent for a text; null for the text itself, and while they are unknown.
   * @param {string} text
   * @returns {number[]|null}
   */
  known(text) {
    if (!this.#switch.checked || !this.#isIn(text)) return null;
    return this.#known?.text === text ? this.#known.ids : null;
  }

  /** @param {string} text */
  async #ask(text) {
    try {
      await this.prompt(text);
    } catch {
      return; // it is asked again, and told, when the text is sent
    }
    this.hidden = !this.#isIn(this.#text);
    this.dispatchEvent(new Event("change"));
  }

  async #learn() {
    const model = this.#model;
    const control = await controlTokens(this.api, model).catch(ignoreRefusal);
    if (model !== this.#model) return;
    this.#isAsked = true;
    this.#control = { ...control, ...this.#control };
  }

  /** @param {string} text */
  #isIn(text) {
    return Object.keys(this.#control).some((name) => text.includes(name));
  }
}

/** A style that has no conversations of several turns has no marks between them.
 * @param {any} error
 * @returns {Record<string, number>}
 */
function ignoreRefusal(error) {
  if (error.status === 400) return {};
  throw error;
}

customElements.define("control-tokens", ControlTokens);
