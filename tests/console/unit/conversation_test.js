import assert from "node:assert/strict";

import * as conversations from "../../../src/hanabi/console/static/lib/conversation.js";
import {
  FormatError,
  MAX_FILE,
  readFile,
  writeFile,
} from "../../../src/hanabi/console/static/lib/conversation-file.js";

/** @import { Conversation, Reply } from "../../../src/hanabi/console/static/lib/conversation.js" */

/** @param {...string} texts @returns {Reply} */
function reply(...texts) {
  const choices = texts.map((text) => conversations.plainChoice(text, "stop"));
  return { role: "assistant", model: "a/m", choices, chosen: 0, error: null };
}

/** @param {...(string | Reply)} turns questions as texts @returns {Conversation} */
function conversation(...turns) {
  return {
    ...conversations.newConversation({ model: "a/m", mode: "chat" }),
    turns: turns.map((turn) => typeof turn === "string" ? { role: "user", content: turn } : turn),
  };
}

/** @param {Conversation} given */
function texts({ turns }) {
  return turns.map((turn) => turn.role === "user" ? turn.content : conversations.replyText(turn));
}

const FAILED = { ...reply(), error: "The server is busy." };

Deno.test("the title is the given one, or the beginning of the first question", () => {
  assert.equal(
    conversations.titleOf(conversation("  Why is\n the sky blue? ")),
    "Why is the sky blue?",
  );
  assert.equal(conversations.titleOf({ ...conversation("Why?"), title: "Sky" }), "Sky");
  assert.equal(conversations.titleOf(conversation()), "New conversation");
  assert.equal(conversations.titleOf({ ...conversation(), prompt: "Once upon" }), "Once upon");
  const long = conversations.titleOf(conversation("花".repeat(100)));
  assert.equal([...long].length, 60);
  assert.ok(long.endsWith("花…"));
});

Deno.test("a conversation gets a model that there is, in a mode that the model has", () => {
  const base = { id: "a/base", supports_chat: false };
  const chat = { id: "a/m", supports_chat: true };
  const given = conversation("a");
  assert.deepEqual(conversations.fitted(given, [base, chat]), given);
  assert.equal(conversations.fitted({ ...given, model: "gone" }, [base, chat]).model, "a/m");
  const { model, mode } = conversations.fitted(given, [base]);
  assert.deepEqual([model, mode], ["a/base", "completion"]);
  assert.equal(conversations.fitted(given, []), given);
});

Deno.test("the chosen choices are sent, without an echoed prompt", () => {
  const two = { ...reply("one", "two"), chosen: 1 };
  const echo = reply("PROMPTthree");
  const [choice] = echo.choices;
  if (choice) choice.echoed = 6;
  assert.deepEqual(conversations.messages(conversation("a", two, "b", echo).turns), [
    { role: "user", content: "a" },
    { role: "assistant", content: "two" },
    { role: "user", content: "b" },
    { role: "assistant", content: "three" },
  ]);
});

Deno.test("a question without an answer is left out once another one follows", () => {
  const { turns } = conversation("a", FAILED, "b");
  assert.deepEqual(conversations.messages(turns), [{ role: "user", content: "b" }]);
  assert.deepEqual(turns.map((_, index) => conversations.isLeftOut(turns, index)), [
    true,
    true,
    false,
  ]);
  assert.deepEqual(conversations.messages(conversation("a", FAILED).turns), [
    { role: "user", content: "a" },
  ]);
  assert.deepEqual(conversations.messages(conversation("a", "b").turns), [
    { role: "user", content: "b" },
  ]);
});

Deno.test("an answer of nothing is an answer, and a part of one with an error too", () => {
  const silent = conversation("a", reply(""), "b");
  assert.equal(conversations.messages(silent.turns).length, 3);
  const broken = conversation("a", { ...reply("half"), error: "The connection was lost." }, "b");
  assert.equal(conversations.messages(broken.turns).length, 3);
});

Deno.test("an edit cuts what follows; the turns before are the same objects", () => {
  const before = conversation("a", reply("b"), "c", reply("d"));
  const question = conversations.edit(before, 2, "C");
  assert.deepEqual(texts(question), ["a", "b", "C"]);
  assert.equal(question.turns[1], before.turns[1]);
  const answered = conversations.edit(before, 1, "B");
  assert.deepEqual(texts(answered), ["a", "B"]);
  assert.deepEqual(texts(before), ["a", "b", "c", "d"]);
  assert.equal(conversations.edit(before, 9, "x"), before);
});

Deno.test("an edited reply is one plain choice without tokens", () => {
  const two = { ...reply("one", "two"), chosen: 1 };
  const [choice] = two.choices;
  if (choice) choice.tokens = [];
  const edited = conversations.edit(conversation("a", two), 1, "mine").turns[1];
  assert.deepEqual(edited, reply("mine"));
});

