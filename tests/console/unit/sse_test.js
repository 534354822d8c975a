import assert from "node:assert/strict";

import { createSseParser } from "../../../src/hanabi/console/static/api/sse.js";
import { hardText, random } from "./random.js";

/** @param {readonly string[]} pieces @returns {string[]} */
function parse(pieces) {
  /** @type {string[]} */
  const events = [];
  const parser = createSseParser((data) => events.push(data));
  for (const piece of pieces) parser.push(piece);
  return events;
}

Deno.test("an event is told when its empty line has come", () => {
  assert.deepEqual(parse(["data: one\n", "\n"]), ["one"]);
  assert.deepEqual(parse(["data: one\n"]), []);
});

Deno.test("the lines of an event are joined", () => {
  assert.deepEqual(parse(["data: one\ndata: two\ndata:\n\n"]), ["one\ntwo\n"]);
});

Deno.test("one space after the colon is no data, a second one is", () => {
  assert.deepEqual(parse(["data:x\n\ndata: x\n\ndata:  x\n\n"]), ["x", "x", " x"]);
});

Deno.test("comments, names, ids and empty events are left out", () => {
  assert.deepEqual(parse([": ping\n\nevent: a\nid: 1\ndata: x\nretry: 5\n\n\n\ndatabase: y\n\n"]), [
    "x",
  ]);
});

Deno.test("a line without a colon is a field without a value", () => {
  assert.deepEqual(parse(["data\n\n"]), [""]);
});

Deno.test("lines end with LF, CR LF or CR", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    assert.deepEqual(parse([`data: a${end}data: b${end}${end}data: c${end}${end}data`]), [
      "a\nb",
      "c",
    ]);
  }
});

Deno.test("where a stream is cut makes no difference", () => {
  const next = random(7);
  for (let round = 0; round < 300; round++) {
    const expected = Array.from({ length: next(6) }, () => hardLines(next));
    const stream = expected.map((event) => {
      const end = ["\n", "\r\n", "\r"][next(3)];
      const noise = next(3) === 0 ? [": a comment"] : [];
      const lines = event.split("\n").map((line) => `data: ${line}`);
      return [...noise, ...lines, "", ""].join(end);
    }).join("");
    const pieces = split(`${stream}data: cut`, next);
    assert.deepEqual(parse(pieces), expected, JSON.stringify(pieces));
  }
});

/** One to three lines of what is hard. @param {(below: number) => number} next */
function hardLines(next) {
  return Array.from({ length: 1 + next(3) }, () => hardText(next).replace(/[\r\n]/g, " ")).join(
    "\n",
  );
}

/** Cuts anywhere, also within a surrogate pair. @param {string} text @param {(below: number) => number} next */
function split(text, next) {
  /** @type {string[]} */
  const pieces = [];
  for (let start = 0; start < text.length;) {
    const end = start + next(8);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
