/** One parameter as a person sets it: a label, a control, its help, and what is wrong with it. */

import { h, icon } from "../dom.js";
import { controlOf } from "./parameter-control.js";
import { formatValue, parseValue, rangeText, sameValue } from "../lib/parameter-text.js";

/** @import { Parameter } from "../lib/parameters.js" */

/**
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {(value: unknown, standard: unknown) => void} show a value and the default in force
 */

/** Makes the row of a parameter.
 * @param {Parameter} parameter
 * @param {string} prefix of the ids of its elements, unique in the document
 * @param {(value: unknown) => void} onChange told undefined when the default is to hold, or when
 *   what was typed is no value
 * @returns {Row}
 */
export function parameterRow(parameter, prefix, onChange) {
  const id = `${prefix}-${parameter.name}`;
  /** @type {unknown} the default in force */
  let standard = parameter.default;

  const help = h("p", { class: "hint parameter-help", id: `${id}-help`, hidden: true });
  const error = h("p", { class: "error", id: `${id}-error`, role: "alert", hidden: true });
  const reset = h("button", {
    type: "button",
    class: "quiet small icon-button parameter-reset",
    "aria-label": `Reset ${parameter.label}`,
    title: "Reset",
    on: { click: clear },
  }, icon("redo"));
  const control = controlOf(parameter, id, (/** @type {string|boolean} */ raw) => take(raw));
  const element = h(
    "div",
    { class: `parameter ${parameter.kind}`, "data-name": parameter.name },
    h(
      "div",
      { class: "parameter-head" },
      h("label", { for: id }, parameter.label),
      h("span", { class: "parameter-changed visually-hidden" }),
      helpButton(parameter, help),
      reset,
    ),
    control.element,
    error,
    help,
  );

  /** @param {string|boolean} raw */
  function take(raw) {
    const parsed = typeof raw === "string" ? parseValue(parameter, raw) : { value: raw };
    const wrong = "error" in parsed ? parsed.error : "";
    const value = "error" in parsed ? undefined : parsed.value;
    tell(wrong && `${wrong}. The default is sent until it is right.`);
    const same = value === undefined || sameValue(value, standard);
    mark(!same);
    if (wrong) reset.hidden = false; // it clears what was typed
    onChange(same ? undefined : value);
  }

  function clear() {
    control.show(standard);
    tell("");
    mark(false);
    onChange(undefined);
    control.input.focus();
  }

  /** @param {string} wrong */
  function tell(wrong) {
    error.textContent = wrong;
    error.hidden = wrong === "";
    control.input.setAttribute("aria-invalid", String(wrong !== ""));
  }

  /** @param {boolean} changed */
  function mark(changed) {
    element.classList.toggle("changed", changed);
    reset.hidden = !changed;
    const note = /** @type {HTMLElement} */ (element.querySelector(".parameter-changed"));
    note.textContent = changed ? "changed" : "";
  }

  return {
    element,
    show(value, inForce) {
      standard = inForce;
      help.textContent = helpText(parameter, standard);
      control.show(value ?? standard);
      tell("");
      mark(value !== undefined && !sameValue(value, standard));
    },
  };
}

/** @param {Parameter} parameter @param {HTMLElement} help @returns {HTMLElement} */
function helpButton({ label }, help) {
  const button = h("button", {
    type: "button",
    class: "quiet small icon-button parameter-question",
    "aria-label": `About ${label}`,
    "aria-expanded": "false",
    "aria-controls": help.id,
    on: {
      click() {
        help.hidden = !help.hidden;
        button.setAttribute("aria-expanded", String(!help.hidden));
      },
    },
  }, "?");
  return button;
}

/** What a parameter does, its range and its default.
 * @param {Parameter} parameter
 * @param {unknown} standard
 * @returns {string}
 */
function helpText(parameter, standard) {
  const range = rangeText(parameter);
  const text = formatValue(parameter, standard).replaceAll("\n", ", ");
  const shown = text === "" ? parameter.without ?? "none" : text;
  return `${parameter.help} ${range ? `Range: ${range}. ` : ""}Default: ${shown}.`;
}
