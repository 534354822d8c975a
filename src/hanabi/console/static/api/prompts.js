/** What a model makes of texts: their tokens, and the exact prompts of requests. */

import { exactPromptOf } from "../lib/exact.js";
import { CHAT_PATH, exactPromptBody } from "../lib/request.js";

/** @import { Api } from "./client.js" */
/** @import { ExactPrompt } from "../lib/exact.js" */
/** @import { Body } from "../lib/request.js" */

/** A conversation that shows how turns begin and end. */
const TALK = [
  { role: "user", content: "a" },
  { role: "assistant", content: "b" },
  { role: "user", content: "c" },
];

/** The token ids of a text, as a completion would read it.
 * @param {Api} api
 * @param {string} model
 * @param {string} text
 * @returns {Promise<number[]>}
 */
export async function tokenize(api, model, text) {
  return (await api.post("/v1/tokenize", { model, prompt: text })).tokens;
}

/** The token ids of a text that is a part of a prompt: nothing is put before it.
 * @param {Api} api
 * @param {string} model
 * @param {string} text
 * @returns {Promise<number[]>}
 */
export async function tokenizePart(api, model, text) {
  const body = { model, prompt: text, add_special_tokens: false };
  return (await api.post("/v1/tokenize", body)).tokens;
}

/** The exact prompt of a request; nothing is generated.
 * @param {Api} api
 * @param {string} path
 * @param {Body} body
 * @returns {Promise<ExactPrompt>}
 */
export async function exactPrompt(api, path, body) {
  return exactPromptOf(await api.post(path, exactPromptBody(body)));
}

/** The control tokens that a chat model's conversation style uses: their ids by name.
 * @param {Api} api
 * @param {string} model one that supports chat
 * @returns {Promise<Record<string, number>>}
 */
export async function controlTokens(api, model) {
  return (await exactPrompt(api, CHAT_PATH, { model, messages: TALK })).control;
}