Deno.test("a deleted question takes its reply along, the last reply goes alone", () => {
  const four = conversation("a", reply("b"), "c", reply("d"));
  assert.deepEqual(texts(conversations.remove(four, 0)), ["c", "d"]);
  assert.deepEqual(texts(conversations.remove(four, 1)), ["c", "d"]);
  assert.deepEqual(texts(conversations.remove(four, 2)), ["a", "b"]);
  assert.deepEqual(texts(conversations.remove(four, 3)), ["a", "b", "c"]);
  assert.deepEqual(texts(conversations.remove(conversation("a", "b"), 0)), ["b"]);
});

Deno.test("an answer takes the place of what came after its question", () => {
  const four = conversation("a", reply("b"), "c", reply("d"));
  assert.deepEqual(texts(conversations.answer(four, 0, reply("B"))), ["a", "B"]);
  assert.deepEqual(texts(conversations.answer(conversations.ask(four, "e"), 4, reply("f"))), [
    ..."abcdef",
  ]);
});

Deno.test("a choice is taken from the last reply only, and only one that there is", () => {
  const several = conversation("a", reply("b", "c"));
  assert.deepEqual(texts(conversations.choose(several, 1)), ["a", "c"]);
  assert.equal(conversations.choose(several, 2), several);
  const open = conversation("a");
  assert.equal(conversations.choose(open, 0), open);
});

Deno.test("what is kept has no tokens, and no reply that still goes on", () => {
  const growing = reply("half");
  const [choice] = growing.choices;
  if (choice) Object.assign(choice, { finishReason: null, tokens: [1], raw: {} });
  const [, turn] = conversations.kept(conversation("a", growing)).turns;
  assert.deepEqual(turn, { ...reply(), choices: [conversations.plainChoice("half", "cancelled")] });
});

Deno.test("a file brings conversations back, under new ids", () => {
  const before = {
    ...conversation("a", { ...reply("b", "c"), chosen: 1, error: "e" }, "花\n"),
    title: "T",
    system: "",
    prompt: "p",
    updated: 5,
    parameters: { temperature: 0, stop: ["x"], logit_bias: { 5: -1 }, echo: true, n: 2 },
  };
  const [after, ...rest] = readFile(writeFile([before]));
  assert.deepEqual(rest, []);
  assert.notEqual(after?.id, before.id);
  assert.deepEqual({ ...after, id: before.id }, before);
});

Deno.test("a bad file is refused with the place and the rule", () => {
  const good = JSON.parse(writeFile([conversation("a", reply("b"))]));
  /** @param {Record<string, unknown>} changes */
  const changed = (changes) =>
    JSON.stringify({ ...good, conversations: [{ ...good.conversations[0], ...changes }] });
  const turn = good.conversations[0].turns[1];
  const cases = /** @type {[string, RegExp][]} */ ([
    ["", /not JSON/],
    ["[]", /"format" must be "hanabi-conversations"/],
    ["null", /"format"/],
    [JSON.stringify({ ...good, version: 2 }), /version 2; this console reads 1/],
    [JSON.stringify({ ...good, conversations: {} }), /^conversations: must be a list/],
    [JSON.stringify({ ...good, conversations: [3] }), /^conversations\[0\]: must be an object/],
    [changed({ model: 1 }), /^conversations\[0\]\.model: must be a text/],
    [changed({ mode: "talk" }), /\.mode: must be one of "chat", "completion"/],
    [changed({ system: 0 }), /\.system: must be a text/],
    [changed({ updated: "now" }), /\.updated: must be a number/],
    [changed({ updated: 1e300 }), /\.updated: must be milliseconds from 0 to/],
    [changed({ turns: [turn] }), /\.turns\[0\]\.role: the first turn must be "user"/],
    [changed({ turns: [{ role: "system", content: "" }] }), /\.role: must be one of "user"/],
    [changed({ turns: [{ role: "user" }] }), /\.turns\[0\]\.content: must be a text/],
    [
      changed({ turns: [good.conversations[0].turns[0], { ...turn, chosen: 1 }] }),
      /\.turns\[1\]\.chosen: must be the index of a choice, not 1/,
    ],
    [
      changed({ turns: [good.conversations[0].turns[0], { ...turn, choices: [{ text: 1 }] }] }),
      /\.choices\[0\]\.text: must be a text/,
    ],
    [changed({ parameters: { best: 1 } }), /\.parameters: there is no parameter "best"/],
    [changed({ parameters: { temperature: "hot" } }), /\.temperature: must be of the kind number/],
    [changed({ parameters: { n: 1.5 } }), /\.n: must be of the kind integer/],
    [changed({ parameters: { stop: [1] } }), /\.stop: must be of the kind strings/],
    [changed({ parameters: { logit_bias: [1] } }), /\.logit_bias: must be of the kind map/],
  ]);
  for (const [text, message] of cases) {
    assert.throws(() => readFile(text), (error) => {
      assert.ok(error instanceof FormatError, text);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.throws(() => readFile(" ".repeat(MAX_FILE + 1)), /at most 67108864/);
});
