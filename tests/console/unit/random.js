/** A seeded source of numbers for property tests: a linear congruential generator with the
 * constants of Numerical Recipes. */

/** @param {number} seed @returns {(below: number) => number} integers from 0 to `below` - 1 */
export function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below); // the high bits are the random ones
  };
}

const PIECES = [
  ..."'\"`$\\{}<>&#%!\n\r\t\0\x1b\x7f \u00a0\u2028\u2029é漢\u200b\ufeff",
  "🎆",
  "${x}",
  "$(x)",
  "\\n",
  "'\\''",
  '"""',
  "EOF\n",
  "None",
  "</script>",
  "text ",
];

/** A text of what is hard to quote.
 * @param {(below: number) => number} next
 * @returns {string}
 */
export function hardText(next) {
  return Array.from({ length: next(12) }, () => PIECES[next(PIECES.length)]).join("");
}
