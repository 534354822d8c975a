/** The exact prompt of a request: what the model reads, token by token. Pure. */

import { tokenOf } from "./tokens.js";

/** @import { Token } from "../api/generate.js" */

/**
 * @typedef {object} ExactPrompt
 * @property {string} text control tokens by their names
 * @property {number[]} ids
 * @property {Token[]} tokens
 * @property {Record<string, number>} control the control tokens in it: their ids by name
 */

/** Reads the reply to `exactPromptBody`.
 * @param {any} reply of either route
 * @returns {ExactPrompt}
 */
export function exactPromptOf(reply) {
  const [{ text, message, logprobs, raw_output }] = reply.choices;
  /** @type {Token[]} */
  const tokens = logprobs.content.map(tokenOf);
  const ids = tokens.map(({ id }) => id);
  return {
    text: text ?? message.content,
    ids,
    tokens,
    control: Object.fromEntries(
      controlIds(raw_output.prompt_fragments, ids).map((id) => [nameOf(tokens, id), id]),
    ),
  };
}

/** A text split at the names of control tokens.
 * @param {string} text
 * @param {Record<string, number>} control ids by name
 * @returns {(string|number)[]} plain texts, none of them empty, and ids
 */
export function splitAtControl(text, control) {
  const names = Object.keys(control).toSorted((one, other) => other.length - one.length);
  if (names.length === 0) return text === "" ? [] : [text];
  const pattern = new RegExp(`(${names.map(RegExp.escape).join("|")})`);
  return text.split(pattern).filter((part) => part !== "").map((part) => control[part] ?? part);
}

/** The fragments that are ids are control tokens, unless the whole prompt was sent as ids.
 * @param {(string|number)[]} fragments
 * @param {number[]} ids
 * @returns {number[]}
 */
function controlIds(fragments, ids) {
  const single = fragments.filter((fragment) => typeof fragment === "number");
  return single.length === ids.length ? [] : [...new Set(single)];
}

/** @param {Token[]} tokens @param {number} id */
function nameOf(tokens, id) {
  return tokens.find((token) => token.id === id)?.text ?? "";
}
