import assert from "node:assert/strict";
import {
  javascriptLiteral,
  jsonText,
  pythonLiteral,
  shellQuoted,
} from "../../../src/hanabi/console/static/lib/literals.js";
import { SNIPPETS } from "../../../src/hanabi/console/static/lib/snippets.js";
import { hardText, random } from "./random.js";

const ORIGIN = "http://127.0.0.1:8000";
const CHAT = {
  path: "/v1/chat/completions",
  body: {
    model: "m",
    messages: [{ role: "user", content: "It's $5" }],
    top_k: 40,
    logprobs: true,
    top_logprobs: 5,
    stream: true,
    perf_metrics_in_response: true,
  },
};
const COMPLETION = { path: "/v1/completions", body: { model: "m", prompt: [1, 2], n: 2 } };

/** @param {string} id @param {{ path: string, body: object }} request */
function snippet(id, request) {
  const found = SNIPPETS.find((candidate) => candidate.id === id);
  return found?.write(/** @type {any} */ (request), ORIGIN) ?? assert.fail(`no snippet ${id}`);
}

/** A value with everything that JSON has.
 * @param {(below: number) => number} next
 * @param {number} depth
 * @returns {unknown}
 */
function hardValue(next, depth = 0) {
  const kind = next(depth > 2 ? 5 : 7);
  if (kind === 5) return Array.from({ length: next(4) }, () => hardValue(next, depth + 1));
  if (kind === 6) {
    const members = Array.from({ length: next(4) }, () => [hardText(next), hardValue(next, 3)]);
    return Object.fromEntries(members);
  }
  return [hardText(next), next(1e6) - 5e5, next(1e6) / 1e4 * 1e-9, next(2) === 0, null][kind];
}

Deno.test("any value is the same again in JSON and in JavaScript", () => {
  const next = random(3);
  for (let round = 0; round < 500; round++) {
    const value = hardValue(next);
    assert.deepEqual(JSON.parse(jsonText(value)), value);
    assert.deepEqual(new Function(`return (${javascriptLiteral(value)})`)(), value);
  }
});

Deno.test("Python's constants are its own, and lists of ids fill their lines", () => {
  assert.equal(
    pythonLiteral({ a: null, b: [true, false] }),
    `{
    "a": None,
    "b": [True, False],
}`,
  );
  const lines = pythonLiteral(Array.from({ length: 100 }, (_, index) => 10_000 + index), 1)
    .split("\n");
  assert.equal(lines.length, 12); // two of them are brackets
  assert(lines.every((line) => line.length <= 90));
});

Deno.test("nothing in a shell's word means anything to the shell", () => {
  assert.equal(shellQuoted("it's $5 `x` \\"), "'it'\\''s $5 `x` \\'");
});

Deno.test("the key is taken from the environment", () => {
  for (const { id } of SNIPPETS) {
    assert.match(snippet(id, CHAT), /\bFIREWORKS_API_KEY\b/);
    assert(snippet(id, CHAT).includes(ORIGIN));
  }
});

Deno.test("curl sends the object itself", () => {
  const text = snippet("curl", CHAT);
  assert.match(text, /^curl --no-buffer 'http:\/\/127.0.0.1:8000\/inference\/v1\/chat\/comple/);
  const data = /--data '(.*)'\n$/s.exec(text)?.[1]?.replaceAll("'\\''", "'") ?? "";
  assert.deepEqual(JSON.parse(data), CHAT.body);
});

Deno.test("what openai's Python client does not know goes into extra_body", () => {
  const text = snippet("openai-python", CHAT);
  assert.match(text, /extra_body=\{\n {8}"top_k": 40,\n {8}"perf_metrics_in_response": True,\n/);
  assert.match(text, /\n {4}top_logprobs=5,\n/);
  const completion = { ...COMPLETION, body: { ...COMPLETION.body, echo: true, top_logprobs: 5 } };
  assert.match(snippet("openai-python", completion), /\n {4}echo=True,\n/);
  assert.match(snippet("openai-python", completion), /extra_body=\{\n {8}"top_logprobs": 5,/);
  assert(!snippet("openai-python", COMPLETION).includes("extra_body"));
  assert(!snippet("fireworks", CHAT).includes("extra_body"));
});

Deno.test("several choices are printed one after the other", () => {
  assert.match(snippet("openai-python", COMPLETION), /texts = \[""\] \* 2\n/);
  assert.match(snippet("openai-javascript", COMPLETION), /Array\(2\)\.fill\(""\)/);
  assert.match(snippet("fireworks", CHAT), /print\(choice\.delta\.content or "", end=""/);
});
