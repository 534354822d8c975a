/**
 * The playground: a model, a conversation with it or a text that it completes, and all parameters.
 * @module
 */

import { unloaded } from "../api/errors.js";
import { h } from "../dom.js";
import "../elements/chat-view.js";
import "../elements/conversation-list.js";
import { NoticeBar, sentence } from "../elements/notice-bar.js";
import "../elements/parameter-panel.js";
import "../elements/playground-bar.js";
import { sideColumns } from "../elements/side-columns.js";
import { isEmpty, newConversation } from "../lib/conversation.js";
import { routeHash } from "../lib/route.js";
import { openConversations } from "../store/conversations.js";
import { createSaver } from "../store/saver.js";
import { wantedConversation } from "../store/wanted.js";

/** @import { Console, ModelEntry } from "../console.js" */
/** @import { ChatView } from "../elements/chat-view.js" */
/** @import { CompletionView } from "../elements/completion-view.js" */
/** @import { ConversationList } from "../elements/conversation-list.js" */
/** @import { ParameterPanel } from "../elements/parameter-panel.js" */
/** @import { PlaygroundBar } from "../elements/playground-bar.js" */
/** @import { Side } from "../elements/side-columns.js" */
/** @import { Conversation } from "../lib/conversation.js" */
/** @import { ExactPrompt } from "../lib/exact.js" */
/** @import { Route } from "../lib/route.js" */
/** @import { ConversationStore } from "../store/conversations.js" */
/** @import { Saver } from "../store/saver.js" */

/** `<playground-page>` */
export class PlaygroundPage extends HTMLElement {
  /** @type {Console} */
  console = /** @type {any} */ (null);
  /** @type {Route} */
  route = { path: [], query: new URLSearchParams() };
  /** @type {Conversation} */
  #conversation = newConversation({ model: "", mode: "chat" });
  /** @type {ChatView | CompletionView | null} */
  #view = null;
  /** @type {{ view: ChatView | CompletionView | null, conversation: Conversation }} */
  #left = { view: null, conversation: this.#conversation };
  /** @type {ConversationStore | null} */
  #store = null;
  /** @type {Saver | null} */
  #saver = null;
  #visits = 0;
  /** The address of what is shown. */
  #hash = "";

  #list = /** @type {ConversationList} */ (h("conversation-list"));
  #panel = /** @type {ParameterPanel} */ (h("parameter-panel"));
  #notice = new NoticeBar();
  #place = h("div", { class: "playground-view" });
  #bar = /** @type {PlaygroundBar} */ (h("playground-bar"));
  #right = h("aside", { id: "parameters", class: "side right", "aria-label": "Parameters" });
  /** @type {ReturnType<typeof sideColumns>} */
  #columns = /** @type {any} */ (null);
  #leave = new AbortController();

