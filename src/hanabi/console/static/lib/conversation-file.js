/**
 * Conversations as JSON, for files and links: written from what we hold, read from what anybody may
 * have written. Pure. A file is taken as a whole or refused with a sentence.
 */

import { plainChoice } from "./conversation.js";
import { PARAMETERS } from "./parameters.js";
import { uuid } from "./uuid.js";

/** @import { Conversation, Mode, Turn } from "./conversation.js" */

const FORMAT = "hanabi-conversations";
const VERSION = 1;

/** The last moment that a Date can tell. */
const LAST_TIME = 8.64e15;

/** The most characters of a file. */
export const MAX_FILE = 64 * 1024 * 1024;

/** Why a file or a link cannot be read, as a sentence. */
export class FormatError extends Error {}

/**
 * The text of a file with conversations.
 *
 * @param {Conversation[]} conversations
 */
export function writeFile(conversations) {
  const file = { format: FORMAT, version: VERSION, conversations: conversations.map(portable) };
  return JSON.stringify(file, null, 2);
}

/**
 * The conversations of a file, under new ids. Throws FormatError.
 *
 * @param {string} text
 * @returns {Conversation[]}
 */
export function readFile(text) {
  if (text.length > MAX_FILE) {
    throw new FormatError(
      `The file has ${text.length} characters; at most ${MAX_FILE} can be imported`,
    );
  }
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new FormatError("The file is not JSON");
  }
  if (!isRecord(file) || file.format !== FORMAT) {
    throw new FormatError(`The file holds no conversations: its "format" must be "${FORMAT}"`);
  }
  if (file.version !== VERSION) {
    throw new FormatError(
      `The file is of version ${JSON.stringify(file.version)}; this console reads ${VERSION}`,
    );
  }
  return list(file.conversations, "conversations").map((value, index) =>
    readConversation(value, `conversations[${index}]`)
  );
}

/**
 * What of a conversation can be carried elsewhere: texts, not tokens and times.
 *
 * @param {Conversation} conversation
 * @returns {Record<string, unknown>}
 */
export function portable({ id: _, turns, ...others }) {
  return {
    ...others,
    turns: turns.map((turn) => {
      if (turn.role === "user") return turn;
      const choices = turn.choices.map(({ text, echoed, finishReason }) => ({
        text: text.slice(echoed),
        finishReason,
      }));
      return { ...turn, choices };
    }),
  };
}

/**
 * The conversation that a JSON value holds, under a new id. Throws FormatError that names the place.
 *
 * @param {unknown} value
 * @param {string} place
 * @returns {Conversation}
 */
export function readConversation(value, place) {
  const {
    title = "",
    model,
    mode = "chat",
    system = null,
    turns = [],
    prompt = "",
    parameters = {},
    updated = 0,
  } = record(value, place);
  return {
    id: uuid(),
    title: string(title, `${place}.title`),
    model: string(model, `${place}.model`),
    mode: /** @type {Mode} */ (oneOf(["chat", "completion"], mode, `${place}.mode`)),
    system: system === null ? null : string(system, `${place}.system`),
    turns: list(turns, `${place}.turns`).map((turn, index) =>
      readTurn(turn, index, `${place}.turns[${index}]`)
    ),
    prompt: string(prompt, `${place}.prompt`),
    parameters: readParameters(parameters, `${place}.parameters`),
    updated: time(updated, `${place}.updated`),
  };
}

/**
 * @param {unknown} value
 * @param {number} index
 * @param {string} place
 * @returns {Turn}
 */
function readTurn(value, index, place) {
  const turn = record(value, place);
  const role = oneOf(["user", "assistant"], turn.role, `${place}.role`);
  if (role === "user") return { role: "user", content: string(turn.content, `${place}.content`) };
  if (index === 0) throw new FormatError(`${place}.role: the first turn must be "user"`);
  const choices = list(turn.choices, `${place}.choices`).map((choice, at) => {
    const where = `${place}.choices[${at}]`;
    const { text, finishReason = null } = record(choice, where);
    const reasons = ["stop", "length", "cancelled", null];
    const reason = /** @type {any} */ (oneOf(reasons, finishReason, `${where}.finishReason`));
    return plainChoice(string(text, `${where}.text`), reason ?? "cancelled");
  });
  const chosen = number(turn.chosen ?? 0, `${place}.chosen`);
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= Math.max(1, choices.length)) {
    throw new FormatError(`${place}.chosen: must be the index of a choice, not ${chosen}`);
  }
  const error = turn.error ?? null;
  return {
    role: "assistant",
    model: string(turn.model ?? "", `${place}.model`),
    choices,
    chosen,
    error: error === null ? null : string(error, `${place}.error`),
  };
}

/**
 * @param {unknown} value
 * @param {string} place
 * @returns {Record<string, unknown>}
 */
function readParameters(value, place) {
  const parameters = record(value, place);
  for (const [name, given] of Object.entries(parameters)) {
    const parameter = PARAMETERS.find((one) => one.name === name);
    if (!parameter) {
      throw new FormatError(`${place}: there is no parameter ${JSON.stringify(name)}`);
    }
    if (!isOfKind(parameter.kind, given)) {
      throw new FormatError(`${place}.${name}: must be of the kind ${parameter.kind}`);
    }
  }
  return parameters;
}

/**
 * @param {import("./parameters.js").Parameter["kind"]} kind
 * @param {unknown} value
 */
function isOfKind(kind, value) {
  switch (kind) {
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string";
    case "strings":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "map":
      return isRecord(value) && Object.values(value).every((one) => typeof one === "number");
  }
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @param {string} place @returns {Record<string, unknown>} */
function record(value, place) {
  if (isRecord(value)) return value;
  throw new FormatError(`${place}: must be an object`);
}

/** @param {unknown} value @param {string} place @returns {unknown[]} */
function list(value, place) {
  if (Array.isArray(value)) return value;
  throw new FormatError(`${place}: must be a list`);
}

/** @param {unknown} value @param {string} place @returns {string} */
function string(value, place) {
  if (typeof value === "string") return value;
  throw new FormatError(`${place}: must be a text`);
}

/** @param {unknown} value @param {string} place @returns {number} */
function number(value, place) {
  if (typeof value === "number") return value;
  throw new FormatError(`${place}: must be a number`);
}

/** @param {unknown} value @param {string} place @returns {number} */
function time(value, place) {
  const milliseconds = number(value, place);
  if (milliseconds >= 0 && milliseconds <= LAST_TIME) return milliseconds;
  throw new FormatError(`${place}: must be milliseconds from 0 to ${LAST_TIME}`);
}

/** @param {unknown[]} values @param {unknown} value @param {string} place @returns {unknown} */
function oneOf(values, value, place) {
  if (values.includes(value)) return value;
  throw new FormatError(
    `${place}: must be one of ${values.map((one) => JSON.stringify(one)).join(", ")}`,
  );
}
