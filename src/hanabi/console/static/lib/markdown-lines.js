/** What a line of Markdown is by its first characters. Tabs reach to the next column of four. */

/** @import { Block } from "./markdown.js" */

/**
 * @typedef {{ kind: string, number: number | null, indent: number, content: number, text: string,
 *   empty: boolean }} Marker
 * A list's marker: `kind` is its character (`-`, `)`), `number` null for bullets, `indent` and
 * `content` the columns where it and its text start, `text` the rest of the line, `empty` whether
 * there is none.
 */

/** @param {string} line */
export function isBlank(line) {
  return line.trim() === "";
}

/**
 * The columns of white space that a line starts with.
 *
 * @param {string} line
 */
export function indentOf(line) {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += 4 - columns % 4;
    else break;
  }
  return columns;
}

/**
 * A line without up to so many columns of white space; the rest of a tab becomes spaces.
 *
 * @param {string} line
 * @param {number} most
 */
export function withoutIndent(line, most) {
  let columns = 0;
  let at = 0;
  for (; columns < most; at += 1) {
    if (line[at] === " ") columns += 1;
    else if (line[at] === "\t") columns += 4 - columns % 4;
    else break;
  }
  return " ".repeat(Math.max(0, columns - most)) + line.slice(at);
}

/**
 * Three or more of `-`, `*` or `_`, with nothing but white space between.
 *
 * @param {string} line
 */
export function isRule(line) {
  if (indentOf(line) >= 4) return false;
  const mark = line.trimStart()[0] ?? "";
  if (mark !== "-" && mark !== "*" && mark !== "_") return false;
  let count = 0;
  for (const character of line) {
    if (character === mark) count += 1;
    else if (character !== " " && character !== "\t") return false;
  }
  return count >= 3;
}

/**
 * @param {string} line
 * @returns {{ level: number, text: string } | null}
 */
export function headingAt(line) {
  const match = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(line);
  if (!match) return null;
  const text = line.slice(match[0].length).trim();
  let end = text.length;
  while (text[end - 1] === "#") end -= 1;
  const closed = end === 0 || text[end - 1] === " " || text[end - 1] === "\t";
  return { level: (match[1] ?? "").length, text: closed ? text.slice(0, end).trimEnd() : text };
}

/**
 * @param {string} line
 * @returns {Marker | null}
 */
export function markerAt(line) {
  const match = /^( {0,3})(?:([-*+])|(\d{1,9})([.)]))(?=[ \t]|$)/.exec(line);
  if (!match) return null;
  const [head, space = "", bullet, digits, sign] = match;
  const rest = line.slice(head.length);
  const empty = isBlank(rest);
  const gap = indentOf(rest);
  const width = empty || gap > 4 ? 1 : gap;
  return {
    kind: bullet ?? sign ?? "",
    number: digits === undefined ? null : Number(digits),
    indent: space.length,
    content: head.length + width,
    text: empty ? "" : withoutIndent(rest, width),
    empty,
  };
}

/**
 * The fenced code that starts at a line; it ends with the text where its fence is not closed.
 *
 * @param {string[]} lines
 * @param {number} at
 * @returns {{ block: Block, end: number } | null}
 */
export function fenceAt(lines, at) {
  const match = /^( {0,3})(`{3,}|~{3,})/.exec(lines[at] ?? "");
  if (!match) return null;
  const [head, space = "", fence = ""] = match;
  const language = (lines[at] ?? "").slice(head.length).trim();
  if (fence[0] === "`" && language.includes("`")) return null;
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? "", fence)) end += 1;
  const text = lines.slice(at + 1, end).map((line) => withoutIndent(line, space.length)).join("\n");
  return { block: { type: "codeblock", language, text }, end: Math.min(end + 1, lines.length) };
}

/**
 * @param {string} line
 * @param {string} fence
 */
function closes(line, fence) {
  const text = line.trim();
  if (text.length < fence.length || indentOf(line) >= 4) return false;
  for (const character of text) if (character !== fence[0]) return false;
  return true;
}

/**
 * The lines from `at` that are indented by four columns, as code.
 *
 * @param {string[]} lines
 * @param {number} at
 * @returns {{ block: Block, end: number }}
 */
export function codeBlock(lines, at) {
  let end = at + 1;
  for (let next = end; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    if (isBlank(line)) continue;
    if (indentOf(line) < 4) break;
    end = next + 1;
  }
  const text = lines.slice(at, end).map((line) => withoutIndent(line, 4)).join("\n");
  return { block: { type: "codeblock", language: "", text }, end };
}
