/** Tables as CSV, after RFC 4180: for spreadsheets, which run what looks like a formula. Pure. */

const FORMULA_START = /^[=+\-@＝＋－＠\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;
const LINE_END = "\r\n";

/** The CSV text of a table. A text that a spreadsheet would take for a formula gets an apostrophe
 * before it (OWASP, "CSV Injection"), so that it is shown and not run; numbers stay numbers.
 * @param {readonly string[]} header
 * @param {readonly (readonly (string | number)[])[]} rows
 * @returns {string} every line ended by CR LF
 */
export function csvText(header, rows) {
  return [header, ...rows].map((row) => row.map(field).join(",") + LINE_END).join("");
}

/** @param {string | number} value @returns {string} */
function field(value) {
  if (typeof value === "number") return String(value);
  const inert = FORMULA_START.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
