/** A conversation as plain frozen-by-habit objects, and what one can do with it; pure. */

import { uuid } from "./uuid.js";

/** @import { Choice } from "../api/generate.js" */
/** @import { Message } from "./request.js" */

/**
 * @typedef {{ role: "user", content: string }} Question
 * @typedef {{ role: "assistant", model: string, choices: Choice[], chosen: number,
 *   error: string | null }} Reply
 * What a model said: its choices, which one the conversation goes on with, and what went wrong.
 * @typedef {Question | Reply} Turn
 * @typedef {"chat" | "completion"} Mode
 * @typedef {{ id: string, title: string, model: string, mode: Mode, system: string | null,
 *   turns: Turn[], prompt: string, parameters: Record<string, unknown>, updated: number }} Conversation
 * `title`: "" for the automatic one; `system`: null for the style's own, "" for none; `prompt`:
 * completion mode's text; `parameters`: the changed ones; `updated`: milliseconds since 1970.
 */

const TITLE_LENGTH = 60;

/**
 * A conversation in which nothing has been said.
 *
 * @param {{ model: string, mode: Mode }} about
 * @returns {Conversation}
 */
export function newConversation({ model, mode }) {
  return {
    id: uuid(),
    title: "",
    model,
    mode,
    system: null,
    turns: [],
    prompt: "",
    parameters: {},
    updated: 0,
  };
}

/**
 * A conversation with a model that there is, in a mode that the model has; as it was where there is
 * no model at all.
 *
 * @param {Conversation} conversation
 * @param {readonly { id: string, supports_chat: boolean }[]} models
 * @returns {Conversation}
 */
export function fitted(conversation, models) {
  const model = models.find(({ id }) => id === conversation.model) ??
    models.find(({ supports_chat }) => supports_chat) ?? models[0];
  if (!model) return conversation;
  const mode = model.supports_chat ? conversation.mode : "completion";
  return { ...conversation, model: model.id, mode };
}

/**
 * The given title, or the beginning of what was asked first.
 *
 * @param {Conversation} conversation
 */
export function titleOf({ title, turns, prompt }) {
  if (title !== "") return title;
  const first = turns[0]?.role === "user" ? turns[0].content : prompt;
  const text = first.slice(0, 1000).trim().split(/\s+/).join(" ");
  const characters = [...text];
  if (characters.length <= TITLE_LENGTH) return text || "New conversation";
  return `${characters.slice(0, TITLE_LENGTH - 1).join("").trimEnd()}…`;
}

/** Whether there is nothing in it to keep. @param {Conversation} conversation */
export function isEmpty({ turns, prompt }) {
  return turns.length === 0 && prompt === "";
}

/**
 * What a reply said in the choice that the conversation goes on with, without an echoed prompt.
 *
 * @param {Reply} reply
 */
export function replyText({ choices, chosen }) {
  const choice = choices[chosen];
  return choice ? choice.text.slice(choice.echoed) : "";
}

/**
 * Whether a question has been answered: also by nothing, if the model chose to say nothing.
 *
 * @param {Turn | undefined} reply the turn after it
 */
function answers(reply) {
  if (reply?.role !== "assistant") return false;
  const finish = reply.choices[reply.chosen]?.finishReason;
  return replyText(reply) !== "" || finish === "stop" || finish === "length";
}

/**
 * Whether a turn is left out of what is sent: a question without an answer that others follow, as
 * after an error, and its empty reply. Models take turns only.
 *
 * @param {Turn[]} turns
 * @param {number} index
 */
export function isLeftOut(turns, index) {
  const turn = turns[index];
  if (turn?.role === "assistant") return !answers(turn);
  const isLast = turns.findIndex((other, at) => at > index && other.role === "user") < 0;
  return !isLast && !answers(turns[index + 1]);
}

/**
 * The messages to send, without the system message.
 *
 * @param {Turn[]} turns
 * @returns {Message[]}
 */
export function messages(turns) {
  /** @type {Message[]} */
  const sent = [];
  for (const [index, turn] of turns.entries()) {
    if (isLeftOut(turns, index)) continue;
    const content = turn.role === "user" ? turn.content : replyText(turn);
    sent.push({ role: turn.role, content });
  }
  return sent;
}

/**
 * Adds a question.
 *
 * @param {Conversation} conversation
 * @param {string} content
 * @returns {Conversation}
 */
export function ask(conversation, content) {
  return { ...conversation, turns: [...conversation.turns, { role: "user", content }] };
}

/**
 * Sets the reply to the question at a place; what came after the question is cut.
 *
 * @param {Conversation} conversation
 * @param {number} question its index
 * @param {Reply} reply
 * @returns {Conversation}
 */
export function answer(conversation, question, reply) {
  return { ...conversation, turns: [...conversation.turns.slice(0, question + 1), reply] };
}

/**
 * Replaces what a turn says; what came after it is cut. A reply keeps its chosen choice only, and
 * no tokens, since they are no longer what the model said.
 *
 * @param {Conversation} conversation
 * @param {number} index
 * @param {string} content
 * @returns {Conversation}
 */
export function edit(conversation, index, content) {
  const turn = conversation.turns[index];
  if (!turn) return conversation;
  const edited = turn.role === "user" ? { ...turn, content } : editedReply(turn, content);
  return { ...conversation, turns: [...conversation.turns.slice(0, index), edited] };
}

/**
 * @param {Reply} reply
 * @param {string} text
 * @returns {Reply}
 */
function editedReply(reply, text) {
  const finishReason = reply.choices[reply.chosen]?.finishReason ?? "stop";
  return { ...reply, choices: [plainChoice(text, finishReason)], chosen: 0, error: null };
}

/**
 * A choice of which only the text is known.
 *
 * @param {string} text
 * @param {Choice["finishReason"]} finishReason
 * @returns {Choice}
 */
export function plainChoice(text, finishReason) {
  return { text, echoed: 0, tokens: null, finishReason, statistics: null, raw: null };
}

/**
 * Takes a turn out: a question with its reply, a reply with its question, since turns alternate.
 * The last reply goes alone, and leaves its question to be asked again.
 *
 * @param {Conversation} conversation
 * @param {number} index
 * @returns {Conversation}
 */
export function remove(conversation, index) {
  const { turns } = conversation;
  const isReply = turns[index]?.role === "assistant";
  const isLast = index === turns.length - 1;
  const first = isReply && !isLast && turns[index - 1]?.role === "user" ? index - 1 : index;
  const end = !isReply && turns[index + 1]?.role === "assistant" ? index + 2 : index + 1;
  return { ...conversation, turns: turns.toSpliced(first, end - first) };
}

/**
 * Goes on with another choice of the last reply.
 *
 * @param {Conversation} conversation
 * @param {number} chosen
 * @returns {Conversation}
 */
export function choose(conversation, chosen) {
  const last = conversation.turns.at(-1);
  if (last?.role !== "assistant" || !last.choices[chosen]) return conversation;
  return { ...conversation, turns: conversation.turns.with(-1, { ...last, chosen }) };
}

/**
 * A conversation as it is kept: without the tokens and raw output of its replies, which are many
 * times their text, and with no reply that goes on, since a stream does not survive its page.
 *
 * @param {Conversation} conversation
 * @returns {Conversation}
 */
export function kept(conversation) {
  const turns = conversation.turns.map((turn) => {
    if (turn.role === "user") return turn;
    const choices = turn.choices.map((choice) => ({
      ...choice,
      tokens: null,
      raw: null,
      finishReason: choice.finishReason ?? "cancelled",
    }));
    return { ...turn, choices };
  });
  return { ...conversation, turns };
}
