/**
 * Markdown as elements, made one by one from our own tree: what is no markup is text.
 * @module
 */

import { h } from "../dom.js";
import { parseMarkdown } from "../lib/markdown.js";
import "./copy-button.js";

/** @import { Block, Inline } from "../lib/markdown.js" */

const INLINE_TAGS = /** @type {const} */ ({ emphasis: "em", strong: "strong", strike: "s" });
const HEADING_OFFSET = 2; // the page has h1, a message h2

/** `<markdown-view>`: property `source`. */
export class MarkdownView extends HTMLElement {
  /** @param {string} source */
  set source(source) {
    this.replaceChildren(...parseMarkdown(source).map(blockElement));
  }
}

/** @param {Block} block @returns {HTMLElement} */
function blockElement(block) {
  switch (block.type) {
    case "paragraph":
      return h("p", null, inlineNodes(block.children));
    case "heading": {
      const level = Math.min(6, block.level + HEADING_OFFSET);
      return h(`h${level}`, { class: `level-${block.level}` }, inlineNodes(block.children));
    }
    case "codeblock":
      return codeElement(block.language, block.text);
    case "quote":
      return h("blockquote", null, block.children.map(blockElement));
    case "rule":
      return h("hr");
    case "list":
      return listElement(block);
    case "table":
      return tableElement(block);
  }
}

/** @param {string} language @param {string} text */
function codeElement(language, text) {
  const label = language === "" ? "Code" : `Code: ${language}`;
  return h(
    "figure",
    { class: "code-frame" },
    h(
      "figcaption",
      null,
      h("span", null, language),
      h("copy-button", { text, label: "Copy code" }),
    ),
    h("pre", { tabIndex: 0, role: "region", "aria-label": label }, h("code", null, text)),
  );
}

/** @param {Extract<Block, { type: "list" }>} list */
function listElement({ start, tight, items }) {
  const children = items.map(({ checked, children }) => {
    const inside = children.map((block) =>
      tight && block.type === "paragraph"
        ? h("span", null, inlineNodes(block.children))
        : blockElement(block)
    );
    if (checked === null) return h("li", null, inside);
    const label = checked ? "Done" : "To do";
    const box = h("input", { type: "checkbox", checked, disabled: true, "aria-label": label });
    return h("li", { class: "task" }, box, h("div", null, inside));
  });
  if (start === null) return h("ul", null, children);
  return h("ol", { start }, children);
}

/** @param {Extract<Block, { type: "table" }>} table */
function tableElement({ alignments, rows }) {
  const [head = [], ...body] = rows;
  /** @param {"td" | "th"} tag */
  const cell = (tag) => (/** @type {Inline[]} */ inlines, /** @type {number} */ index) =>
    h(tag, { class: alignments[index] ?? "" }, inlineNodes(inlines));
  return h(
    "div",
    { class: "table-scroll", tabIndex: 0, role: "region", "aria-label": "Table" },
    h(
      "table",
      null,
      h("thead", null, h("tr", null, head.map(cell("th")))),
      h("tbody", null, body.map((row) => h("tr", null, row.map(cell("td"))))),
    ),
  );
}

/** @param {Inline[]} inlines @returns {(Node | string)[]} */
function inlineNodes(inlines) {
  return inlines.map((inline) => {
    switch (inline.type) {
      case "text":
        return inline.text;
      case "code":
        return h("code", null, inline.text);
      case "break":
        return h("br");
      case "link": {
        const { href, title, children } = inline;
        const where = { href, title: title || href, target: "_blank", rel: "noopener noreferrer" };
        return h("a", where, inlineNodes(children));
      }
      default:
        return h(INLINE_TAGS[inline.type], null, inlineNodes(inline.children));
    }
  });
}

customElements.define("markdown-view", MarkdownView);
