/** The block structure of Markdown: lines in, blocks out. */

import { parseInlines } from "./markdown-inlines.js";
import {
  codeBlock,
  fenceAt,
  headingAt,
  indentOf,
  isBlank,
  isRule,
  markerAt,
  withoutIndent,
} from "./markdown-lines.js";
import { tableAt } from "./markdown-table.js";

/** @import { Block, Item } from "./markdown.js" */
/** @import { Marker } from "./markdown-lines.js" */

/** How deep quotes and lists nest; deeper marks are text. It bounds the time and the page's depth. */
const MAX_DEPTH = 16;

/**
 * The blocks of some lines.
 *
 * @param {string[]} lines without line ends, without the marks of what they stand in
 * @param {number} depth how many quotes and items they stand in
 * @returns {Block[]}
 */
export function parseBlocks(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at] ?? "")) {
      at += 1;
      continue;
    }
    const found = blockAt(lines, at, depth) ?? paragraphAt(lines, at, depth);
    blocks.push(found.block);
    at = found.end;
  }
  return blocks;
}

/**
 * The block that starts at a line that is not blank, if it is no paragraph.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number } | null} `end`: the line after the block
 */
function blockAt(lines, at, depth) {
  const line = lines[at] ?? "";
  if (indentOf(line) >= 4) return codeBlock(lines, at);
  const fence = fenceAt(lines, at);
  if (fence) return fence;
  const heading = headingAt(line);
  if (heading) {
    const { level, text } = heading;
    return { block: { type: "heading", level, children: parseInlines(text) }, end: at + 1 };
  }
  if (isRule(line)) return { block: { type: "rule" }, end: at + 1 };
  if (depth < MAX_DEPTH) {
    if (isQuote(line)) return quoteAt(lines, at, depth);
    const marker = markerAt(line);
    if (marker) return listAt(lines, at, marker, depth);
  }
  return tableAt(lines, at);
}

/**
 * The lines up to a blank one, or to one that starts another block.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function paragraphAt(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && !interrupts(lines, end, depth)) end += 1;
  const text = lines.slice(at, end).map((line) => line.trimStart()).join("\n");
  return { block: { type: "paragraph", children: parseInlines(text.trimEnd()) }, end };
}

/**
 * Whether a line ends the paragraph before it. A number ends one only if it is 1, so that a year
 * at the start of a line stays in its sentence.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 */
function interrupts(lines, at, depth) {
  const line = lines[at] ?? "";
  if (isBlank(line)) return true;
  if (indentOf(line) >= 4) return false;
  if (fenceAt(lines, at) || headingAt(line) || isRule(line) || tableAt(lines, at)) return true;
  if (depth >= MAX_DEPTH) return false;
  const marker = markerAt(line);
  return isQuote(line) || (marker !== null && !marker.empty && (marker.number ?? 1) === 1);
}

/** @param {string} line */
function isQuote(line) {
  return indentOf(line) < 4 && line.trimStart().startsWith(">");
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function quoteAt(lines, at, depth) {
  /** @type {string[]} */
  const inside = [];
  let end = at;
  for (; isQuote(lines[end] ?? ""); end += 1) {
    const marked = (lines[end] ?? "").trimStart().slice(1);
    inside.push(withoutIndent(marked, 1));
  }
  return { block: { type: "quote", children: parseBlocks(inside, depth + 1) }, end };
}

/**
 * The items that follow one another with the same kind of marker.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {Marker} first
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function listAt(lines, at, first, depth) {
  /** @type {Item[]} */
  const items = [];
  let tight = true;
  let end = at;
  /** @type {Marker | null} */
  let marker = first;
  while (marker) {
    const body = itemAt(lines, end, marker);
    items.push(parseItem(body.lines, depth));
    tight &&= !body.hasBlank;
    end = body.end;
    let next = end;
    while (next < lines.length && isBlank(lines[next] ?? "")) next += 1;
    const line = lines[next] ?? "";
    marker = isRule(line) ? null : markerAt(line);
    if (marker?.kind !== first.kind) marker = null;
    if (marker) {
      tight &&= next === end;
      end = next;
    }
  }
  return { block: { type: "list", start: first.number, tight, items }, end };
}

/**
 * The lines of an item, without its marker and its indent. A line belongs to it that is indented
 * to its text, or by two columns more than its marker, as many models write nested lists.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {Marker} marker
 * @returns {{ lines: string[], end: number, hasBlank: boolean }} `hasBlank`: between two lines
 */
function itemAt(lines, at, marker) {
  const inside = [marker.text];
  const least = Math.min(marker.content, marker.indent + 2);
  let end = at + 1;
  let hasBlank = false;
  for (let next = end; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    if (isBlank(line)) continue;
    if (indentOf(line) < least) break;
    for (; end < next; end += 1) {
      inside.push("");
      hasBlank = true;
    }
    inside.push(withoutIndent(line, marker.content));
    end = next + 1;
  }
  return { lines: inside, end, hasBlank };
}

/**
 * @param {string[]} lines
 * @param {number} depth
 * @returns {Item}
 */
function parseItem(lines, depth) {
  const [first = "", ...rest] = lines;
  const task = /^\[([ xX])\][ \t]/.exec(first);
  const text = task ? first.slice(4) : first;
  const checked = task ? task[1] !== " " : null;
  return { checked, children: parseBlocks([text, ...rest], depth + 1) };
}
