import assert from "node:assert/strict";

import { parseMarkdown } from "../../../src/hanabi/console/static/lib/markdown.js";
import { random } from "./random.js";

/** @import { Block, Inline } from "../../../src/hanabi/console/static/lib/markdown.js" */

/** How much hostile text a parse must get through: with quadratic time none of them would end. */
const HOSTILE_SIZE = 100_000;

/** @param {Inline[]} nodes @returns {string} */
function inlineText(nodes) {
  return nodes.map((node) => {
    if (node.type === "text" || node.type === "code") return node.text;
    if (node.type === "break") return "\n";
    const inside = inlineText(node.children);
    if (node.type !== "link" || inside === node.href) return inside;
    return inside + node.href + node.title;
  }).join("");
}

/** All that a tree keeps of its source, in order. @param {Block[]} blocks @returns {string} */
function kept(blocks) {
  return blocks.map((block) => {
    switch (block.type) {
      case "paragraph":
      case "heading":
        return inlineText(block.children);
      case "codeblock":
        return block.language + block.text;
      case "quote":
        return kept(block.children);
      case "list":
        return block.items.map((item) => (item.checked ? "x" : "") + kept(item.children)).join("");
      case "table":
        return block.rows.flat().map(inlineText).join("");
      case "rule":
        return "";
    }
  }).join("");
}

/** How deep a tree is. @param {unknown} value @returns {number} */
function depth(value) {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((most, inside) => Math.max(most, depth(inside)), 0);
}

const PIECES = [
  ..."*_`~#>-+|[]()!<>\\ \n\n ",
  "  ",
  "    ",
  "\t",
  "**",
  "```",
  "\n```\n",
  "\n- ",
  "\n  - ",
  "\n7) ",
  "[ ] ",
  "](https://h.i ",
  "](https://h.i)",
  "](mailto:q)",
  "https://h.i/p",
  "\n| a | b |\n|---|:-:|\n",
  "é",
  "花",
  "😀",
  "word",
  "x",
  "B",
];

Deno.test("every letter of any source is in the tree, in its place", () => {
  const next = random(7);
  for (let round = 0; round < 3000; round += 1) {
    const length = 1 + next(40);
    const source = Array.from({ length }, () => PIECES[next(PIECES.length)]).join("");
    const letters = /\p{L}|\p{So}/gu;
    assert.deepEqual(
      kept(parseMarkdown(source)).match(letters),
      source.match(letters),
      JSON.stringify(source),
    );
  }
});

Deno.test("hostile input of any kind is parsed in linear time, to a tree of bounded depth", () => {
  for (
    const piece of [
      "*",
      "_",
      "[",
      "]",
      "`",
      "~",
      "<",
      ">",
      "#",
      "|",
      "!",
      "\\",
      "(",
      " ",
      "\n",
      "\t",
      "-",
      "> ",
      "- ",
      "1. ",
      "*a ",
      "a* ",
      "*a_ ",
      "**a ",
      "_a*b ",
      "[a](",
      "](",
      "![",
      "[a](b",
      '[a](https://b "',
      "[a](<",
      "`a``",
      "``a`",
      "https://",
      "h",
      "http",
      "https://)",
      "\n> ",
      "\n- a",
      "\n  - a",
      "\n\n",
      "-\n",
      "|\n",
      "a|b\n",
      "|-",
      "|-\n",
      "a\n-|-\n",
      "```\n",
      "~~~ ",
      "- - ",
      "* *",
      "a **b* ",
      "[x](https://y) *",
      "* [x](https://y)",
      "  \n",
      " \\\n",
    ]
  ) {
    const source = piece.repeat(Math.ceil(HOSTILE_SIZE / piece.length));
    for (const hostile of [source, `${source}a`, `a${source}`]) {
      assert.ok(depth(parseMarkdown(hostile)) < 250, piece);
    }
  }
  const deeper = Array.from({ length: 900 }, (_, level) => `${" ".repeat(level)}- a`).join("\n");
  assert.ok(depth(parseMarkdown(deeper)) < 250);
  const closing = "*a ".repeat(HOSTILE_SIZE / 6) + "b* ".repeat(HOSTILE_SIZE / 6);
  assert.ok(depth(parseMarkdown(closing)) < 250);
});
