/** Tokens as they are shown, and what a token's place makes possible. Pure. */

/** @import { Alternative, Token } from "../api/generate.js" */

/** The least probability of each shade, most likely first; the last shade is for what is below. */
const SHADES = [0.9, 0.6, 0.3, 0.1, 0.03, 0.01];

/** How the legend names the shades, in their order. */
export const SHADE_LABELS = ["≥ 90%", "≥ 60%", "≥ 30%", "≥ 10%", "≥ 3%", "≥ 1%", "< 1%"];

/** @type {Record<string, string>} */
const PICTURES = { " ": "·", "\n": "↵\n", "\t": "⇥\t" };

/** A block of the token view ends at the first line break after so many tokens, or at the most. */
const BLOCK_LEAST = 200;
const BLOCK_MOST = 1000;

/** The token of a row of logprobs in the new form.
 * @param {any} row
 * @returns {Token}
 */
export function tokenOf(row) {
  return {
    ...alternativeOf(row),
    top: row.top_logprobs.map(alternativeOf),
    prompt: row.sampling_logprob === undefined,
    offset: row.text_offset,
  };
}

/** @param {any} row @returns {Alternative} */
function alternativeOf({ token, token_id, bytes, logprob }) {
  return { text: token, id: token_id, bytes, logprob };
}

/** Which shade a token has: 0 for the likeliest.
 * @param {number} logprob
 * @returns {number} 0 to 6
 */
export function shade(logprob) {
  const probability = Math.exp(logprob);
  const index = SHADES.findIndex((least) => probability >= least);
  return index < 0 ? SHADES.length : index;
}

/** A text with what cannot be seen made visible: `·` a space, `↵` a line break (which stays), `⇥` a
 * tab, pictures for other control characters, code points for what has no shape.
 * @param {string} text
 * @returns {string}
 */
export function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Z}]/gu, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0));
    const picture = PICTURES[character];
    if (picture) return picture;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** A token as it is shown: its text, or its bytes where they are no whole characters.
 * @param {Alternative} token
 * @returns {string}
 */
export function shown({ bytes, text }) {
  const whole = decodeWhole(bytes);
  if (whole === null) return `⟨${hex(bytes)}⟩`;
  return visible(text) || "∅";
}

/** Bytes in hexadecimal, as in `e2 9c`.
 * @param {readonly number[]} bytes
 * @returns {string}
 */
export function hex(bytes) {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** What a person wants to know of a token, most likely alternatives first, itself among them.
 * @param {Token} token
 * @returns {{ alternative: Alternative, chosen: boolean }[]}
 */
export function ranked(token) {
  const rows = token.top.map((alternative) => ({
    alternative,
    chosen: alternative.id === token.id,
  }));
  return rows.some(({ chosen }) => chosen) ? rows : [...rows, { alternative: token, chosen: true }];
}

/** Where the blocks of the token view begin and end, so that each can be made when it is needed: at
 * line breaks where there are any.
 * @param {readonly Token[]} tokens
 * @param {number} from the first token of the block
 * @returns {number} the token after its last
 */
export function blockEnd(tokens, from) {
  const most = Math.min(from + BLOCK_MOST, tokens.length);
  for (let index = from + BLOCK_LEAST; index < most; index++) {
    if (tokens[index - 1]?.text.includes("\n")) return index;
  }
  return most;
}

/** The bytes at the end of tokens that are no whole character yet.
 * @param {readonly Alternative[]} tokens
 * @returns {number[]} at most three
 */
export function unfinished(tokens) {
  const last = tokens.slice(-4).flatMap((token) => token.bytes).slice(-4);
  const start = last.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0);
  const lead = last[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start >= 0 && last.length - start < length ? last.slice(start) : [];
}

/** @param {readonly number[]} bytes @returns {string|null} null for no whole characters */
function decodeWhole(bytes) {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(new Uint8Array(bytes));
  } catch {
    return null;
  }
}
