/** The tokens that led to a text, so that it can be left at any of them for another. Pure. */

import { unfinished } from "./tokens.js";

/** @import { Alternative, Choice, Token } from "../api/generate.js" */

/**
 * `starts`: where in `text` each token begins.
 * @typedef {{ tokens: Token[], starts: number[], text: string }} Trail
 */

/** The trail of no token.
 * @returns {Trail}
 */
export function emptyTrail() {
  return { tokens: [], starts: [], text: "" };
}

/** A trail and what was generated behind it. Where the choice has rows of its prompt they are the
 * better trail, and the one before is dropped.
 * @param {Trail} trail
 * @param {Choice} choice
 * @returns {Trail}
 */
export function extended(trail, choice) {
  const added = choice.tokens ?? [];
  const before = added[0]?.prompt ? emptyTrail() : trail;
  const pending = unfinished(before.tokens);
  const { text, starts } = pending.length > 0 ? decoded(pending, added) : offsets(choice);
  return {
    tokens: [...before.tokens, ...added],
    starts: [...before.starts, ...starts.map((start) => before.text.length + start)],
    text: before.text + text,
  };
}

/** A trail that takes another token at some place, and ends with it.
 * @param {Trail} trail
 * @param {number} index of the token that is replaced
 * @param {Alternative} alternative
 * @returns {Trail}
 */
export function branched({ tokens, starts, text }, index, alternative) {
  const { top = [], prompt = false, offset = 0 } = tokens[index] ?? {};
  const start = starts[index] ?? text.length;
  const token = { ...alternative, top, prompt, offset };
  const pending = unfinished(tokens.slice(0, index));
  return {
    tokens: [...tokens.slice(0, index), token],
    starts: [...starts.slice(0, index), start],
    text: text.slice(0, start) + decoded(pending, [token]).text,
  };
}

/** How many characters of a trail are before its first generated token.
 * @param {Trail} trail
 * @returns {number}
 */
export function promptLength({ tokens, starts, text }) {
  const first = tokens.findIndex(({ prompt }) => !prompt);
  return starts[first] ?? text.length;
}

/** A choice's text, and where its tokens begin in it, in UTF-16 units as all texts here.
 * @param {Choice} choice
 */
function offsets({ text, tokens }) {
  let units = 0;
  let points = 0;
  const starts = (tokens ?? []).map(({ offset }) => {
    for (; points < offset && units < text.length; points++) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
    }
    return units;
  });
  return { text, starts };
}

/** The text of tokens behind the bytes of an unfinished character, which the server, that was not
 * told of those bytes as text, cannot have made of them.
 * @param {number[]} pending
 * @param {readonly Alternative[]} tokens
 */
function decoded(pending, tokens) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = decoder.decode(new Uint8Array(pending), { stream: true });
  const starts = tokens.map(({ bytes }) => {
    const start = text.length;
    text += decoder.decode(new Uint8Array(bytes), { stream: true });
    return start;
  });
  return { text, starts };
}
