/** Which parts of a text were generated, while the text is edited. Pure. */

/**
 * A part that generation number `run` wrote: from `start` up to, not including, `end`.
 * @typedef {{ start: number, end: number, run: number }} Mark
 */

/** An edit: `removed` characters at `start` became `inserted`.
 * @typedef {{ start: number, removed: number, inserted: string }} Edit
 */

/** A text as a field would have it: each of its line ends is "\n".
 * @param {string} text
 * @returns {string}
 */
export function fieldText(text) {
  return text.replace(/\r\n?/g, "\n");
}

/** What was done to a text.
 * @param {string} before
 * @param {string} after
 * @param {number} [caret] where the edit ended in `after`: of equal letters, tells which are new
 * @returns {Edit}
 */
export function editBetween(before, after, caret = after.length) {
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (
    same < Math.min(most, after.length - caret) && before.at(-1 - same) === after.at(-1 - same)
  ) same++;
  let start = 0;
  while (start < most - same && before[start] === after[start]) start++;
  return {
    start,
    removed: before.length - same - start,
    inserted: after.slice(start, after.length - same),
  };
}

/** The marks after an edit. What is typed within a mark is no part of it.
 * @param {readonly Mark[]} marks
 * @param {Edit} edit
 * @returns {Mark[]}
 */
export function movedMarks(marks, { start, removed, inserted }) {
  const end = start + removed;
  const shift = inserted.length - removed;
  return marks.flatMap((mark) => [
    { ...mark, end: Math.min(mark.end, start) },
    { ...mark, start: Math.max(mark.start, end) + shift, end: mark.end + shift },
  ]).filter((mark) => mark.start < mark.end);
}

/** A text cut where marks begin and end.
 * @param {string} text
 * @param {readonly Mark[]} marks in any order; none within another
 * @returns {{ text: string, marked: boolean }[]}
 */
export function segments(text, marks) {
  const parts = [];
  let at = 0;
  for (const { start, end } of marks.toSorted((one, other) => one.start - other.start)) {
    if (start > at) parts.push({ text: text.slice(at, start), marked: false });
    parts.push({ text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), marked: false });
  return parts;
}