  connectedCallback() {
    const { signal } = this.#leave;
    addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("pagehide", () => this.#saver?.flush(), { signal });
    this.#panel.addEventListener("change", () => this.#parametersChanged());
    this.#list.addEventListener("choose", (event) => {
      const id = /** @type {CustomEvent<string | null>} */ (event).detail;
      this.#columns.makeRoom();
      this.console.go(this.#address(id === null ? {} : { conversation: id }));
    });
    this.#list.addEventListener("rename", (event) => {
      this.#rename(/** @type {CustomEvent<{ id: string, title: string }>} */ (event).detail);
    });
    this.#bar.addEventListener("model", () => this.#chooseModel());
    this.#bar.addEventListener("mode", () => this.#chooseMode());
    this.#bar.console = this.console;
    this.#bar.conversation = () => this.#conversation;
    this.#bar.addEventListener("side", (event) => {
      this.#columns.toggle(/** @type {CustomEvent<Side>} */ (event).detail);
    });
    this.#list.release = (id) => this.#release(id);
    this.#build();
    this.#open();
  }

  async disconnectedCallback() {
    this.#leave.abort();
    this.#leaveView();
    await this.#saver?.flush();
    this.#store?.close();
  }

  /** Another conversation or model is asked for. */
  routeChanged() {
    this.#show();
  }

  #build() {
    const left = h(
      "aside",
      { id: "conversations", class: "side left", "aria-label": "Conversations" },
      this.#list,
    );
    const right = this.#right;
    const main = h("section", { class: "playground-main" }, this.#bar, this.#notice, this.#place);
    this.append(
      h("h1", { class: "visually-hidden" }, "Playground"),
      left,
      main,
      right,
      h("div", { class: "side-shade", on: { click: () => this.#columns.makeRoom() } }),
    );
    this.#columns = sideColumns(this, { left, right }, this.#bar.sides, main, this.#leave.signal);
  }

  /** Opens the kept conversations, then shows what the address asks for. */
  async #open() {
    try {
      this.#store = await openConversations();
      if (!this.isConnected) return this.#store.close();
      this.#store.addEventListener("change", (event) => {
        this.#changedElsewhere(/** @type {CustomEvent<string>} */ (event).detail);
      });
      this.#saver = createSaver(this.#store, {
        onSaved: (given, saved) => this.#saved(given, saved),
        onFailed: (error) => this.#list.fail(`Not kept: ${sentence(error)}`),
      });
    } catch (error) {
      this.#list.fail(`This browser keeps no conversations: ${sentence(error)}`);
    }
    this.#list.store = this.#store;
    await this.#show();
  }

  /** Shows the conversation of the address. */
  async #show() {
    const visit = ++this.#visits;
    this.#hash = location.hash;
    this.#notice.clear();
    const { query } = this.route;
    const wanted = await wantedConversation(query, this.console.models, this.#store);
    if (visit !== this.#visits || !this.isConnected) return;
    const { conversation, notice } = wanted;
    if (notice !== null) this.#notice.show(notice.text, notice.kind);
    this.#leaveView();
    this.#conversation = conversation;
    this.#list.current = conversation.id;
    this.#panel.values = conversation.parameters;
    await this.#drawView();
  }

  get #model() {
    return this.console.models.find(({ id }) => id === this.#conversation.model);
  }

  /**
   * Makes the view of the conversation's mode; that of completion comes when it is first wanted.
   *
   * @param {string | ExactPrompt} prompt of completion mode
   */
  async #drawView(prompt = this.#conversation.prompt) {
    const visit = ++this.#visits;
    if (this.#conversation.mode === "completion") {
      try {
        await import("../elements/completion-view.js").catch(unloaded);
      } catch (error) {
        if (visit === this.#visits) this.#notice.showError(error, () => this.#drawView(prompt));
        return;
      }
      if (visit !== this.#visits || !this.isConnected) return;
    }
    const model = this.#model;
    this.#bar.request = null;
    this.#bar.show(this.console.models, model, this.#conversation.mode);
    if (!model) {
      this.#place.replaceChildren(noModels());
      return;
    }
    const { mode } = this.#conversation;
    this.#panel.mode = mode;
    this.#panel.defaults = model.defaults;
    this.#right.replaceChildren(this.#panel); // not before its values are known
    const given = { console: this.console, model, parameters: () => this.#panel.values };
    this.#view = mode === "chat" ? this.#chatView(given) : this.#completionView(given, prompt);
    this.#place.replaceChildren(this.#view);
  }

  /** Takes the view away; a reply that is coming ends, and is kept with its conversation. */
  #leaveView() {
    this.#left = { view: this.#view, conversation: this.#conversation };
    this.#place.replaceChildren();
  }

  /** @param {Record<string, unknown>} given */
  #chatView(given) {
    const view = /** @type {ChatView} */ (h("chat-view", given));
    view.conversation = this.#conversation;
    view.addEventListener("conversationchange", (event) => {
      const { turns, system } = /** @type {CustomEvent<Conversation>} */ (event).detail;
      this.#changeOf(view, { turns, system });
      if (!view.running) this.#saver?.flush(); // a page that goes has no time to write
    });
    view.addEventListener("request", () => this.#bar.request = view.request);
    this.#bar.request = view.request;
    return view;
  }

  /**
   * @param {Record<string, unknown>} given
   * @param {string | ExactPrompt} prompt
   */
  #completionView(given, prompt) {
    const view = /** @type {CompletionView} */ (h("completion-view", given));
    if (prompt !== "") view.setPrompt(prompt);
    view.addEventListener("request", () => {
      this.#bar.request = view.request;
      this.#changeOf(view, { prompt: view.text });
    });
    this.#bar.request = view.request;
    return view;
  }

  /**
   * Takes what a view has changed; one that was left changes what it showed.
   *
   * @param {ChatView | CompletionView} view
   * @param {Partial<Conversation>} changes
   */
  #changeOf(view, changes) {
    const { view: left, conversation } = this.#left;
    if (view !== left || conversation.id === this.#conversation.id) this.#change(changes);
    else this.#saver?.save({ ...conversation, ...changes });
  }

  /** @param {Partial<Conversation>} changes */
  #change(changes) {
    const before = this.#conversation;
    const names = /** @type {(keyof Conversation)[]} */ (Object.keys(changes));
    if (names.every((name) => changes[name] === before[name])) return;
    this.#conversation = { ...before, ...changes };
    if (!isEmpty(this.#conversation)) this.#saver?.save(this.#conversation);
  }

  /**
   * @param {Conversation} given
   * @param {Conversation} saved
   */
  #saved(given, saved) {
    this.#list.refresh();
    if (given.id !== this.#conversation.id) return;
    if (saved.id !== given.id) {
      this.#conversation = { ...this.#conversation, id: saved.id, title: saved.title };
      this.#notice.show(
        "Another tab has changed this conversation: this one is kept as a copy.",
        "warn",
      );
    }
    const hash = this.#address({ conversation: saved.id });
    if (location.hash !== this.#hash || location.hash === hash) return; // on its way elsewhere
    history.replaceState(null, "", hash);
    this.#hash = hash;
    this.#list.current = saved.id;
  }

  /**
   * Shows what another tab has written, unless there is something of this one to be kept.
   *
   * @param {string} id
   */
  async #changedElsewhere(id) {
    this.#list.refresh();
    const before = this.#conversation;
    const view = this.#view;
    if (id !== before.id || view?.localName !== "chat-view") return;
    const found = await this.#store?.load(id);
    const chat = /** @type {ChatView} */ (view);
    if (!found || this.#saver?.busy || chat.running) return;
    if (this.#conversation !== before || this.#view !== view) return;
    found.adopt();
    this.#conversation = { ...found.conversation, mode: "chat" };
    this.#panel.values = this.#conversation.parameters;
    chat.conversation = this.#conversation;
  }

  /** @param {{ id: string, title: string }} renamed */
  async #rename({ id, title }) {
    if (id === this.#conversation.id) this.#change({ title });
    else {
      const found = await this.#store?.load(id);
      if (found) await this.#store?.add([{ ...found.conversation, title }]);
    }
    await this.#saver?.flush();
    await this.#list.refresh();
  }

  /** @param {string} id of what will be deleted */
  async #release(id) {
    if (id === this.#conversation.id) this.#leaveView();
    await this.#saver?.flush();
  }

  /** Goes on with another model; one with chat that follows one without begins with it. */
  #chooseModel() {
    const before = this.#model;
    this.#change({ model: this.#bar.model });
    const model = this.#model;
    const view = this.#view;
    if (!model || !view) return;
    const keeps = before?.supports_chat ? this.#conversation.mode : "chat";
    const mode = model.supports_chat ? keeps : "completion";
    if (mode === this.#conversation.mode) {
      view.model = model;
      this.#panel.defaults = model.defaults;
      this.#bar.show(this.console.models, model, mode);
      return;
    }
    this.#leaveView();
    this.#change({ mode });
    this.#drawView();
  }

  /** Chat to completion takes the formatted prompt along; back, the conversation is as it was. */
  async #chooseMode() {
    const view = this.#view;
    if (this.#bar.mode === "chat" || view?.localName !== "chat-view") {
      this.#change({ mode: this.#bar.mode });
      this.#leaveView();
      await this.#drawView();
      return;
    }
    this.#bar.busy = true;
    try {
      const prompt = await this.#formattedPrompt(/** @type {ChatView} */ (view));
      if (this.#view !== view || !view.isConnected) return;
      const text = typeof prompt === "string" ? prompt : prompt.text;
      this.#leaveView();
      this.#change({ mode: "completion", prompt: text });
      await this.#drawView(prompt);
    } catch (error) {
      this.#bar.show(this.console.models, this.#model, "chat");
      this.#notice.showError(error);
    } finally {
      this.#bar.busy = false;
    }
  }

  /** @param {ChatView} chat */
  async #formattedPrompt(chat) {
    chat.stop();
    const isBlank = chat.draft === "" && chat.conversation.turns.length === 0;
    return isBlank ? this.#conversation.prompt : await chat.exactPrompt();
  }

  #parametersChanged() {
    this.#change({ parameters: this.#panel.values });
    if (this.#view) this.#view.parameters = () => this.#panel.values;
  }

  /** @param {Record<string, string>} query */
  #address(query) {
    const { model, mode } = this.#conversation;
    return routeHash(["playground"], "conversation" in query ? query : { model, mode, ...query });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (
      event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")
    ) return;
    if (!this.#columns.makeRoom()) this.#view?.stop();
  }
}

function noModels() {
  return h(
    "div",
    { class: "empty" },
    h("p", null, "There is no model yet that this key may use."),
    h("a", { class: "button", href: "#/models" }, "To the models"),
  );
}

customElements.define("playground-page", PlaygroundPage);
