/**
 * The conversations that this browser keeps, in IndexedDB; several tabs may have them open.
 * @module
 */

import { kept, titleOf } from "../lib/conversation.js";
import { uuid } from "../lib/uuid.js";

/** @import { Conversation } from "../lib/conversation.js" */

/** @typedef {{ id: string, title: string, model: string, updated: number }} Summary a row of the list */

const NAME = "hanabi";
const VERSION = 1;
const FULL = "conversations";
const SHORT = "summaries"; // the list is read often, and needs no texts

/**
 * Opens the browser's conversations. Rejects where the browser keeps none (as in some private
 * windows).
 *
 * @returns {Promise<ConversationStore>}
 */
export async function openConversations() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(FULL, { keyPath: "id" });
    opening.result.createObjectStore(SHORT, { keyPath: "id" });
  };
  return new ConversationStore(await finished(opening));
}

/**
 * Kept conversations. Each write gives a conversation a new revision; who writes says by which
 * revision he knows it, so that one tab does not write over what another one wrote: it keeps its
 * own as a copy. Dispatches `change`, whose `detail` is the id, for what another tab wrote.
 */
export class ConversationStore extends EventTarget {
  #database;
  #channel = new BroadcastChannel("hanabi-conversations");
  /** @type {Map<string, string>} the revision that this tab knows, by id */
  #revisions = new Map();

  /** @param {IDBDatabase} database */
  constructor(database) {
    super();
    this.#database = database;
    database.onversionchange = () => database.close();
    this.#channel.onmessage = ({ data }) => {
      this.dispatchEvent(new CustomEvent("change", { detail: data }));
    };
  }

  /** Lets go of the database. */
  close() {
    this.#channel.close();
    this.#database.close();
  }

  /** All of them, the latest first. @returns {Promise<Summary[]>} */
  async list() {
    const store = this.#database.transaction(SHORT).objectStore(SHORT);
    const rows = /** @type {Summary[]} */ (await finished(store.getAll()));
    return rows.sort((one, other) => other.updated - one.updated);
  }

  /**
   * Reads one. Who goes on with it calls `adopt`: what he saves then takes the place of what he read.
   *
   * @param {string} id
   * @returns {Promise<{ conversation: Conversation, adopt: () => void } | null>} null where there is
   *   none
   */
  async load(id) {
    const record = await finished(this.#database.transaction(FULL).objectStore(FULL).get(id));
    if (!record) return null;
    const { revision, ...conversation } = record;
    return { conversation, adopt: () => this.#revisions.set(id, revision) };
  }

  /** All of them as a whole, in no order. @returns {Promise<Conversation[]>} */
  async all() {
    const store = this.#database.transaction(FULL).objectStore(FULL);
    return (await finished(store.getAll())).map(({ revision: _, ...conversation }) => conversation);
  }

  /**
   * Keeps a conversation as it is now.
   *
   * @param {Conversation} conversation
   * @returns {Promise<Conversation>} what was kept: under another id where a different tab has written
   *   it meanwhile
   */
  async save(conversation) {
    const { id } = conversation;
    const transaction = this.#database.transaction([FULL, SHORT], "readwrite");
    const store = transaction.objectStore(FULL);
    const there = await finished(store.get(id));
    const isForeign = there !== undefined && there.revision !== this.#revisions.get(id);
    const saved = isForeign ? copyOf(conversation) : conversation;
    this.#put(transaction, { ...saved, updated: Date.now() });
    await committed(transaction);
    this.#channel.postMessage(saved.id);
    return saved;
  }

  /**
   * Adds all of some conversations, or none: from a file, or back after their deletion.
   *
   * @param {Conversation[]} conversations
   */
  async add(conversations) {
    const transaction = this.#database.transaction([FULL, SHORT], "readwrite");
    for (const conversation of conversations) this.#put(transaction, conversation);
    await committed(transaction);
    for (const { id } of conversations) this.#channel.postMessage(id);
  }

  /**
   * Deletes one.
   *
   * @param {string} id
   * @returns {Promise<Conversation | null>} what it was, for `add` to undo it
   */
  async remove(id) {
    const found = await this.load(id);
    const transaction = this.#database.transaction([FULL, SHORT], "readwrite");
    transaction.objectStore(FULL).delete(id);
    transaction.objectStore(SHORT).delete(id);
    await committed(transaction);
    this.#revisions.delete(id);
    this.#channel.postMessage(id);
    return found?.conversation ?? null;
  }

  /**
   * @param {IDBTransaction} transaction
   * @param {Conversation} conversation
   */
  #put(transaction, conversation) {
    const { id, model, updated } = conversation;
    const revision = uuid();
    transaction.objectStore(FULL).put({ ...kept(conversation), revision });
    transaction.objectStore(SHORT).put({ id, title: titleOf(conversation), model, updated });
    this.#revisions.set(id, revision);
  }
}

/** @param {Conversation} conversation @returns {Conversation} */
function copyOf(conversation) {
  return { ...conversation, id: uuid(), title: `${titleOf(conversation)} (copy)` };
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
