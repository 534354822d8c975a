/** GitHub's tables in Markdown. */

import { parseInlines } from "./markdown-inlines.js";
import { indentOf } from "./markdown-lines.js";

/** @import { Alignment, Block, Inline } from "./markdown.js" */

/**
 * The table whose head is a line: the next line says the alignments, and the rows follow up to a
 * line without a `|`.
 *
 * @param {string[]} lines
 * @param {number} at
 * @returns {{ block: Block, end: number } | null}
 */
export function tableAt(lines, at) {
  const head = lines[at] ?? "";
  const alignments = head.includes("|") ? alignmentsOf(lines[at + 1] ?? "") : null;
  if (!alignments || cellsOf(head).length !== alignments.length) return null;
  let end = at + 2;
  while ((lines[end] ?? "").includes("|")) end += 1;
  const rows = [head, ...lines.slice(at + 2, end)].map((line) => rowOf(line, alignments.length));
  return { block: { type: "table", alignments, rows }, end };
}

/**
 * What the line under the head says, or null if it is no such line.
 *
 * @param {string} line
 * @returns {Alignment[] | null}
 */
function alignmentsOf(line) {
  if (!line.includes("-") || indentOf(line) >= 4) return null;
  /** @type {Alignment[]} */
  const alignments = [];
  for (const cell of cellsOf(line)) {
    const match = /^(:?)-+(:?)$/.exec(cell);
    if (!match) return null;
    if (match[1]) alignments.push(match[2] ? "center" : "left");
    else alignments.push(match[2] ? "right" : null);
  }
  return alignments;
}

/**
 * @param {string} line
 * @param {number} least how many cells it has at least
 * @returns {Inline[][]}
 */
function rowOf(line, least) {
  const cells = cellsOf(line).map(parseInlines);
  while (cells.length < least) cells.push([]);
  return cells;
}

/**
 * The texts between the `|` of a line; `\|` is no border.
 *
 * @param {string} line
 * @returns {string[]}
 */
function cellsOf(line) {
  /** @type {string[]} */
  const cells = [];
  const text = line.trim();
  let cell = "";
  for (let at = text.startsWith("|") ? 1 : 0; at < text.length; at += 1) {
    if (text.startsWith("\\|", at)) {
      cell += "|";
      at += 1;
    } else if (text[at] === "|") {
      cells.push(cell);
      cell = "";
    } else {
      cell += text[at];
    }
  }
  if (cell !== "" || cells.length === 0) cells.push(cell);
  return cells.map((cell) => cell.trim());
}
