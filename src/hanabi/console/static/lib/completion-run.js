/** One generation of completion mode: what it continued, and what came of it. Pure. */

import { fieldText } from "./marks.js";
import { branched, emptyTrail, extended, promptLength } from "./trail.js";

/** @import { Alternative, Choice } from "../api/generate.js" */
/** @import { Mark } from "./marks.js" */
/** @import { Trail } from "./trail.js" */

/**
 * What a generation begins with: the text of `lead` and then of `trail`, of whose tokens all is
 * known. `prompt` is what is sent: the text as it is, or ids where it is to be exact.
 * @typedef {{ number: number, lead: string, trail: Trail, prompt: string|number[] }} Start
 */

/** @typedef {Start & { choices: Choice[], chosen: number }} Run */

/** The start of a generation behind a text.
 * @param {number} number
 * @param {string} text
 * @param {string|number[]} prompt
 * @returns {Start}
 */
export function startAfter(number, text, prompt) {
  return { number, lead: text, trail: emptyTrail(), prompt };
}

/** The text that a generation continues.
 * @param {Start} start
 * @returns {string}
 */
export function startText({ lead, trail }) {
  return fieldText(lead + trail.text);
}

/** All tokens of the chosen choice that are known, with the text before them.
 * @param {Run} run
 * @returns {{ lead: string, trail: Trail }}
 */
export function knownTokens({ lead, trail, choices, chosen }) {
  const choice = choices[chosen];
  if (!choice) return { lead, trail };
  const known = extended(trail, choice);
  if (!choice.tokens?.[0]?.prompt) return { lead, trail: known };
  const text = lead + trail.text;
  return { lead: text.slice(0, Math.max(text.length - choice.echoed, 0)), trail: known };
}

/** The editor's text of a run, and which part of it was generated.
 * @param {Run} run
 * @param {readonly Mark[]} before marks of the text that it continued, by other runs
 * @returns {{ text: string, marks: Mark[] }}
 */
export function written(run, before) {
  const { number, lead, trail, choices, chosen } = run;
  const generated = extended(trail, withoutEcho(choices[chosen])).text.slice(trail.text.length);
  const text = startText(run) + fieldText(generated);
  const first = fieldText(lead + trail.text.slice(0, promptLength(trail))).length;
  const own = text.length > first ? [{ start: first, end: text.length, run: number }] : [];
  const others = before.filter(({ run: other }) => other !== number).map((mark) => ({
    ...mark,
    end: Math.min(mark.end, first),
  }));
  return { text, marks: [...others.filter(({ start: from, end }) => from < end), ...own] };
}

/** The start of a generation that takes another token somewhere on the way.
 * @param {number} number
 * @param {Run} run whose tokens are known
 * @param {number[]} promptIds what the run's prompt was, as ids
 * @param {number} index of the token that is replaced, among the known ones
 * @param {Alternative} alternative
 * @returns {Start}
 */
export function startInstead(number, run, promptIds, index, alternative) {
  const { lead, trail } = knownTokens(run);
  const echoed = run.choices[run.chosen]?.tokens?.filter(({ prompt }) => prompt).length ?? 0;
  const inPrompt = echoed || run.trail.tokens.length;
  const before = promptIds.slice(0, promptIds.length - inPrompt);
  const other = branched(trail, index, alternative);
  return {
    number,
    lead,
    trail: other,
    prompt: [...before, ...other.tokens.map(({ id }) => id)],
  };
}

/** A choice as it would be without its echo.
 * @param {Choice|undefined} choice
 * @returns {Choice}
 */
function withoutEcho(choice) {
  const { text = "", echoed = 0, tokens = null } = choice ?? {};
  const points = [...text.slice(0, echoed)].length;
  return {
    ...(choice ?? { finishReason: null, statistics: null, raw: null }),
    text: text.slice(echoed),
    echoed: 0,
    tokens: tokens?.filter(({ prompt }) => !prompt)
      .map((token) => ({ ...token, offset: token.offset - points })) ?? null,
  };
}
