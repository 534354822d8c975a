import assert from "node:assert/strict";
import {
  knownTokens,
  startAfter,
  startInstead,
  startText,
  written,
} from "../../../src/hanabi/console/static/lib/completion-run.js";

/** @param {number} id @param {string} text @param {number} offset @param {boolean} [prompt] */
function token(id, text, offset, prompt = false) {
  const bytes = [...new TextEncoder().encode(text)];
  return { text, id, bytes, logprob: -1, top: [], prompt, offset };
}
/** @param {string} text @param {any[]|null} tokens @param {number} [echoed] @returns {any} */
const choice = (text, tokens, echoed = 0) => ({ text, tokens, echoed });
const OTHER = { ...token(9, " X", 0) };

Deno.test("what was generated stands behind the prompt, and is marked", () => {
  const run = { ...startAfter(1, "Hi", "Hi"), choices: [choice(" a\r\nb", null)], chosen: 0 };
  assert.deepEqual(written(run, []), {
    text: "Hi a\nb",
    marks: [{ start: 2, end: 6, run: 1 }],
  });
  const before = [{ start: 0, end: 1, run: 7 }, { start: 1, end: 5, run: 1 }];
  assert.deepEqual(written(run, before).marks, [
    { start: 0, end: 1, run: 7 },
    { start: 2, end: 6, run: 1 },
  ]);
  assert.deepEqual(written({ ...run, choices: [] }, []), { text: "Hi", marks: [] });
});

Deno.test("another choice takes the place of the first", () => {
  const choices = [choice(" a", null), choice(" b", null)];
  const run = { ...startAfter(1, "Hi", "Hi"), choices, chosen: 1 };
  assert.equal(written(run, []).text, "Hi b");
});

Deno.test("an echoed prompt stands in the text once, and its tokens are known", () => {
  const tokens = [token(1, "Hi", 0, true), token(2, "!", 2)];
  const run = { ...startAfter(1, "Hi", "Hi"), choices: [choice("Hi!", tokens, 2)], chosen: 0 };
  assert.deepEqual(written(run, []), { text: "Hi!", marks: [{ start: 2, end: 3, run: 1 }] });
  assert.deepEqual(knownTokens(run).lead, "");
  assert.deepEqual(knownTokens(run).trail.tokens, tokens);
  const instead = startInstead(2, run, [1], 1, OTHER);
  assert.deepEqual(instead.prompt, [1, 9]);
  assert.equal(startText(instead), "Hi X");
  const first = startInstead(3, run, [1], 0, OTHER);
  assert.deepEqual(first.prompt, [9]);
  assert.equal(startText(first), " X");
});

Deno.test("an echo of the last tokens leaves the text before them as it is", () => {
  const tokens = [token(2, " b", 0, true), token(3, " c", 2)];
  const run = { ...startAfter(1, "a b", "a b"), choices: [choice(" b c", tokens, 2)], chosen: 0 };
  assert.equal(knownTokens(run).lead, "a");
  assert.deepEqual(startInstead(2, run, [1, 2], 0, OTHER).prompt, [1, 9]);
  assert.equal(startText(startInstead(2, run, [1, 2], 0, OTHER)), "a X");
});

Deno.test("a branch of a branch keeps to the ids on the way", () => {
  const tokens = [token(2, " b", 0), token(3, " c", 2)];
  const run = { ...startAfter(1, "a", "a"), choices: [choice(" b c", tokens)], chosen: 0 };
  const start = startInstead(2, run, [1], 1, OTHER);
  assert.deepEqual(start.prompt, [1, 2, 9]);
  assert.equal(startText(start), "a b X");
  const second = { ...start, choices: [choice(" d", [token(4, " d", 0)])], chosen: 0 };
  assert.deepEqual(written(second, []), {
    text: "a b X d",
    marks: [{ start: 1, end: 7, run: 2 }],
  });
  assert.equal(knownTokens(second).lead, "a");
  assert.deepEqual(knownTokens(second).trail.tokens.map(({ id }) => id), [2, 9, 4]);
  const again = startInstead(3, second, /** @type {number[]} */ (start.prompt), 2, OTHER);
  assert.deepEqual(again.prompt, [1, 2, 9, 9]);
  assert.equal(startText(again), "a b X X");
});
