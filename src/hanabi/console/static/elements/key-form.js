/**
 * Making an API key.
 * @module
 */

import { ApiError } from "../api/client.js";
import { h } from "../dom.js";
import { createBody, fieldOf, LIMIT_MAX, LIMITS, NAME_MAX } from "../lib/api-key.js";
import { NoticeBar } from "./notice-bar.js";

/** @import { Console } from "../console.js" */
/** @import { Wish } from "../lib/api-key.js" */

const DAY_MS = 24 * 60 * 60 * 1000;
const TERMS = [["", "Never"], ["7", "In 7 days"], ["30", "In 30 days"], ["90", "In 90 days"], [
  "365",
  "In a year",
], ["date", "At a time of your choice"]];

/**
 * `<key-form>`: properties `console` and `account`, whose key it will be; the event `create` has the
 * new key, with its text, as its detail. A refusal stands at its field, and all stays as typed.
 */
export class KeyForm extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected
  account = "";

  #name = h("input", {
    required: true,
    maxLength: NAME_MAX,
    autocomplete: "off",
    autofocus: true,
  });
  #term = h("select", null, TERMS.map(([value, text]) => h("option", { value }, text)));
  #time = h("input", { type: "datetime-local", "aria-label": "Time of expiry" });
  #admin = h("input", { type: "checkbox" });
  #narrow = h("input", { type: "checkbox" });
  #models = h("div", { class: "key-models", role: "group", "aria-label": "Models of the key" });
  #limits = LIMITS.map(({ name, label }) => ({ name, label, input: limitInput() }));
  #notice = new NoticeBar();
  #button = h("button", { class: "primary" }, "Create key");

  connectedCallback() {
    this.#models.replaceChildren(
      ...this.console.models.map(({ id }) =>
        h("label", { class: "check" }, h("input", { type: "checkbox", value: id }), id)
      ),
    );
    const on = { submit: (/** @type {SubmitEvent} */ event) => this.#submit(event) };
    this.replaceChildren(
      h(
        "form",
        { class: "stack", on },
        field("displayName", "Name", this.#name, "What the list calls it."),
        field("expireTime", "Expires", [this.#term, this.#time]),
        h(
          "div",
          { class: "field", "data-field": "admin" },
          h("label", { class: "check" }, this.#admin, "Admin"),
          hint("It manages the models and keys of every account."),
        ),
        h(
          "div",
          { class: "field", "data-field": "models" },
          h("label", { class: "check" }, this.#narrow, "Only for some models"),
          hint("Without it, the key is good for all that the account may use."),
          this.#models,
        ),
        h(
          "fieldset",
          { class: "stack" },
          h("legend", { class: "hint" }, "Limits; an empty field is no limit"),
          h(
            "div",
            { class: "key-limits" },
            this.#limits.map(({ name, label, input }) => field(name, label, input)),
          ),
        ),
        this.#notice,
        h("div", { class: "dialog-actions" }, this.#button),
      ),
    );
    this.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** Shows the fields that others call for: an admin key cannot be narrowed down to models. */
  #show() {
    this.#time.hidden = this.#term.value !== "date";
    this.#time.required = !this.#time.hidden;
    this.#narrow.disabled = this.#admin.checked;
    this.#models.hidden = !this.#narrow.checked || this.#narrow.disabled;
  }

  /** @returns {Wish} */
  #wish() {
    const checked = this.#models.querySelectorAll("input:checked");
    return {
      displayName: this.#name.value,
      expires: this.#expires(),
      admin: this.#admin.checked,
      models: this.#models.hidden
        ? null
        : [...checked].map((input) => /** @type {HTMLInputElement} */ (input).value),
      limits: Object.fromEntries(this.#limits.map(({ name, input }) => [name, input.value])),
    };
  }

  #expires() {
    if (this.#term.value === "") return null;
    if (this.#term.value === "date") return new Date(this.#time.value); // in the reader's own zone
    return new Date(Date.now() + Number(this.#term.value) * DAY_MS);
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.#clear();
    this.#button.disabled = true;
    try {
      const path = `/v1/accounts/${encodeURIComponent(this.account)}/apiKeys`;
      const detail = await this.console.api.post(path, createBody(this.#wish()));
      this.dispatchEvent(new CustomEvent("create", { detail }));
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#button.disabled = false;
    }
  }

  /** @param {unknown} error */
  #refuse(error) {
    const name = error instanceof ApiError ? fieldOf(error.message) : "";
    const place = name === "" ? null : this.querySelector(`[data-field="${name}"]`);
    if (place === null || !(error instanceof ApiError)) {
      this.#notice.showError(error);
      return;
    }
    const id = `key-${name}-error`;
    place.append(h("p", { id, class: "error", role: "alert" }, error.message));
    const input = /** @type {HTMLElement} */ (place.querySelector("input, select"));
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
    input.focus();
  }

  #clear() {
    this.#notice.clear();
    for (const input of this.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    for (const error of this.querySelectorAll(".field > .error")) error.remove();
  }
}

/** @returns {HTMLInputElement} */
function limitInput() {
  return h("input", { type: "number", min: "1", max: String(LIMIT_MAX), step: "1" });
}

/**
 * A field with its label; a refusal finds it by the name of the wire.
 * @param {string} name
 * @param {string} label
 * @param {HTMLElement | HTMLElement[]} inputs the label is the first one's
 * @param {string} [text] a hint
 */
function field(name, label, inputs, text) {
  const [first] = Array.isArray(inputs) ? inputs : [inputs];
  if (first) first.id = `key-${name}`;
  return h(
    "div",
    { class: "field", "data-field": name },
    h("label", { for: `key-${name}` }, label),
    inputs,
    text ? hint(text) : null,
  );
}

/** @param {string} text */
function hint(text) {
  return h("p", { class: "hint" }, text);
}

customElements.define("key-form", KeyForm);
