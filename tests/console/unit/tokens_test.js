import assert from "node:assert/strict";
import { exactPromptOf, splitAtControl } from "../../../src/hanabi/console/static/lib/exact.js";
import {
  blockEnd,
  hex,
  ranked,
  shade,
  SHADE_LABELS,
  shown,
  unfinished,
  visible,
} from "../../../src/hanabi/console/static/lib/tokens.js";
import { hardText, random } from "./random.js";

/** @param {string|number[]} content @param {number} [id] @param {any[]} [top] */
function token(content, id = 0, top = []) {
  const bytes = typeof content === "string" ? [...new TextEncoder().encode(content)] : content;
  const text = typeof content === "string" ? content : `bytes:${hex(content)}`;
  return { text, id, bytes, logprob: -1, top, prompt: false, offset: 0 };
}

Deno.test("a shade for each probability", () => {
  const shades = [1, 0.9, 0.89, 0.5, 0.1, 0.05, 0.02, 0.001, 0].map((p) => shade(Math.log(p)));
  assert.deepEqual(shades, [0, 0, 1, 2, 3, 4, 5, 6, 6]);
  assert.equal(SHADE_LABELS.length, 7);
});

Deno.test("what cannot be seen is made visible", () => {
  assert.equal(visible(" a b\n\tc\r\0\u00a0\u200b"), "·a·b↵\n⇥\tc␍␀⟨U+00A0⟩⟨U+200B⟩");
  assert.equal(shown(token("é")), "é");
  assert.equal(shown(token([0xe2, 0x9c])), "⟨e2 9c⟩");
  assert.equal(shown(token("")), "∅");
});

Deno.test("the token itself is always among its alternatives", () => {
  const a = token("a", 1);
  const b = token("b", 2);
  assert.deepEqual(ranked({ ...b, top: [a, b] }).map(({ chosen }) => chosen), [false, true]);
  assert.deepEqual(ranked({ ...b, top: [a] }).map(({ alternative }) => alternative.id), [1, 2]);
  assert.deepEqual(ranked(b).map(({ chosen }) => chosen), [true]);
});

Deno.test("blocks hold every token once, and break at lines", () => {
  const tokens = Array.from({ length: 5000 }, (_, index) => token(index % 90 === 0 ? ".\n" : "a"));
  const ends = [];
  for (let from = 0; from < tokens.length; from = ends.at(-1) ?? 0) {
    ends.push(blockEnd(tokens, from));
    assert((ends.at(-1) ?? 0) > from);
  }
  assert.equal(ends.at(-1), 5000);
  assert(ends.slice(0, -1).every((end) => tokens[end - 1]?.text === ".\n"));
  assert.equal(blockEnd(Array(3000).fill(token("a")), 0), 1000);
  assert.equal(blockEnd([], 0), 0);
});

Deno.test("the bytes of an unfinished character are known wherever tokens end", () => {
  const next = random(5);
  for (let round = 0; round < 300; round++) {
    const bytes = [...new TextEncoder().encode(hardText(next))];
    const cut = bytes.slice(0, next(bytes.length + 1));
    const tokens = [];
    for (let from = 0; from < cut.length;) {
      const to = from + 1 + next(4);
      tokens.push(token(cut.slice(from, to)));
      from = to;
    }
    const rest = unfinished(tokens);
    const whole = new Uint8Array(cut.slice(0, cut.length - rest.length));
    new TextDecoder("utf-8", { fatal: true }).decode(whole);
    if (rest.length > 0) {
      assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(rest)));
    }
  }
  assert.deepEqual(unfinished([]), []);
  assert.deepEqual(unfinished([token("a"), token([0xe2]), token([0x9c])]), [0xe2, 0x9c]);
  assert.deepEqual(unfinished([token([0x80])]), []);
});

Deno.test("an exact prompt tells its control tokens", () => {
  /** @param {string} name @param {number} id */
  const row = (name, id) => ({
    token: name,
    token_id: id,
    bytes: [...new TextEncoder().encode(name)],
    logprob: -1,
    text_offset: 0,
    top_logprobs: [],
  });
  const content = [row("<s>", 1), row("Hi", 5), row("<s>", 1)];
  /** @param {(string|number)[]} prompt_fragments */
  const prompt = (prompt_fragments) =>
    exactPromptOf({
      choices: [{
        message: { content: "<s>Hi<s>" },
        logprobs: { content },
        raw_output: { prompt_fragments },
      }],
    });
  const exact = prompt([1, "Hi", 1]);
  assert.equal(exact.text, "<s>Hi<s>");
  assert.deepEqual(exact.ids, [1, 5, 1]);
  assert.deepEqual(exact.control, { "<s>": 1 });
  assert(exact.tokens.every((each) => each.prompt));
  assert.deepEqual(prompt([1, 5, 1]).control, {});
});

Deno.test("a text is split at control tokens, the longest name first", () => {
  const control = { "<s>": 1, "<s>>": 2, "[.]": 3 };
  assert.deepEqual(splitAtControl("<s>a<s>>b[.][x]", control), [1, "a", 2, "b", 3, "[x]"]);
  assert.deepEqual(splitAtControl("plain", {}), ["plain"]);
  assert.deepEqual(splitAtControl("", {}), []);
  assert.deepEqual(splitAtControl("", control), []);
});
