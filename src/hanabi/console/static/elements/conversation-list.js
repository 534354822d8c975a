/**
 * The conversations that this browser keeps.
 * @module
 */

import { unloaded } from "../api/errors.js";
import { h, icon } from "../dom.js";
import { titleOf } from "../lib/conversation.js";
import { shortName } from "../lib/model-list.js";
import { saveFile } from "../save-file.js";
import { NoticeBar } from "./notice-bar.js";

/** @import { Conversation } from "../lib/conversation.js" */
/** @import { ConversationStore, Summary } from "../store/conversations.js" */

/**
 * `<conversation-list>`: properties `store` and `current` (an id). Events `choose`, whose detail is an
 * id, or null for a new conversation, and `rename`, whose detail is `{id, title}`.
 */
export class ConversationList extends HTMLElement {
  /** @type {ConversationStore | null} */
  store = null;
  /** Called before a conversation is deleted: nothing may write it afterwards. */
  release = (/** @type {string} */ _id) => Promise.resolve();
  #current = "";
  #shown = "";
  #list = h("ul", { role: "list" });
  #notice = new NoticeBar();
  #file = h("input", {
    type: "file",
    accept: ".json,application/json",
    class: "visually-hidden",
    tabIndex: -1,
    "aria-label": "File of conversations",
    on: { change: () => this.#import() },
  });

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.#notice.setAttribute("role", "status");
    /** @param {string} text @param {() => void} click */
    const button = (text, click) =>
      h("button", { type: "button", class: "small quiet", on: { click } }, text);
    this.append(
      h(
        "div",
        { class: "list-head" },
        h("h2", null, "Conversations"),
        h(
          "button",
          { type: "button", class: "small", on: { click: () => this.#choose(null) } },
          icon("plus"),
          "New",
        ),
      ),
      this.#list,
      this.#notice,
      h(
        "div",
        { class: "list-foot" },
        button("Import", () => this.#file.click()),
        button("Export all", () => this.#exportAll()),
        this.#file,
      ),
    );
  }

  /** @param {string} id of the conversation that is shown */
  set current(id) {
    this.#current = id;
    this.#shown = "";
    this.refresh();
  }

  /** Shows what the store holds now. */
  async refresh() {
    const summaries = await this.store?.list() ?? [];
    const shown = JSON.stringify(summaries.map(({ id, title, model }) => [id, title, model]));
    if (shown === this.#shown || this.querySelector("li input")) return;
    this.#shown = shown;
    const empty = h("li", { class: "hint" }, "What you ask is kept here, in this browser only.");
    this.#list.replaceChildren(
      ...summaries.length > 0 ? summaries.map((summary) => this.#row(summary)) : [empty],
    );
  }

  /** Says why the browser keeps no conversations. @param {string} text */
  fail(text) {
    this.#notice.show(text);
  }

  /** @param {Summary} summary */
  #row(summary) {
    const { id, title, model } = summary;
    /** @param {string} label @param {"edit" | "download" | "trash"} mark @param {() => void} click */
    const tool = (label, mark, click) =>
      h(
        "button",
        {
          type: "button",
          class: "small quiet icon-button",
          "aria-label": `${label} ${title}`,
          title: label,
          on: { click },
        },
        icon(mark),
      );
    const row = h(
      "li",
      null,
      h(
        "button",
        {
          type: "button",
          class: "quiet conversation",
          "aria-current": id === this.#current ? "true" : null,
          on: { click: () => this.#choose(id) },
        },
        h("span", null, title),
        h("small", null, shortName(model)),
      ),
      h(
        "span",
        { class: "row-tools" },
        tool("Rename", "edit", () => this.#rename(row, summary)),
        tool("Export", "download", () => this.#exportOne(id)),
        tool("Delete", "trash", () => this.#delete(id)),
      ),
    );
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {Summary} summary
   */
  #rename(row, { id, title }) {
    const field = h("input", { value: title, maxLength: 200, "aria-label": "Title" });
    let isOver = false;
    const end = (/** @type {boolean} */ isKept) => {
      if (isOver) return; // a field that is taken away loses the focus too
      isOver = true;
      row.remove();
      this.#shown = "";
      if (isKept && field.value.trim() !== title) {
        this.dispatchEvent(
          new CustomEvent("rename", { detail: { id, title: field.value.trim() } }),
        );
      } else {
        this.refresh();
      }
    };
    field.addEventListener("blur", () => end(true));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      end(event.key === "Enter");
    });
    row.replaceChildren(field);
    field.select();
  }

  /** @param {string} id */
  async #delete(id) {
    await this.release(id);
    const conversation = await this.store?.remove(id);
    if (!conversation) return this.refresh();
    const undo = async () => {
      this.#notice.clear();
      await this.store?.add([conversation]);
      await this.refresh();
    };
    const button = h("button", { type: "button", class: "small", on: { click: undo } }, "Undo");
    this.#notice.show(`Deleted: ${titleOf(conversation)}`, "done", button);
    await this.refresh();
    if (id === this.#current) this.#choose(null);
  }

  async #import() {
    const file = this.#file.files?.[0];
    if (!file) return;
    try {
      const { readFile } = await fileModule();
      const conversations = readFile(await file.text());
      await this.store?.add(conversations);
      const count = conversations.length;
      this.#notice.show(
        `Imported ${count} ${count === 1 ? "conversation" : "conversations"}.`,
        "done",
      );
      await this.refresh();
    } catch (error) {
      this.#notice.show(`Nothing was imported. ${/** @type {Error} */ (error).message}.`);
    }
    this.#file.value = "";
  }

  /** @param {string} id */
  async #exportOne(id) {
    const found = await this.store?.load(id);
    if (found) await this.#download([found.conversation]);
  }

  async #exportAll() {
    const all = await this.store?.all() ?? [];
    if (all.length > 0) await this.#download(all);
    else this.#notice.show("There are no conversations to export.", "warn");
  }

  /** @param {Conversation[]} conversations */
  async #download(conversations) {
    try {
      const { writeFile } = await fileModule();
      saveFile("conversations.json", "application/json", writeFile(conversations));
    } catch (error) {
      this.#notice.show(`Nothing was exported. ${/** @type {Error} */ (error).message}.`);
    }
  }

  /** @param {string | null} id */
  #choose(id) {
    this.dispatchEvent(new CustomEvent("choose", { detail: id }));
  }
}

/** What reads and writes files, which the first paint does without. */
function fileModule() {
  return import("../lib/conversation-file.js").catch(unloaded);
}

customElements.define("conversation-list", ConversationList);
