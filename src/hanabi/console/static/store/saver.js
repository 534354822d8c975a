/**
 * Saves conversations that change many times a second, once in a while.
 * @module
 */

/** @import { Conversation } from "../lib/conversation.js" */
/** @import { ConversationStore } from "./conversations.js" */

const INTERVAL = 1000; // milliseconds between two rounds of writes

/**
 * @typedef {object} Saver
 * @property {(conversation: Conversation) => void} save soon; only the latest state is written
 * @property {() => Promise<void>} flush what waits, at once
 * @property {boolean} busy whether anything waits, or is being written
 */

/**
 * Makes what saves to a store, one write after the other.
 *
 * @param {Pick<ConversationStore, "save">} store
 * @param {object} told
 * @param {(given: Conversation, saved: Conversation) => void} told.onSaved after each write; `saved` has
 *   another id than `given` where another tab wrote it meanwhile, so that it was kept as a copy
 * @param {(error: unknown) => void} told.onFailed
 * @returns {Saver}
 */
export function createSaver(store, { onSaved, onFailed }) {
  /** @type {Map<string, Conversation>} */
  const waiting = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let writing = Promise.resolve();
  let written = 0;
  let writes = 0;

  /** @param {Conversation} given */
  async function write(given) {
    waiting.delete(given.id);
    writes += 1;
    const saved = await store.save(given).finally(() => writes -= 1);
    const next = waiting.get(given.id);
    if (next && saved.id !== given.id) {
      waiting.delete(given.id);
      waiting.set(saved.id, { ...next, id: saved.id, title: saved.title });
    }
    onSaved(given, saved);
  }

  async function writeAll() {
    for (const given of [...waiting.values()]) await write(given).catch(onFailed);
    written = Date.now();
  }

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  return {
    save(conversation) {
      waiting.set(conversation.id, conversation);
      timer ??= setTimeout(flush, Math.max(0, written + INTERVAL - Date.now()));
    },
    flush,
    get busy() {
      return waiting.size + writes > 0;
    },
  };
}
