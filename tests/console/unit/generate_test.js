import assert from "node:assert/strict";
import { generate } from "../../../src/hanabi/console/static/api/generate.js";

/** An API whose stream is these chunks, then the failure if there is one.
 * @param {any[]} chunks
 * @param {Error} [failure]
 */
function apiOf(chunks, failure) {
  return {
    /** @param {string} _path @param {unknown} _body @param {any} options */
    stream(_path, _body, { onChunk }) {
      for (const chunk of chunks) onChunk(chunk);
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
  };
}

/** A clock that goes on by 10 ms whenever it is read. */
function clock() {
  let time = 0;
  return () => time += 10;
}

/** @param {string} text @param {object} [more] */
const piece = (text, more = {}) => ({
  choices: [{ index: 0, text, logprobs: null, finish_reason: null, ...more }],
});
/** @param {string} token @param {number} id @param {boolean} [prompt] */
const row = (token, id, prompt = false) => ({
  token,
  token_id: id,
  bytes: [...new TextEncoder().encode(token)],
  logprob: -0.5,
  ...(prompt ? {} : { sampling_logprob: -0.4 }),
  text_offset: 0,
  top_logprobs: [{ token: "x", token_id: 9, bytes: [120], logprob: -0.1 }],
});
/** @param {string} finish_reason @param {number} completion_tokens */
const last = (finish_reason, completion_tokens) => ({
  ...piece("", { finish_reason }),
  usage: { prompt_tokens: 7, completion_tokens, total_tokens: 7 + completion_tokens },
  perf_metrics: { "prompt-tokens": 7, "cached-prompt-tokens": 4 },
});

Deno.test("a stream is folded into its choice, with statistics", async () => {
  const chunks = [piece("a"), piece("b"), piece("c"), last("length", 3)];
  /** @type {string[]} */
  const seen = [];
  const [choice] = await generate(apiOf(chunks), "/v1/completions", { prompt: "p" }, {
    now: clock(),
    onUpdate: ([only]) => seen.push(only?.text ?? ""),
  });
  assert.deepEqual(seen, ["a", "ab", "abc", "abc"]);
  assert.deepEqual(choice, {
    text: "abc",
    echoed: 0,
    tokens: null,
    finishReason: "length",
    statistics: {
      timeToFirstToken: 10,
      tokensPerSecond: 100,
      promptTokens: 7,
      cachedTokens: 4,
      completionTokens: 3,
      gaps: [10, 10],
    },
    raw: null,
  });
});

Deno.test("the deltas of a chat are text as well, and choices are told apart", async () => {
  /** @param {number} index @param {object} delta @param {string|null} finish_reason */
  const chunk = (index, delta, finish_reason = null) => ({
    choices: [{ index, delta, finish_reason }],
  });
  const chunks = [
    chunk(0, { role: "assistant" }),
    chunk(1, { role: "assistant" }),
    chunk(1, { content: "B" }),
    chunk(0, { content: "A" }),
    chunk(1, {}, "stop"),
    chunk(0, { content: "a" }),
    { ...chunk(0, {}, "length"), usage: { prompt_tokens: 1, completion_tokens: 5 } },
    { choices: [] },
  ];
  const choices = await generate(apiOf(chunks), "/v1/chat/completions", { n: 2 }, {});
  assert.deepEqual(choices.map(({ text, finishReason }) => [text, finishReason]), [
    ["Aa", "length"],
    ["B", "stop"],
  ]);
  // The usage is of both together: of one alone nothing is known without rows or ids.
  assert.deepEqual(choices.map(({ statistics }) => statistics?.completionTokens), [null, null]);
  assert.deepEqual(choices.map(({ statistics }) => statistics?.promptTokens), [1, 1]);
});

Deno.test("rows become tokens, also inside an unfinished character", async () => {
  const chunks = [
    piece("", { logprobs: { content: [row("é", 1)] } }),
    piece("éb", { logprobs: { content: [row("b", 2)] } }),
    { ...last("stop", 3), ...piece("", { logprobs: { content: [row("</s>", 3)] } }) },
  ];
  const [choice] = await generate(apiOf(chunks), "/p", { logprobs: true }, { now: clock() });
  assert.deepEqual(choice?.tokens?.map(({ id }) => id), [1, 2, 3]);
  assert.deepEqual(choice?.tokens?.[1], {
    text: "b",
    id: 2,
    bytes: [98],
    logprob: -0.5,
    top: [{ text: "x", id: 9, bytes: [120], logprob: -0.1 }],
    prompt: false,
    offset: 0,
  });
  assert.equal(choice?.statistics?.completionTokens, 3);
});

Deno.test("the echoed prompt is no generated text", async () => {
  const chunks = [
    piece("Hi", { logprobs: { content: [row("H", 1, true), row("i", 2, true)] } }),
    piece("!", { logprobs: { content: [row("!", 3)] } }),
    piece("", { finish_reason: "length" }),
  ];
  for (const echo of [{ echo: true }, { echo_last: 2 }, { echo: true, echo_last: 2 }]) {
    const body = { logprobs: true, ...echo };
    const [choice] = await generate(apiOf(chunks), "/p", body, { now: clock() });
    assert.equal(choice?.echoed, 2);
    assert.deepEqual(choice?.tokens?.map(({ prompt }) => prompt), [true, true, false]);
    assert.deepEqual(choice?.statistics?.gaps, []);
    assert.equal(choice?.statistics?.completionTokens, 1);
  }
  const [choice] = await generate(apiOf([piece("x")]), "/p", { echo: true, echo_last: 0 }, {});
  assert.equal(choice?.echoed, 0);
});

Deno.test("ids and raw output are kept when they come", async () => {
  const chunks = [
    piece("a", { prompt_token_ids: [1, 2], token_ids: [3] }),
    piece("b", { token_ids: [4, 5] }),
    piece("", { finish_reason: "stop", raw_output: { completion: "ab" } }),
  ];
  const [choice] = await generate(apiOf(chunks), "/p", { return_token_ids: true }, {});
  assert.deepEqual(choice?.raw, {
    prompt_token_ids: [1, 2],
    token_ids: [3, 4, 5],
    raw_output: { completion: "ab" },
  });
  assert.equal(choice?.statistics?.completionTokens, 3);
});

Deno.test("an abort keeps the text and tells which choices it ended", async () => {
  const controller = new AbortController();
  const chunks = [
    { choices: [{ index: 1, text: "done", finish_reason: "stop" }] },
    piece("half"),
  ];
  controller.abort();
  const api = apiOf(chunks, controller.signal.reason);
  const choices = await generate(api, "/p", { n: 2 }, { signal: controller.signal });
  assert.deepEqual(choices.map(({ text, finishReason }) => [text, finishReason]), [
    ["half", "cancelled"],
    ["done", "stop"],
  ]);
});

Deno.test("a failure carries the choices so far", async () => {
  const failure = new Error("The connection was lost");
  const choices = await generate(apiOf([piece("half")], failure), "/p", {}, {}).catch((error) => {
    assert.equal(error, failure);
    return /** @type {any} */ (failure).choices;
  });
  assert.equal(choices[0].text, "half");
  assert.equal(choices[0].finishReason, null);
});
