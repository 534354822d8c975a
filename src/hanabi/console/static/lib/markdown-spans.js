/** Code spans, the targets of links, and bare addresses in a paragraph of Markdown. */

/** Bounds of what is searched ahead for a link; a longer target is text. In characters, and in open parentheses. */
const MAX_ADDRESS = 2048;
const MAX_TITLE = 512;
const MAX_PARENTHESES = 32;

const SAFE = /^(?:https?:\/\/|mailto:)[^\s<>]+$/i;
const URL_START = /https?:\/\/[^\s<>"`[\]]{1,2048}/iy;
const TRAILING = /[?!.,:;*_~']/;
const QUOTES = new Map([['"', '"'], ["'", "'"], ["(", ")"]]);

/**
 * The code spans of a text, by where they start.
 *
 * @param {string} text
 * @returns {Map<number, { text: string, end: number }>} `end`: after the closing backticks
 */
export function codeSpans(text) {
  /** @type {Map<number, { at: number, next: number[] }>} */
  const runs = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const same = runs.get(run.length) ?? { at: 0, next: [] };
    same.next.push(index);
    runs.set(run.length, same);
  }
  const spans = new Map();
  const mark = /\\[\\`]|`+/g;
  for (let match = mark.exec(text); match; match = mark.exec(text)) {
    if (match[0][0] === "\\") continue;
    const { length } = match[0];
    const start = match.index + length;
    const same = runs.get(length);
    while (same && (same.next[same.at] ?? Infinity) < start) same.at += 1;
    const close = same?.next[same.at];
    if (close === undefined) continue;
    spans.set(match.index, { text: codeOf(text.slice(start, close)), end: close + length });
    mark.lastIndex = close + length;
  }
  return spans;
}

/**
 * What a span shows: one space is taken off both ends, as it separates backticks from backticks.
 *
 * @param {string} inside
 */
function codeOf(inside) {
  const line = inside.replaceAll("\n", " ");
  const padded = line.startsWith(" ") && line.endsWith(" ") && line.trim() !== "";
  return padded ? line.slice(1, -1) : line;
}

/**
 * The target `(address "title")` of a link at a place, or null where there is none or its address
 * is neither http, https nor mailto.
 *
 * @param {string} text
 * @param {number} at
 * @returns {{ href: string, title: string, end: number } | null} `end`: after the `)`
 */
export function linkTarget(text, at) {
  if (text[at] !== "(") return null;
  const address = addressAt(text, afterSpace(text, at + 1));
  if (!address || !SAFE.test(address.href)) return null;
  const space = afterSpace(text, address.end);
  const title = space > address.end ? titleAt(text, space) : null;
  const end = afterSpace(text, title ? title.end : space);
  if (text[end] !== ")") return null;
  return { href: address.href, title: title ? title.title : "", end: end + 1 };
}

/**
 * @param {string} text
 * @param {number} at
 */
function afterSpace(text, at) {
  let end = at;
  while (text[end] === " " || text[end] === "\n" || text[end] === "\t") end += 1;
  return end;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {{ href: string, end: number } | null}
 */
function addressAt(text, at) {
  const angled = text[at] === "<";
  const start = angled ? at + 1 : at;
  let href = "";
  let depth = 0;
  for (let end = start; end < text.length && end - start < MAX_ADDRESS; end += 1) {
    const character = text[end] ?? "";
    if (angled ? character === ">" : character <= " " || (character === ")" && depth === 0)) {
      return { href, end: angled ? end + 1 : end };
    }
    if (character === "<" || character === "\n") return null;
    if (character === "(") depth += 1;
    if (depth > MAX_PARENTHESES) return null;
    if (character === ")") depth -= 1;
    const escaped = character === "\\" && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? "");
    if (escaped) end += 1;
    href += text[end];
  }
  return null;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {{ title: string, end: number } | null}
 */
function titleAt(text, at) {
  const quote = QUOTES.get(text[at] ?? "");
  if (!quote) return null;
  const end = text.slice(at + 1, at + 1 + MAX_TITLE).indexOf(quote);
  return end < 0 ? null : { title: text.slice(at + 1, at + 1 + end), end: at + end + 2 };
}

/**
 * The address that stands in a text by itself, bare or as `<https://...>`.
 *
 * @param {string} text
 * @param {number} at
 * @returns {{ href: string, end: number } | null}
 */
export function urlAt(text, at) {
  const angled = text[at] === "<";
  if (!angled && /[\p{L}\p{N}_]/u.test(text[at - 1] ?? "")) return null;
  URL_START.lastIndex = angled ? at + 1 : at;
  const url = URL_START.exec(text)?.[0];
  if (!url) return null;
  if (angled) {
    const end = at + 1 + url.length;
    return text[end] === ">" ? { href: url, end: end + 1 } : null;
  }
  const href = withoutTrail(url);
  return href.endsWith("/") && /^https?:\/\/$/i.test(href) ? null : { href, end: at + href.length };
}

/**
 * An address without the punctuation of the sentence that it ends, and without a `)` that none of
 * its own opens.
 *
 * @param {string} url
 */
function withoutTrail(url) {
  let extra = 0;
  for (const character of url) extra += Number(character === ")") - Number(character === "(");
  let end = url.length;
  for (; end > 0; end -= 1) {
    const last = url[end - 1] ?? "";
    if (last === ")" && extra > 0) extra -= 1;
    else if (!TRAILING.test(last)) break;
  }
  return url.slice(0, end);
}
