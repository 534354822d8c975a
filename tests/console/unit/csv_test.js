import assert from "node:assert/strict";
import { csvText } from "../../../src/hanabi/console/static/lib/csv.js";

/** A reader of RFC 4180 of its own, to read back what is written.
 * @param {string} text
 * @returns {string[][]}
 */
function read(text) {
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (const [, quoted, plain, end] of text.matchAll(fields)) {
    row.push(quoted === undefined ? plain ?? "" : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Numbers from 0 to below 1, the same ones for the same seed (a linear congruential generator).
 * @param {number} seed
 * @returns {() => number}
 */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

Deno.test("a table of plain values", () => {
  assert.equal(csvText(["Key", "Tokens"], [["laptop", 1200]]), "Key,Tokens\r\nlaptop,1200\r\n");
});

Deno.test("commas, quotes, line breaks and outer spaces are quoted", () => {
  const rows = [["a,b", 'say "hi"', "two\r\nlines", " space ", ""]];
  assert.equal(csvText(["A"], rows), 'A\r\n"a,b","say ""hi""","two\r\nlines"," space ",\r\n');
});

Deno.test("what looks like a formula is text, and a negative number is a number", () => {
  const formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"];
  for (const formula of [...formulas, '=HYPERLINK("http://x","y")']) {
    assert.equal(read(csvText(["A"], [[formula]]))[1]?.[0], `'${formula}`);
  }
  assert.equal(csvText(["A"], [[-5]]), "A\r\n-5\r\n");
  assert.equal(csvText(["=A"], []), "'=A\r\n");
});

Deno.test("any text is read back as it was, but for the apostrophe of a formula", () => {
  const random = seeded(7);
  const letters = ["a", '"', ",", "\r", "\n", " ", "=", "-", "é", "花", "'", "\t"];
  const text = () =>
    Array.from(
      { length: Math.floor(random() * 6) },
      () => letters[Math.floor(random() * letters.length)] ?? "",
    ).join("");
  for (let turn = 0; turn < 500; turn++) {
    const rows = Array.from({ length: 3 }, () => [text(), text(), text()]);
    const back = read(csvText(["x", "y", "z"], rows)).slice(1);
    rows.forEach((row, line) =>
      row.forEach((value, column) => {
        const found = back[line]?.[column] ?? "";
        assert.equal(/^[=+\-@\t\r\n]/.test(value) ? found : `'${found}`, `'${value}`);
      })
    );
  }
});
