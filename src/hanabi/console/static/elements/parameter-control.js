/** The control by which a parameter is set: it tells what was typed, as it is typed. */

import { h } from "../dom.js";
import { formatValue } from "../lib/parameter-text.js";

/** @import { Parameter } from "../lib/parameters.js" */

/**
 * `element` holds the `input`; `show` sets it.
 * @typedef {{ element: HTMLElement, input: HTMLElement, show: (value: unknown) => void }} Control
 */

/** Makes the control of a parameter. Its input has the id; help and error are `<id>-help` and
 * `<id>-error`.
 * @param {Parameter} parameter
 * @param {string} id
 * @param {(raw: string|boolean) => void} onInput
 * @returns {Control}
 */
export function controlOf(parameter, id, onInput) {
  switch (parameter.kind) {
    case "boolean":
      return switchOf(id, onInput);
    case "choice":
      return selectOf(parameter, id, onInput);
    case "strings":
    case "map":
      return linesOf(parameter, id, onInput);
    default:
      return numberOf(parameter, id, onInput);
  }
}

/** @param {string} id @returns {Record<string, string>} what ties a control to its help and error */
function described(id) {
  return { id, "aria-describedby": `${id}-help ${id}-error` };
}

/** @param {string} id @param {(raw: boolean) => void} onInput @returns {Control} */
function switchOf(id, onInput) {
  const input = h("input", {
    ...described(id),
    type: "checkbox",
    role: "switch",
    class: "switch",
    on: { change: (/** @type {any} */ { target }) => onInput(target.checked) },
  });
  return {
    element: h("span", { class: "check" }, input),
    input,
    show: (value) => input.checked = Boolean(value),
  };
}

/** @param {Parameter} parameter @param {string} id @param {(raw: string) => void} onInput
 * @returns {Control}
 */
function selectOf({ choices = [] }, id, onInput) {
  const options = choices.map((choice) => h("option", { value: choice }, choice));
  const input = h(
    "select",
    { ...described(id), on: { change: (/** @type {any} */ { target }) => onInput(target.value) } },
    ...options,
  );
  return { element: input, input, show: (value) => input.value = String(value) };
}

/** @param {Parameter} parameter @param {string} id @param {(raw: string) => void} onInput
 * @returns {Control}
 */
function linesOf(parameter, id, onInput) {
  const input = h("textarea", {
    ...described(id),
    class: "mono",
    rows: 2,
    spellcheck: false,
    placeholder: parameter.kind === "map" ? "1234: -100" : "none",
    on: { input: (/** @type {any} */ { target }) => onInput(target.value) },
  });
  return { element: input, input, show: (value) => input.value = formatValue(parameter, value) };
}

/** @param {Parameter} parameter @param {string} id @param {(raw: string) => void} onInput
 * @returns {Control}
 */
function numberOf(parameter, id, onInput) {
  const { label, min = 0, max = 0, step = 1, without = "" } = parameter;
  /** @type {HTMLInputElement} */
  const input = h("input", {
    ...described(id),
    type: "text",
    inputMode: parameter.kind === "integer" ? "numeric" : "decimal",
    autocomplete: "off",
    spellcheck: false,
    class: "numbers",
    placeholder: without,
    on: { input: () => typed(input.value), keydown: arrow },
  });
  /** @type {HTMLInputElement|null} */
  const slider = parameter.slider
    ? h("input", {
      type: "range",
      min: String(min),
      max: String(max),
      step: String(step),
      "aria-label": `${label}, slider`,
      on: { input: () => set(slider?.value ?? "") },
    })
    : null;

  /** @param {string} text */
  function typed(text) {
    if (slider && text.trim() !== "" && Number.isFinite(Number(text))) slider.value = text;
    onInput(text);
  }

  /** @param {string} text */
  function set(text) {
    input.value = text;
    typed(text);
  }

  /** The arrow keys step a number, as they do in a number field.
   * @param {KeyboardEvent} event
   */
  function arrow(event) {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = Number(input.value.trim() || Number.NaN);
    if (!direction || !Number.isFinite(value)) return;
    event.preventDefault();
    const digits = String(step).split(".")[1]?.length ?? 0;
    const stepped = Math.max(parameter.min ?? -Infinity, value + direction * step);
    set(String(Number(Math.min(parameter.max ?? Infinity, stepped).toFixed(digits + 2))));
  }

  return {
    element: h("div", { class: "parameter-number" }, slider, input),
    input,
    show(value) {
      input.value = formatValue(parameter, value);
      if (slider) slider.value = input.value;
    },
  };
}
