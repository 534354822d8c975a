/**
 * One of a few, side by side.
 * @module
 */

import { h } from "../dom.js";
import { uuid } from "../lib/uuid.js";

/**
 * Radio buttons that look like one control; listen to its `change`.
 * @param {string} name what is chosen, for screen readers
 * @param {readonly (readonly [value: string, label: string])[]} options
 * @param {string} chosen a value
 * @returns {HTMLElement}
 */
export function segments(name, options, chosen) {
  const group = uuid();
  return h(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": name },
    options.map(([value, label]) =>
      h(
        "label",
        null,
        h("input", { type: "radio", name: group, value, checked: value === chosen }),
        label,
      )
    ),
  );
}
