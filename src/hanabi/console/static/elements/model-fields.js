/**
 * What a new model is to be called, and how one speaks to it.
 * @module
 */

import { h } from "../dom.js";
import { ID_PATTERN, ID_RULE } from "../lib/model-name.js";
import { STYLES } from "../lib/styles.js";
import { uuid } from "../lib/uuid.js";

/** @import { NewModel } from "../api/models.js" */

/** `<model-fields>`: property `value`, what was typed; stands in a form. */
export class ModelFields extends HTMLElement {
  #id = h("input", {
    required: true,
    pattern: ID_PATTERN,
    maxLength: 63,
    title: ID_RULE,
    class: "mono",
    spellcheck: false,
    autocomplete: "off",
  });
  #style = h(
    "select",
    { on: { change: () => this.#draw() } },
    h("option", { value: "" }, "none: completions only"),
    ...STYLES.map(({ name, about }) => h("option", { value: name }, `${name}: ${about}`)),
  );
  #system = h("textarea", { rows: 2, placeholder: "the style's own" });
  #template = h("textarea", { rows: 5, class: "mono", spellcheck: false });
  #public = h("input", { type: "checkbox" });
  #systemField = field("System prompt", this.#system, "Of conversations that bring none.");
  #templateField = field("Jinja template", this.#template, "As in a tokenizer_config.json.");
  #all = h(
    "fieldset",
    { class: "stack" },
    field("Name", this.#id, ID_RULE),
    field(
      "Conversation style",
      this.#style,
      "How messages become a prompt; it gives the model chat.",
    ),
    this.#systemField,
    this.#templateField,
    h("label", { class: "check" }, this.#public, "Every account may use it"),
  );

  connectedCallback() {
    if (this.childElementCount === 0) this.append(this.#all);
    this.#draw();
  }

  /** What was typed. @returns {{ modelId: string, model: NewModel }} */
  get value() {
    const style = this.#chosen();
    /** @type {NewModel} */
    const model = { public: this.#public.checked };
    if (style) {
      model.conversationConfig = { style: style.name };
      if (style.system && this.#system.value !== "") {
        model.conversationConfig.system = this.#system.value;
      }
      if (style.template) model.conversationConfig.template = this.#template.value;
    }
    return { modelId: this.#id.value, model };
  }

  /** Whether nothing can be typed now. */
  get disabled() {
    return this.#all.disabled;
  }

  set disabled(disabled) {
    this.#all.disabled = disabled;
  }

  /** Proposes a name where none was typed. @param {string} id */
  propose(id) {
    if (this.#id.value === "" || this.#id.dataset.proposed === this.#id.value) {
      this.#id.value = this.#id.dataset.proposed = id;
    }
  }

  /** Takes back what was typed. */
  clear() {
    for (const input of [this.#id, this.#style, this.#system, this.#template]) input.value = "";
    this.#public.checked = false;
    this.#draw();
  }

  #chosen() {
    return STYLES.find((style) => style.name === this.#style.value);
  }

  #draw() {
    const style = this.#chosen();
    this.#systemField.hidden = !style?.system;
    this.#templateField.hidden = !style?.template;
    this.#template.required = style?.template ?? false;
    // A field that is not shown must not keep the form from being sent.
    this.#id.required = !this.hidden;
  }
}

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control
 * @param {string} hint
 */
function field(label, control, hint) {
  control.id = `field-${uuid()}`;
  const hintId = `hint-${uuid()}`;
  control.setAttribute("aria-describedby", hintId);
  return h(
    "div",
    { class: "field" },
    h("label", { for: control.id }, label),
    control,
    h("p", { id: hintId, class: "hint" }, hint),
  );
}

customElements.define("model-fields", ModelFields);
