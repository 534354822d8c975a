/**
 * Emphasis: which runs of `*`, `_` and `~~` belong together.
 *
 * Source: the delimiter rules of CommonMark 0.31, "Emphasis and strong emphasis".
 */

/**
 * @typedef {{ character: string, length: number, canOpen: boolean, canClose: boolean, left: number,
 *   closes: number, opens: number[] }} Delimiter
 * A run of `length` characters; pairing fills in how many stay text (`left`), how many pairs end
 * here, and the lengths (1 or 2) of the pairs that start here, the inmost first.
 */

const SPACE = /^\s?$/u;
const PUNCTUATION = /^[\p{P}\p{S}]$/u;

/**
 * The run that starts at a character, not yet paired.
 *
 * @param {string} text
 * @param {number} at
 * @returns {Delimiter}
 */
export function delimiterAt(text, at) {
  const character = text[at] ?? "";
  let end = at + 1;
  while (text[end] === character) end += 1;
  const before = [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
  const after = [...text.slice(end, end + 2)][0] ?? "";
  const opening = flanks(after, before);
  const closing = flanks(before, after);
  const length = end - at;
  const open = { character, length, left: length, closes: 0, opens: [] };
  if (character === "*") return { ...open, canOpen: opening, canClose: closing };
  if (character === "~") {
    return { ...open, canOpen: opening && length === 2, canClose: closing && length === 2 };
  }
  return {
    ...open, // no emphasis inside a snake_case word
    canOpen: opening && (!closing || PUNCTUATION.test(before)),
    canClose: closing && (!opening || PUNCTUATION.test(after)),
  };
}

/**
 * Whether a run hugs the character on its one side, seen from the one on the other.
 *
 * @param {string} near
 * @param {string} far
 */
function flanks(near, far) {
  if (SPACE.test(near)) return false;
  return !PUNCTUATION.test(near) || SPACE.test(far) || PUNCTUATION.test(far);
}

/**
 * Pairs the runs of a text, or of a link's text, in order.
 *
 * An opener that was passed over in vain is not looked at again by a closer of the same kind, so
 * the time is linear in the number of characters.
 *
 * @param {Delimiter[]} delimiters
 */
export function pairDelimiters(delimiters) {
  /** @type {{ opener: Delimiter, order: number }[]} */
  const openers = [];
  /** @type {Map<string, number>} for each kind of closer, the first opener it may still find */
  const bottoms = new Map();
  for (const [order, closer] of delimiters.entries()) {
    const kind = `${closer.character}${closer.canOpen}${closer.length % 3}`;
    while (closer.canClose && closer.left > 0) {
      const bottom = bottoms.get(kind) ?? 0;
      let index = openers.length - 1;
      while (
        index >= 0 && (openers[index]?.order ?? 0) >= bottom &&
        !pairs(openers[index]?.opener, closer)
      ) {
        index -= 1;
      }
      const found = openers[index];
      if (!found || found.order < bottom) {
        bottoms.set(kind, order);
        break;
      }
      const length = Math.min(found.opener.left, closer.left, 2);
      found.opener.left -= length;
      found.opener.opens.push(length);
      closer.left -= length;
      closer.closes += 1;
      openers.length = found.opener.left > 0 ? index + 1 : index;
    }
    if (closer.canOpen && closer.left > 0) openers.push({ opener: closer, order });
  }
}

/**
 * @param {Delimiter | undefined} opener
 * @param {Delimiter} closer
 */
function pairs(opener, closer) {
  if (opener?.character !== closer.character) return false;
  if (!opener.canClose && !closer.canOpen) return true;
  const both = opener.length + closer.length;
  return both % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0);
}
