/**
 * Chat with a model: the conversation, and the requests that continue it.
 * @module
 */

import { ApiError } from "../api/errors.js";
import { generate } from "../api/generate.js";
import { h, icon } from "../dom.js";
import * as conversations from "../lib/conversation.js";
import { exactPromptOf } from "../lib/exact.js";
import { CHAT_PATH, chatBody, exactPromptBody } from "../lib/request.js";
import { ChatMessage } from "./chat-message.js";
import { ChatWelcome } from "./chat-welcome.js";
import { MessageComposer } from "./message-composer.js";
import { MessageLog } from "./message-log.js";
import { sentence } from "./notice-bar.js";
import { SystemPrompt } from "./system-prompt.js";

/** @import { Choice } from "../api/generate.js" */
/** @import { Console, ModelEntry } from "../console.js" */
/** @import { Conversation, Reply, Turn } from "../lib/conversation.js" */
/** @import { Body } from "../lib/request.js" */
/** @import { TurnWish } from "./chat-message.js" */

const TELL_INTERVAL = 500; // milliseconds between two `conversationchange` while a reply grows
const WRITE_INTERVAL = 25; // the same of what is seen of it: 30 a second are fluent, 144 are waste

/**
 * A reply that is coming: to which question, from whom, what stood there before.
 * @typedef {{ abort: AbortController, question: number, reply: Reply, before: Turn[],
 *   message: ChatMessage }} Run
 */

/**
 * `<chat-view>`: properties `console`, `model`, `parameters`, `conversation`. Events `request`, whose
 * detail `{path, body}` is the request that would be sent, and `conversationchange`, whose detail is
 * the conversation; of it the view changes `turns` and `system` only.
 */
