import assert from "node:assert/strict";
import {
  defaultInForce,
  PARAMETERS,
  parametersOf,
} from "../../../src/hanabi/console/static/lib/parameters.js";
import {
  formatValue,
  parseValue,
  rangeText,
  sameValue,
} from "../../../src/hanabi/console/static/lib/parameter-text.js";
import { hardText, random } from "./random.js";

/** @import { Parameter } from "../../../src/hanabi/console/static/lib/parameters.js" */

/** @param {string} name @returns {Parameter} */
function parameter(name) {
  const found = PARAMETERS.find((candidate) => candidate.name === name);
  assert(found);
  return found;
}

/** @param {string} name @param {string} text */
const value = (name, text) => /** @type {any} */ (parseValue(parameter(name), text)).value;
/** @param {string} name @param {string} text */
const error = (name, text) => /** @type {any} */ (parseValue(parameter(name), text)).error;

Deno.test("each mode has each parameter once, with a help text", () => {
  for (const mode of /** @type {const} */ (["chat", "completion"])) {
    const names = parametersOf(mode).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  }
  for (const { name, help } of PARAMETERS) assert.match(help, /^[A-Z0-9].+\.$/s, name);
});

Deno.test("the parameters of a group stand together", () => {
  const groups = PARAMETERS.map(({ group }) => group);
  const starts = groups.filter((group, index) => group !== groups[index - 1]);
  assert.equal(new Set(starts).size, starts.length);
});

Deno.test("every default is one that could be typed", () => {
  for (const each of PARAMETERS) {
    if (each.kind === "boolean" || each.default === null) continue;
    const parsed = parseValue(each, formatValue(each, each.default));
    assert.deepEqual(parsed, { value: each.default }, each.name);
  }
});

Deno.test("numbers are taken within their range only", () => {
  for (const text of ["0", "2", "1.5", ".5", " 1 ", "1e-3", "+1"]) {
    assert.equal(value("temperature", text), Number(text), text);
  }
  for (const text of ["-0.1", "2.01", "x", "1,5", "0x1", "Infinity", "NaN", "1 2", "1e309"]) {
    assert.equal(error("temperature", text), `Temperature must be a number, from 0 to 2: ${text}`);
  }
  assert.equal(value("max_tokens", "0"), 0);
  assert.match(error("max_tokens", "1.5"), /^Max tokens must be a whole number, from 0 to/);
  assert.match(error("top_k", "-1"), /a whole number, 0 or more: -1$/);
  assert.match(error("seed", "9007199254740993"), /^Seed must be a whole number/);
  assert.match(error("repetition_penalty", "0"), /above 0, at most 2: 0$/);
  assert.equal(value("repetition_penalty", "0.01"), 0.01);
});

Deno.test("nothing typed leaves the default in force", () => {
  assert.deepEqual(parseValue(parameter("seed"), ""), { value: undefined });
  assert.deepEqual(parseValue(parameter("temperature"), "  "), { value: undefined });
  assert.deepEqual(parseValue(parameter("stop"), ""), { value: [] });
});

Deno.test("stop strings stand one a line, and come back as they were", () => {
  assert.deepEqual(value("stop", "\\n\\n\nUser:\n\n a\\\\n\\q"), ["\n\n", "User:", " a\\n\\q"]);
  const next = random(1);
  for (let round = 0; round < 500; round++) {
    const strings = Array.from({ length: next(5) }, () => `${hardText(next)}.`);
    assert.deepEqual(value("stop", formatValue(parameter("stop"), strings)), strings);
  }
  assert.match(error("stop", "x\n".repeat(17)), /at most 16: 17$/);
  assert.match(error("stop", "x".repeat(1025)), /at most 1024 characters each: one has 1025$/);
  assert.equal(value("stop", "🎆".repeat(1024)).length, 1);
});

Deno.test("a bias is an id and a number", () => {
  assert.deepEqual(value("logit_bias", "12: -100\n\n 7=1.5 \n3 2"), { 3: 2, 7: 1.5, 12: -100 });
  const typed = formatValue(parameter("logit_bias"), { 12: -100, 7: 1.5 });
  assert.deepEqual(value("logit_bias", typed), { 12: -100, 7: 1.5 });
  for (const line of ["1: 101", "1: -101", "x: 1", "-1: 1", "1", "9999999999: 1", "1: x"]) {
    assert.equal(
      error("logit_bias", `5: 5\n${line}`),
      `Logit bias must be a token id, a colon and a bias from -100 to 100 on each line: ${line}`,
    );
  }
});

Deno.test("the model's default holds before the API's", () => {
  assert.equal(defaultInForce(parameter("temperature"), {}), 1);
  assert.equal(defaultInForce(parameter("temperature"), { temperature: 0.2 }), 0.2);
  assert.equal(defaultInForce(parameter("temperature"), { temperature: null }), 1);
  assert.deepEqual(defaultInForce(parameter("stop"), { stop: "\n" }), ["\n"]);
  assert.deepEqual(defaultInForce(parameter("stop"), { stop: ["a", "b"] }), ["a", "b"]);
});

Deno.test("ranges read as sentences do", () => {
  assert.equal(rangeText(parameter("temperature")), "from 0 to 2");
  assert.equal(rangeText(parameter("top_k")), "0 or more");
  assert.equal(rangeText(parameter("repetition_penalty")), "above 0, at most 2");
  assert.equal(rangeText(parameter("stop")), "");
});

Deno.test("values are compared by what they hold", () => {
  assert(sameValue(["a"], ["a"]));
  assert(!sameValue(["a"], ["a", "b"]));
  assert(sameValue(null, null));
  assert(!sameValue(0, null));
});
