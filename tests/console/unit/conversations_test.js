import assert from "node:assert/strict";

import { newConversation } from "../../../src/hanabi/console/static/lib/conversation.js";
import { createSaver } from "../../../src/hanabi/console/static/store/saver.js";

/** @import { Conversation } from "../../../src/hanabi/console/static/lib/conversation.js" */

/** A store that writes when it is told to, and one at a time. */
function createStore() {
  /** @type {Conversation[]} */
  const begun = [];
  /** @type {((saved: Conversation) => void)[]} */
  const ends = [];
  return {
    begun,
    /** Ends the oldest write. @param {Partial<Conversation>} [changes] */
    async end(changes = {}) {
      const conversation = /** @type {Conversation} */ (begun[begun.length - ends.length]);
      ends.shift()?.({ ...conversation, ...changes });
      await new Promise((resolve) => setTimeout(resolve));
    },
    /** @param {Conversation} conversation @returns {Promise<Conversation>} */
    save(conversation) {
      begun.push(conversation);
      return new Promise((resolve) => ends.push(resolve));
    },
  };
}

/** @param {string} prompt @param {Conversation} [of] */
function conversation(prompt, of = newConversation({ model: "m", mode: "completion" })) {
  return { ...of, prompt };
}

/** @param {unknown} error */
function rethrow(error) {
  throw error;
}

Deno.test("only the latest state is written, and never two at a time", async () => {
  const store = createStore();
  const saver = createSaver(store, { onSaved: () => {}, onFailed: rethrow });
  const first = conversation("1");
  saver.save(first);
  saver.save(conversation("2", first));
  assert.equal(saver.busy, true);
  saver.flush();
  await Promise.resolve();
  assert.deepEqual(store.begun.map(({ prompt }) => prompt), ["2"]);
  assert.equal(saver.busy, true);
  saver.save(conversation("3", first));
  saver.save(conversation("4", first));
  const flushed = saver.flush();
  await Promise.resolve();
  assert.equal(store.begun.length, 1);
  await store.end();
  assert.deepEqual(store.begun.map(({ prompt }) => prompt), ["2", "4"]);
  await store.end();
  await flushed;
  assert.equal(saver.busy, false);
});

Deno.test("several conversations wait side by side", async () => {
  const store = createStore();
  const saver = createSaver(store, { onSaved: () => {}, onFailed: rethrow });
  saver.save(conversation("a"));
  saver.save(conversation("b"));
  const flushed = saver.flush();
  await Promise.resolve();
  await store.end();
  await store.end();
  await flushed;
  assert.deepEqual(store.begun.map(({ prompt }) => prompt), ["a", "b"]);
});

Deno.test("what waits while its conversation became a copy goes to the copy", async () => {
  const store = createStore();
  /** @type {[string, string][]} */
  const told = [];
  const saver = createSaver(store, {
    onSaved: (given, saved) => told.push([given.id, saved.id]),
    onFailed: rethrow,
  });
  const first = { ...conversation("1"), id: "original" };
  saver.save(first);
  saver.flush();
  await Promise.resolve();
  saver.save(conversation("2", first));
  await store.end({ id: "copy", title: "1 (copy)" });
  const flushed = saver.flush();
  await Promise.resolve();
  await store.end();
  await flushed;
  const [, second] = store.begun;
  assert.deepEqual([second?.id, second?.title, second?.prompt], ["copy", "1 (copy)", "2"]);
  assert.deepEqual(told, [["original", "copy"], ["copy", "copy"]]);
});

Deno.test("a failed write is told, and the next one goes on", async () => {
  const errors = /** @type {unknown[]} */ ([]);
  const saved = /** @type {string[]} */ ([]);
  const store = {
    /** @param {Conversation} given */
    save: (given) =>
      given.prompt === "bad" ? Promise.reject(new Error("quota")) : Promise.resolve(given),
  };
  const saver = createSaver(store, {
    onSaved: (given) => saved.push(given.prompt),
    onFailed: (error) => errors.push(error),
  });
  saver.save(conversation("bad"));
  saver.save(conversation("good"));
  await saver.flush();
  assert.equal(errors.length, 1);
  assert.deepEqual(saved, ["good"]);
});

Deno.test("a save is written without being asked for", async () => {
  const written = new Promise((resolve) => {
    const store = { save: (/** @type {Conversation} */ given) => Promise.resolve(given) };
    createSaver(store, { onSaved: resolve, onFailed: rethrow }).save(conversation("1"));
  });
  await written;
});
