/** All parameters of a request, as a panel. */

import { h } from "../dom.js";
import { parameterRow } from "./parameter-row.js";
import { defaultInForce, parametersOf } from "../lib/parameters.js";
import { sameValue } from "../lib/parameter-text.js";

/** @import { Mode } from "../lib/parameters.js" */
/** @import { Row } from "./parameter-row.js" */

/** What the ids of its elements begin with: a document has one panel. */
const PREFIX = "parameter";

/**
 * `<parameter-panel>`: what of a request can be set. Only what is changed is in `values`.
 * @fires change bubbles, when `values` has changed
 */
export class ParameterPanel extends HTMLElement {
  /** @type {Mode} */
  #mode = "chat";
  /** @type {Record<string, unknown>} */
  #defaults = {};
  /** @type {Record<string, unknown>} */
  #values = {};
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #resetAll = h("button", {
    type: "button",
    class: "quiet small",
    on: { click: () => this.#reset() },
  }, "Reset all");
  #groups = h("div", { class: "parameter-groups" });

  connectedCallback() {
    if (this.firstChild) return;
    const heading = h("h2", null, "Parameters");
    this.append(h("div", { class: "parameter-title" }, heading, this.#resetAll), this.#groups);
    // A control's own change says nothing new: values change as one types.
    this.#groups.addEventListener("change", (event) => event.stopPropagation());
    this.#build();
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    if (this.isConnected) this.#build();
  }

  get defaults() {
    return this.#defaults;
  }

  /** The model's own defaults, by name. */
  set defaults(defaults) {
    this.#defaults = defaults;
    this.#show();
  }

  /** The changed ones that this mode has, by name. */
  get values() {
    const names = new Set(parametersOf(this.#mode).map(({ name }) => name));
    return Object.fromEntries(Object.entries(this.#values).filter(([name]) => names.has(name)));
  }

  set values(values) {
    this.#values = { ...values };
    this.#show();
  }

  #build() {
    this.#rows.clear();
    this.#groups.replaceChildren();
    /** @type {Map<string, HTMLElement>} */
    const groups = new Map();
    for (const parameter of parametersOf(this.#mode)) {
      const row = parameterRow(
        parameter,
        PREFIX,
        (value) => this.#set(parameter.name, value),
      );
      let group = groups.get(parameter.group);
      if (!group) {
        group = h("fieldset", { class: "parameter-group" }, h("legend", null, parameter.group));
        groups.set(parameter.group, group);
        this.#groups.append(group);
      }
      group.append(row.element);
      this.#rows.set(parameter.name, row);
    }
    this.#show();
  }

  #show() {
    for (const parameter of parametersOf(this.#mode)) {
      const standard = defaultInForce(parameter, this.#defaults);
      this.#rows.get(parameter.name)?.show(this.#values[parameter.name], standard);
    }
    this.#count();
  }

  #count() {
    const count = Object.keys(this.values).length;
    this.#resetAll.disabled = count === 0;
    this.#resetAll.textContent = count === 0 ? "Reset all" : `Reset all (${count})`;
  }

  /** @param {string} name @param {unknown} value undefined: the default */
  #set(name, value) {
    if (sameValue(this.#values[name], value)) return;
    if (value === undefined) delete this.#values[name];
    else this.#values[name] = value;
    this.#changed();
  }

  #reset() {
    this.#values = {};
    this.#show();
    this.#changed();
    this.querySelector("input")?.focus();
  }

  #changed() {
    this.#count();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("parameter-panel", ParameterPanel);
