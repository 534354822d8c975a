/**
 * Markdown as models write it: text in, a tree of plain objects out; no DOM.
 *
 * The dialect is CommonMark with GitHub's tables, tasks, strikethrough and bare links, less what
 * replies do not need and what could hurt: raw HTML, entities and reference links stay text, an
 * image is a link to it, a line break inside a paragraph stays a line break, `---` is always a
 * rule, and a quote or an item ends where its marks or its indent end. Every character of the
 * source is in the tree (as text, as a link's address, as a code block's language) or is markup.
 *
 * Time is linear in the source: nesting is bounded, and every search ahead is bounded or done once.
 */

import { parseBlocks } from "./markdown-blocks.js";

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "code", text: string }
 *   | { type: "break" }
 *   | { type: "emphasis" | "strong" | "strike", children: Inline[] }
 *   | { type: "link", href: string, title: string, children: Inline[] }} Inline
 * @typedef {{ checked: boolean | null, children: Block[] }} Item `checked`: null for no task
 * @typedef {"left" | "center" | "right" | null} Alignment
 * @typedef {{ type: "paragraph", children: Inline[] }
 *   | { type: "heading", level: number, children: Inline[] }
 *   | { type: "codeblock", language: string, text: string }
 *   | { type: "quote", children: Block[] }
 *   | { type: "list", start: number | null, tight: boolean, items: Item[] }
 *   | { type: "table", alignments: Alignment[], rows: Inline[][][] }
 *   | { type: "rule" }} Block
 * A list's `start` is null for bullets; a table's first row is its head, and every row has as many
 * cells as there are alignments, or more where the source has more.
 */

/**
 * The blocks of a text.
 *
 * @param {string} source
 * @returns {Block[]}
 */
export function parseMarkdown(source) {
  return parseBlocks(source.split(/\r\n|\n|\r/), 0);
}
