/** The inline structure of Markdown: a paragraph's text in, a tree of inlines out. */

import { delimiterAt, pairDelimiters } from "./markdown-delimiters.js";
import { codeSpans, linkTarget, urlAt } from "./markdown-spans.js";

/** @import { Inline } from "./markdown.js" */
/** @import { Delimiter } from "./markdown-delimiters.js" */

/** How deep emphasis nests in the tree; deeper marks are text. It bounds the page's depth. */
const MAX_DEPTH = 32;

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const BACKTICKS = /`+/y;
const PLAIN = /[^\\`*_~[\]!<\nhH]+/y;

/**
 * What a text is made of, in order. `open` and `close` are the ends of a link; they nest well with
 * one another and with the pairs of delimiters. `bracket` is a `[` that started no link so far.
 * @typedef {{ kind: "inline", inline: Inline }
 *   | { kind: "text", text: string }
 *   | { kind: "bracket", text: string }
 *   | { kind: "delimiter", delimiter: Delimiter }
 *   | { kind: "open", href: string, title: string }
 *   | { kind: "close" }} Piece
 */

/**
 * The inlines of a text.
 *
 * @param {string} text
 * @returns {Inline[]}
 */
export function parseInlines(text) {
  return treeOf(piecesOf(text));
}

/**
 * @param {string} text
 * @returns {Piece[]}
 */
function piecesOf(text) {
  /** @type {Piece[]} */
  const pieces = [];
  /** @type {Delimiter[]} */
  const delimiters = [];
  /** @type {{ piece: number, delimiters: number }[]} how much stands before each open `[` */
  let brackets = [];
  const spans = codeSpans(text);
  let at = 0;

  /** Takes a link's end, if there is one at the `]`. */
  const endLink = () => {
    const bracket = brackets.pop();
    const target = bracket ? linkTarget(text, at + 1) : null;
    if (!bracket || !target) return false;
    pairDelimiters(delimiters.splice(bracket.delimiters));
    if (bracket.piece === pieces.length - 1) pieces.push({ kind: "text", text: target.href });
    pieces[bracket.piece] = { kind: "open", href: target.href, title: target.title };
    pieces.push({ kind: "close" });
    brackets = []; // no link inside a link
    at = target.end;
    return true;
  };

  /** Takes what starts at the character, unless that is plain text. */
  const takeMark = () => {
    const character = text[at] ?? "";
    const next = text[at + 1] ?? "";
    const span = spans.get(at);
    if (span) {
      pieces.push({ kind: "inline", inline: { type: "code", text: span.text } });
      at = span.end;
      return true;
    }
    if (next === "\n" && character === "\\" || character === "\n" && text.endsWith("  ", at)) {
      pieces.push({ kind: "inline", inline: { type: "break" } });
      at += character === "\n" ? 1 : 2;
      return true;
    }
    if (character === "\\" && PUNCTUATION.test(next)) {
      pieces.push({ kind: "text", text: next });
      at += 2;
      return true;
    }
    if (character === "*" || character === "_" || character === "~") {
      const delimiter = delimiterAt(text, at);
      delimiters.push(delimiter);
      pieces.push({ kind: "delimiter", delimiter });
      at += delimiter.length;
      return true;
    }
    if (character === "[" || (character === "!" && next === "[")) {
      const mark = character === "!" ? "![" : "["; // an image is a link to it
      brackets.push({ piece: pieces.length, delimiters: delimiters.length });
      pieces.push({ kind: "bracket", text: mark });
      at += mark.length;
      return true;
    }
    if (character === "]") return endLink();
    const url = "hH<".includes(character) ? urlAt(text, at) : null;
    if (!url) return false;
    pieces.push({ kind: "open", href: url.href, title: "" });
    pieces.push({ kind: "text", text: url.href }, { kind: "close" });
    at = url.end;
    return true;
  };

  while (at < text.length) {
    if (takeMark()) continue;
    const run = text[at] === "`" ? BACKTICKS : PLAIN;
    run.lastIndex = at;
    const plain = run.exec(text)?.[0] ?? text[at] ?? "";
    pieces.push({ kind: "text", text: plain });
    at += plain.length;
  }
  pairDelimiters(delimiters);
  return pieces;
}

/**
 * @param {Piece[]} pieces
 * @returns {Inline[]}
 */
function treeOf(pieces) {
  /** @type {Inline[]} */
  const root = [];
  let children = root;
  /** @type {{ outside: Inline[], node: Inline | null, mark: string }[]} `node`: null for none */
  const open = [];
  let links = 0;

  /** @param {string} text */
  const write = (text) => {
    const last = children.at(-1);
    if (text === "") return;
    if (last?.type === "text") last.text += text;
    else children.push({ type: "text", text });
  };

  /**
   * @param {Extract<Inline, { children: Inline[] }>} node
   * @param {string} mark what is written where the node is too deep
   */
  const enter = (node, mark) => {
    const fits = node.type === "link" ? links === 0 : open.length < MAX_DEPTH;
    if (!fits) write(mark);
    open.push({ outside: children, node: fits ? node : null, mark });
    if (fits) children = node.children;
    if (node.type === "link") links += 1;
  };

  const leave = () => {
    const { outside, node, mark } = open.pop() ?? { outside: root, node: null, mark: "" };
    children = outside;
    if (node) children.push(node);
    else write(mark);
  };

  for (const piece of pieces) {
    if (piece.kind === "inline") children.push(piece.inline);
    else if (piece.kind === "text" || piece.kind === "bracket") write(piece.text);
    else if (piece.kind === "open") {
      enter({ type: "link", href: piece.href, title: piece.title, children: [] }, "");
    } else if (piece.kind === "close") {
      leave();
      links -= 1;
    } else {
      const { character, closes, left, opens } = piece.delimiter;
      for (let count = closes; count > 0; count -= 1) leave();
      write(character.repeat(left));
      for (const length of opens.toReversed()) {
        const strong = character === "~" ? "strike" : "strong";
        const type = length === 2 ? strong : "emphasis";
        enter({ type, children: [] }, character.repeat(length));
      }
    }
  }
  return root;
}
