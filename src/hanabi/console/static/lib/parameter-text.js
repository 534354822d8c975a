/** Values of parameters as a person types them, and back. Pure. */

import { BIAS_RANGE, MAX_STOP_LENGTH, MAX_STOP_STRINGS } from "./parameters.js";

/** @import { Parameter } from "./parameters.js" */

/** What a text says: a value (undefined: nothing, so the default holds), or what is wrong with it.
 * @typedef {{ value: unknown } | { error: string }} Parsed
 */

/** Reads what was typed for a parameter.
 * @param {Parameter} parameter of a kind that is typed: number, integer, strings, map or choice
 * @param {string} text
 * @returns {Parsed}
 */
export function parseValue(parameter, text) {
  switch (parameter.kind) {
    case "strings":
      return parseStrings(parameter, text);
    case "map":
      return parseMap(parameter, text);
    case "number":
    case "integer":
      return parseNumber(parameter, text.trim());
    default:
      return { value: text };
  }
}

/** A value as `parseValue` reads it.
 * @param {Parameter} parameter
 * @param {unknown} value
 * @returns {string}
 */
export function formatValue(parameter, value) {
  if (value === null || value === undefined) return "";
  if (parameter.kind === "strings") {
    return /** @type {string[]} */ (value).map((string) => escaped(string)).join("\n");
  }
  if (parameter.kind === "map") {
    return Object.entries(/** @type {Record<string, number>} */ (value))
      .map(([id, bias]) => `${id}: ${bias}`).join("\n");
  }
  return String(value);
}

/** The range of a number, as in "from 0 to 2"; "" where there is none.
 * @param {Parameter} parameter
 * @returns {string}
 */
export function rangeText({ min, above, max }) {
  const least = min === undefined ? "" : above ? `above ${min}` : `from ${min}`;
  if (max === undefined) return min === undefined ? "" : above ? least : `${min} or more`;
  return above ? `${least}, at most ${max}` : `${least} to ${max}`;
}

/** Whether two values of a parameter are the same.
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean}
 */
export function sameValue(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {Parameter} parameter @param {string} text @returns {Parsed} */
function parseNumber(parameter, text) {
  if (text === "") return { value: undefined };
  const value = Number(text);
  const whole = parameter.kind === "integer";
  const { min = -Infinity, max = Infinity } = parameter;
  const inRange = (parameter.above ? value > min : value >= min) && value <= max;
  // A decimal literal only: Number() also reads 0x10 and Infinity.
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && inRange) {
    if (!whole || Number.isSafeInteger(value)) return { value };
  }
  const kind = whole ? "a whole number" : "a number";
  return { error: `${parameter.label} must be ${kind}, ${rangeText(parameter)}: ${text}` };
}

/** @param {Parameter} parameter @param {string} text @returns {Parsed} */
function parseStrings({ label }, text) {
  const strings = text.split("\n").filter((line) => line !== "").map(unescaped);
  if (strings.length > MAX_STOP_STRINGS) {
    return { error: `${label} must be at most ${MAX_STOP_STRINGS}: ${strings.length}` };
  }
  const longest = Math.max(0, ...strings.map((string) => [...string].length));
  if (longest > MAX_STOP_LENGTH) {
    return {
      error: `${label} must have at most ${MAX_STOP_LENGTH} characters each: one has ${longest}`,
    };
  }
  return { value: strings };
}

/** @param {Parameter} parameter @param {string} text @returns {Parsed} */
function parseMap({ label }, text) {
  const [least, greatest] = BIAS_RANGE;
  /** @type {Record<string, number>} */
  const map = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const match = /^\s*(\d{1,10})\s*[:=\s]\s*([-+]?\d*\.?\d+)\s*$/.exec(line);
    const [id, bias] = [Number(match?.[1]), Number(match?.[2])];
    if (!match || id > 2 ** 31 - 1 || bias < least || bias > greatest) {
      const rule = `a token id, a colon and a bias from ${least} to ${greatest} on each line`;
      return { error: `${label} must be ${rule}: ${line.trim()}` };
    }
    map[id] = bias;
  }
  return { value: map };
}

/** @param {string} string @returns {string} */
function escaped(string) {
  return string.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r");
}

/** @param {string} line @returns {string} */
function unescaped(line) {
  /** @type {Record<string, string>} */
  const characters = { n: "\n", t: "\t", r: "\r", "\\": "\\" };
  return line.replace(
    /\\(.)/g,
    (whole, /** @type {string} */ letter) => characters[letter] ?? whole,
  );
}
