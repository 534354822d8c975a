/**
 * The conversation that an address asks for.
 * @module
 */

import { unloaded } from "../api/errors.js";
import { fitted, newConversation } from "../lib/conversation.js";

/** @import { ModelEntry } from "../console.js" */
/** @import { NoticeKind } from "../elements/notice-bar.js" */
/** @import { Conversation } from "../lib/conversation.js" */
/** @import { ConversationStore } from "./conversations.js" */

/**
 * What to show, and what to tell of it where it is not quite what was asked for.
 * @typedef {{ conversation: Conversation, notice: { text: string, kind: NoticeKind } | null }} Wanted
 */

/**
 * The conversation of an address: a shared one (`share`), a kept one (`conversation`), else a new one
 * with `model` in `mode`.
 *
 * @param {URLSearchParams} query
 * @param {readonly ModelEntry[]} models those that there are
 * @param {ConversationStore | null} store null where the browser keeps none
 * @returns {Promise<Wanted>}
 */
export async function wantedConversation(query, models, store) {
  const mode = query.get("mode") === "completion" ? "completion" : "chat";
  const blank = newConversation({ model: query.get("model") ?? "", mode });
  const share = query.get("share");
  const id = query.get("conversation");
  try {
    if (share !== null) return fit(await sharedConversation(share), models);
    const found = id === null ? null : await store?.load(id);
    found?.adopt();
    if (found) return fit(found.conversation, models);
    const wanted = fit(blank, models);
    if (id === null) return wanted;
    return { ...wanted, notice: { text: "This browser has no such conversation.", kind: "warn" } };
  } catch (error) {
    const text = `${/** @type {Error} */ (error).message}.`;
    return { ...fit(blank, models), notice: { text, kind: "error" } };
  }
}

/** @param {string} code */
async function sharedConversation(code) {
  const { readShareCode } = await import("../lib/share.js").catch(unloaded);
  return readShareCode(code);
}

/** @param {Conversation} asked @param {readonly ModelEntry[]} models @returns {Wanted} */
function fit(asked, models) {
  const conversation = fitted(asked, models);
  if (asked.model === "" || asked.model === conversation.model) {
    return { conversation, notice: null };
  }
  const text = `There is no model ${asked.model} here; ${conversation.model} is chosen.`;
  return { conversation, notice: { text, kind: "warn" } };
}