export class ChatView extends HTMLElement {
  /** @type {Console} */
  console = /** @type {any} */ (null);
  /** @type {() => Record<string, unknown>} */
  #parameters = () => ({});
  /** @type {ModelEntry} */
  #model = /** @type {any} */ (null);
  /** @type {Conversation} */
  #conversation = conversations.newConversation({ model: "", mode: "chat" });
  /** @type {Run | null} */
  #run = null;
  #frame = 0;
  #told = 0;
  #written = 0; // when the reply was last written, as frames tell the time
  #system = new SystemPrompt();
  #welcome = new ChatWelcome();
  #log = new MessageLog();
  #composer = new MessageComposer();
  #spoken = h("div", { class: "visually-hidden", role: "status" });
  #undo = h("div", { class: "undo", role: "status" });
  #unanswered = h(
    "button",
    { type: "button", class: "small", hidden: true, on: { click: () => this.#answerLast() } },
    icon("redo"),
    "Get a reply",
  );

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.#log.top.append(this.#system, this.#welcome);
    this.append(
      this.#log,
      h("div", { class: "chat-foot" }, this.#unanswered, this.#undo, this.#composer),
      this.#spoken,
    );
    this.#welcome.addEventListener("example", (event) => {
      this.draft = /** @type {CustomEvent<string>} */ (event).detail;
      this.#composer.focus();
    });
    this.#composer.addEventListener("send", () => this.#send());
    this.#composer.addEventListener("stop", () => this.stop());
    this.#composer.addEventListener("input", () => this.#tellRequest());
    this.#system.addEventListener("change", () => {
      this.#change({ ...this.#conversation, system: this.#system.value });
    });
    this.addEventListener("wish", (event) => {
      const message = /** @type {ChatMessage} */ (event.target);
      this.#obey(message, /** @type {CustomEvent<TurnWish>} */ (event).detail);
    });
    this.#log.toEnd();
  }

  /** Leaving ends the reply; its text is kept. */
  disconnectedCallback() {
    const run = this.#run;
    if (run === null) return;
    run.abort.abort();
    for (const choice of run.reply.choices) choice.finishReason ??= "cancelled";
    this.#end(run, null);
  }

  get model() {
    return this.#model;
  }

  set model(model) {
    this.#model = model;
    this.#system.fallback = model.system;
    this.#welcome.model = model;
    this.#tellRequest();
  }

  get parameters() {
    return this.#parameters;
  }

  set parameters(parameters) {
    this.#parameters = parameters;
    this.#tellRequest();
  }

  /** The conversation, with the reply that is coming as far as it is there. */
  get conversation() {
    const run = this.#run;
    if (run === null) return this.#conversation;
    return conversations.answer(this.#conversation, run.question, run.reply);
  }

  set conversation(conversation) {
    this.#conversation = conversation;
    this.#system.value = conversation.system;
    this.#undo.replaceChildren();
    this.#draw();
    this.#tellRequest();
    this.#log.toEnd();
  }

  /** Whether a reply is coming. */
  get running() {
    return this.#run !== null;
  }

  /** What is written and not yet sent. */
  get draft() {
    return this.#composer.text;
  }

  set draft(text) {
    this.#composer.text = text;
    this.#tellRequest();
  }

  /** Ends the reply that is coming; its text is kept. */
  stop() {
    this.#run?.abort.abort();
  }

  /** The request that would be sent now. @returns {{ path: string, body: Body }} */
  get request() {
    const { turns } = this.#conversation;
    const draft = { role: "user", content: this.draft };
    const question = turns.findLastIndex(({ role }) => role === "user");
    const hasDraft = this.draft !== "" || question < 0;
    const sent = hasDraft
      ? [...conversations.messages([...turns, { role: "user", content: "" }]).slice(0, -1), draft]
      : conversations.messages(turns.slice(0, question + 1));
    return { path: CHAT_PATH, body: this.#body(sent) };
  }

  /** What the model would read for the request that would be sent now. */
  async exactPrompt() {
    const { path, body } = this.request;
    return exactPromptOf(await this.console.api.post(path, exactPromptBody(body)));
  }

  /** @param {import("../lib/request.js").Message[]} messages */
  #body(messages) {
    const { id } = this.#model;
    const { system } = this.#conversation;
    return chatBody({ model: id, system, messages, parameters: this.#parameters() });
  }

  #send() {
    if (this.#run !== null) return;
    const text = this.#composer.text;
    this.#composer.text = "";
    this.#undo.replaceChildren();
    this.#change(conversations.ask(this.#conversation, text));
    this.#reply(this.#conversation.turns.length - 1);
  }

  #answerLast() {
    this.#undo.replaceChildren();
    if (this.#run === null) this.#reply(this.#conversation.turns.length - 1);
  }

  /**
   * @param {ChatMessage} message
   * @param {TurnWish} wish
   */
  #obey(message, { action, text = "", chosen = 0 }) {
    if (this.#run !== null) return;
    const before = this.#conversation;
    const index = before.turns.findIndex((turn) => turn === message.turn);
    const turn = before.turns[index];
    if (!turn) return;
    this.#undo.replaceChildren();
    if (action === "choose") {
      const after = conversations.choose(before, chosen);
      const last = after.turns.at(-1);
      if (index !== before.turns.length - 1 || last?.role !== "assistant") return;
      message.choose(last);
      this.#change(after);
    } else if (action === "delete") {
      this.#change(conversations.remove(before, index));
      this.#offerUndo(before);
    } else if (action === "edit") {
      this.#change(conversations.edit(before, index, text));
      if (turn.role === "user") this.#reply(index);
      this.#offerUndo(before);
    } else {
      this.#reply(turn.role === "user" ? index : index - 1);
      this.#offerUndo(before);
    }
  }

  /**
   * Asks for the reply to a question.
   *
   * @param {number} question its index among the turns
   */
  async #reply(question) {
    const before = this.#conversation.turns;
    const sent = conversations.messages(before.slice(0, question + 1));
    const message = new ChatMessage();
    /** @type {Reply} */
    const reply = {
      role: "assistant",
      model: this.#model.id,
      choices: [conversations.plainChoice("", null)],
      chosen: 0,
      error: null,
    };
    /** @type {Run} */
    const run = { abort: new AbortController(), question, reply, before, message };
    const { path, body } = { path: CHAT_PATH, body: this.#body(sent) };
    this.#run = run;
    message.grow(reply.model, reply.choices);
    this.#change({ ...this.#conversation, turns: before.slice(0, question + 1) });
    this.#composer.running = true;
    this.#spoken.textContent = "The reply has begun.";
    this.#log.toEnd();
    try {
      const { signal } = run.abort;
      const onUpdate = (/** @type {Choice[]} */ choices) => this.#grow(run, choices);
      reply.choices = await generate(this.console.api, path, body, { signal, onUpdate });
      this.#end(run, null);
    } catch (error) {
      const { choices = [] } = /** @type {{ choices?: Choice[] }} */ (error);
      for (const choice of choices) choice.finishReason ??= "cancelled";
      reply.choices = choices.some(({ text }) => text !== "") ? choices : [];
      this.#end(run, failure(error));
    }
  }

  /**
   * @param {Run} run
   * @param {Choice[]} choices
   */
  #grow(run, choices) {
    if (run !== this.#run) return;
    run.reply.choices = choices;
    if (Date.now() - this.#told >= TELL_INTERVAL) this.#tell();
    this.#frame ||= requestAnimationFrame(this.#write);
  }

  /** Shows what has come of the reply. @param {DOMHighResTimeStamp} time of the frame */
  #write = (time) => {
    this.#frame = 0;
    const run = this.#run;
    if (!run?.reply.choices.length) return; // it was for a reply before this one
    if (time - this.#written < WRITE_INTERVAL) {
      this.#frame = requestAnimationFrame(this.#write);
      return;
    }
    this.#written = time;
    run.message.grow(run.reply.model, run.reply.choices);
  };

  /**
   * Takes a reply as it is. One that failed without any text leaves what stood there before.
   *
   * @param {Run} run
   * @param {string | null} error
   */
  #end(run, error) {
    if (run !== this.#run) return;
    this.#run = null;
    this.#composer.running = false;
    const { question, before } = run;
    const old = before[question + 1];
    const isLost = !run.reply.choices.some(({ text }) => text !== "") &&
      !run.reply.choices.some(({ finishReason }) =>
        finishReason === "stop" || finishReason === "length"
      );
    const turns = isLost && old?.role === "assistant"
      ? before.with(question + 1, { ...old, error })
      : [...before.slice(0, question + 1), { ...run.reply, error }];
    const last = turns.at(-1);
    if (turns.length === question + 2 && last) run.message.turn = last;
    else run.message.remove();
    this.#change({ ...this.#conversation, turns });
    const said = run.reply.choices.map((choice) => choice.text.slice(choice.echoed)).join("\n\n");
    this.#spoken.textContent = error === null ? said : `The reply failed. ${error}`;
  }

  /** @param {Conversation} before what to go back to */
  #offerUndo(before) {
    const undo = () => {
      this.#run?.abort.abort();
      this.#run = null;
      this.#composer.running = false;
      this.#undo.replaceChildren();
      this.#change({ ...this.#conversation, turns: before.turns });
      this.#composer.focus();
    };
    this.#undo.replaceChildren(
      h("span", { class: "hint" }, "Messages were changed or removed."),
      h("button", { type: "button", class: "small", on: { click: undo } }, "Undo"),
    );
  }

  /** @param {Conversation} conversation */
  #change(conversation) {
    this.#conversation = conversation;
    this.#draw();
    this.#tell();
    this.#tellRequest();
  }

  /** Puts the messages in order; those that are there are not made again. */
  #draw() {
    const { turns } = this.#conversation;
    const { list } = this.#log;
    const there = new Map([...list.children].map((element) => {
      const message = /** @type {ChatMessage} */ (element);
      return [message.turn, message];
    }));
    const messages = turns.map((turn, index) => {
      const message = there.get(turn) ?? new ChatMessage();
      if (message.turn !== turn) message.turn = turn;
      message.last = index === turns.length - 1;
      message.leftOut = conversations.isLeftOut(turns, index);
      return message;
    });
    if (this.#run !== null) messages.push(this.#run.message);
    for (const [index, message] of messages.entries()) {
      if (list.children[index] !== message) {
        list.insertBefore(message, list.children[index] ?? null);
      }
    }
    while (list.children.length > messages.length) list.lastElementChild?.remove();
    this.#welcome.hidden = messages.length > 0;
    this.#unanswered.hidden = this.#run !== null || turns.at(-1)?.role !== "user";
  }

  #tell() {
    this.#told = Date.now();
    this.dispatchEvent(new CustomEvent("conversationchange", { detail: this.conversation }));
  }

  #tellRequest() {
    if (this.#model === null) return;
    this.dispatchEvent(new CustomEvent("request", { detail: this.request }));
  }
}

/** What went wrong, and when it is worth to try again. @param {unknown} error */
function failure(error) {
  const wait = error instanceof ApiError ? error.retryAfter : null;
  return wait === null ? sentence(error) : `${sentence(error)} Try again in ${wait} s.`;
}

customElements.define("chat-view", ChatView);
