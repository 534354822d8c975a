/** Values of JSON as literals of programming languages: whatever a text holds, it stays that text.
 * Pure.
 */

const LINE_WIDTH = 88;

/** A value as JSON over several lines, for people to read.
 * @param {unknown} value
 * @returns {string}
 */
export function jsonText(value) {
  return written(value, JSON_WORDS, 2, 0);
}

/** A text as one word of a POSIX shell. Between single quotes only the single quote means anything.
 * @param {string} text without NUL, which no argument can hold
 * @returns {string}
 */
export function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A value as a literal of Python.
 * @param {unknown} value
 * @param {number} [depth] how deep it is indented, by four spaces each
 * @returns {string}
 */
export function pythonLiteral(value, depth = 0) {
  return written(value, PYTHON_WORDS, 4, depth);
}

/** A value as a literal of JavaScript.
 * @param {unknown} value
 * @returns {string}
 */
export function javascriptLiteral(value) {
  return written(value, JAVASCRIPT_WORDS, 2, 0);
}

/**
 * How a language writes what is not the same in all: its constants, its texts, the names of an
 * object's members, and whether a comma may follow the last one.
 * @typedef {{ none: string, yes: string, no: string, text: (text: string) => string, name: (name: string) => string, trailing: string }} Words
 */

/** @type {Words} */
const JSON_WORDS = {
  none: "null",
  yes: "true",
  no: "false",
  text: escaped,
  name: escaped,
  trailing: "",
};
/** @type {Words} */
const PYTHON_WORDS = { ...JSON_WORDS, none: "None", yes: "True", no: "False", trailing: "," };
/** @type {Words} */
const JAVASCRIPT_WORDS = {
  ...JSON_WORDS,
  name: (name) => /^[a-z_][a-z_0-9]*$/i.test(name) ? name : escaped(name),
  trailing: ",",
};

/** @param {unknown} value @param {Words} words @param {number} indent @param {number} depth
 * @returns {string}
 */
function written(value, words, indent, depth) {
  if (value === null || value === undefined) return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return words.text(value);
  if (typeof value !== "object") return String(value);
  const isList = Array.isArray(value);
  /** @type {string[]} */
  const members = isList
    ? value.map((item) => written(item, words, indent, depth + 1))
    : Object.entries(value).map(([name, item]) =>
      `${words.name(name)}: ${written(item, words, indent, depth + 1)}`
    );
  const [open, close] = isList ? "[]" : "{}";
  const flat = isList && members.every((member) => !member.includes("\n")) &&
    members.join(", ").length + indent * depth < LINE_WIDTH;
  if (members.length === 0 || flat) return `${open}${members.join(", ")}${close}`;
  const inner = " ".repeat(indent * (depth + 1));
  const numbers = isList && value.every((item) => typeof item === "number");
  const lines = numbers ? filled(members, LINE_WIDTH - inner.length) : members;
  const body = lines.map((line) => `${inner}${line}`).join(",\n");
  return `${open}\n${body}${words.trailing}\n${" ".repeat(indent * depth)}${close}`;
}

/** As many members on a line as fit: token ids are many.
 * @param {string[]} members
 * @param {number} width
 * @returns {string[]}
 */
function filled(members, width) {
  /** @type {string[]} */
  const lines = [];
  for (const member of members) {
    const longer = `${lines.at(-1)}, ${member}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(member);
  }
  return lines;
}

/** A text between double quotes, by the escapes that JSON, JavaScript and Python share. What cannot
 * be seen is escaped as well.
 * @param {string} text
 * @returns {string}
 */
function escaped(text) {
  return JSON.stringify(text).replace(
    /(?! )[\p{Cc}\p{Cf}\p{Z}]/gu,
    (character) =>
      character.length === 1
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
        : character, // Python joins no halves
  );
}
