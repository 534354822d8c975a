import assert from "node:assert/strict";
import {
  branched,
  emptyTrail,
  extended,
  promptLength,
} from "../../../src/hanabi/console/static/lib/trail.js";

const PROMPT = true;

/** @param {number} id @param {string|number[]} content @param {number} offset @param {boolean} [prompt] */
function token(id, content, offset, prompt = false) {
  const bytes = typeof content === "string" ? [...new TextEncoder().encode(content)] : content;
  return { text: String(content), id, bytes, logprob: -1, top: [], prompt, offset };
}

/** @param {string} text @param {any[]|null} tokens @returns {any} */
const choice = (text, tokens) => ({ text, tokens });
/** @param {number} id @param {string|number[]} content */
const alternative = (id, content) => {
  const { text, bytes } = token(id, content, 0);
  return { id, text, bytes, logprob: -2 };
};

Deno.test("tokens begin where their characters do", () => {
  const trail = extended(
    emptyTrail(),
    choice("🎆a b", [token(1, "🎆", 0), token(2, "a", 1), token(3, " b", 2), token(4, "</s>", 4)]),
  );
  assert.deepEqual(trail.starts, [0, 2, 3, 5]);
  assert.equal(trail.text, "🎆a b");
});

Deno.test("another token ends the trail, and what follows extends it", () => {
  const trail = extended(emptyTrail(), choice(" a b", [token(1, " a", 0), token(2, " b", 2)]));
  const other = branched(trail, 1, alternative(9, " c"));
  assert.deepEqual(other.tokens.map(({ id }) => id), [1, 9]);
  assert.equal(other.text, " a c");
  const further = extended(other, choice(" d", [token(5, " d", 0)]));
  assert.deepEqual(further.tokens.map(({ id }) => id), [1, 9, 5]);
  assert.deepEqual(further.starts, [0, 2, 4]);
  assert.equal(further.text, " a c d");
  assert.equal(branched(further, 0, alternative(7, "x")).text, "x");
});

Deno.test("an echoed prompt takes the place of the trail before", () => {
  const before = extended(emptyTrail(), choice(" a", [token(1, " a", 0)]));
  const echoed = [token(0, "<s>", 0, PROMPT), token(1, "Hi", 0, PROMPT), token(2, "!", 2)];
  const trail = extended(before, choice("Hi!", echoed));
  assert.deepEqual(trail.starts, [0, 0, 2]);
  assert.equal(promptLength(trail), 2);
  // The beginning-of-sequence token is in no text, and so not in a branch's either.
  assert.equal(branched(trail, 1, alternative(8, "Ho")).text, "Ho");
  assert.equal(branched(trail, 1, alternative(8, "Ho")).tokens[1]?.prompt, true);
  assert.equal(promptLength(emptyTrail()), 0);
});

Deno.test("a character that begins in a kept token ends in a generated one", () => {
  const [first, second, third] = [...new TextEncoder().encode("漢")].map((byte) => [byte]);
  const whole = [token(1, first ?? [], 0), token(2, second ?? [], 0), token(3, third ?? [], 0)];
  const trail = extended(emptyTrail(), choice("漢", whole));
  const other = branched(trail, 1, alternative(4, second ?? []));
  assert.equal(other.text, "");
  // Of the last byte alone the server can make no character.
  const further = extended(other, choice("\ufffda", [token(3, third ?? [], 0), token(5, "a", 1)]));
  assert.equal(further.text, "漢a");
  assert.deepEqual(further.starts, [0, 0, 0, 1]);
});

Deno.test("without rows there is text and no token", () => {
  assert.deepEqual(extended(emptyTrail(), choice("abc", null)), {
    tokens: [],
    starts: [],
    text: "abc",
  });
});
