import assert from "node:assert/strict";
import {
  chatBody,
  completionBody,
  exactPromptBody,
} from "../../../src/hanabi/console/static/lib/request.js";

const FIXED = { stream: true, perf_metrics_in_response: true };
const RECORDED = { logprobs: true, top_logprobs: 5 };
const messages = [{ role: "user", content: "Hi" }];

Deno.test("only what was changed is sent, with the console's own fields", () => {
  assert.deepEqual(completionBody({ model: "m", prompt: "p", parameters: {} }), {
    model: "m",
    prompt: "p",
    ...RECORDED,
    ...FIXED,
  });
  const parameters = { temperature: 0, stop: ["\n"] };
  assert.deepEqual(completionBody({ model: "m", prompt: [1, 2], parameters }), {
    model: "m",
    prompt: [1, 2],
    temperature: 0,
    stop: ["\n"],
    ...RECORDED,
    ...FIXED,
  });
});

Deno.test("a system prompt is the style's own, or explicit, even when it is empty", () => {
  /** @param {string|null} system */
  const sent = (system) => chatBody({ model: "m", system, messages, parameters: {} }).messages;
  assert.deepEqual(sent(null), messages);
  assert.deepEqual(sent(""), [{ role: "system", content: "" }, ...messages]);
  assert.deepEqual(sent("S"), [{ role: "system", content: "S" }, ...messages]);
});

Deno.test("probabilities are recorded unless the panel says no", () => {
  /** @param {Record<string, unknown>} parameters */
  const fields = (parameters) => {
    const body = chatBody({ model: "m", system: null, messages, parameters });
    return [body.logprobs, body.top_logprobs];
  };
  assert.deepEqual(fields({}), [true, 5]);
  assert.deepEqual(fields({ top_logprobs: 20 }), [true, 20]);
  assert.deepEqual(fields({ logprobs: false }), [undefined, undefined]);
  assert.deepEqual(fields({ logprobs: false, top_logprobs: 20 }), [undefined, undefined]);
});

Deno.test("the exact prompt is asked for with nothing that shapes the reply", () => {
  const asked = {
    max_tokens: 0,
    echo: true,
    logprobs: true,
    top_logprobs: 5,
    raw_output: true,
  };
  const parameters = { temperature: 0.5, n: 4, stop: ["x"], max_tokens: 9, prompt_truncate_len: 5 };
  const chat = chatBody({ model: "m", system: null, messages, parameters });
  assert.deepEqual(exactPromptBody(chat), {
    model: "m",
    messages,
    prompt_truncate_len: 5,
    ...asked,
  });
  const completion = completionBody({ model: "m", prompt: [1], parameters: { echo_last: 3 } });
  assert.deepEqual(exactPromptBody(completion), { model: "m", prompt: [1], ...asked });
});
