/**
 * One model: what it is, its fireworks.json, and how to ask it.
 * @module
 */

import { deleteModel } from "../api/models.js";
import { setTitle } from "../console.js";
import { h, icon } from "../dom.js";
import { CopyButton } from "../elements/copy-button.js";
import { confirmAction } from "../elements/modal-dialog.js";
import { NoticeBar } from "../elements/notice-bar.js";
import { segments } from "../elements/segments.js";
import { formatBytes, formatDateTime, formatNumber } from "../lib/format.js";
import { shortName } from "../lib/model-list.js";
import { routeHash } from "../lib/route.js";
import { SNIPPETS } from "../lib/snippets.js";
import { kindBadges } from "./models-page.js";

/** @import { Console, ModelEntry } from "../console.js" */
/** @import { Route } from "../lib/route.js" */

/** `<model-page>`: the model whose full name is the rest of the route's path. */
export class ModelPage extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected
  route = /** @type {Route} */ (/** @type {unknown} */ (null)); // likewise

  #heading = h("h1");
  #actions = h("div", { class: "row" });
  #notice = new NoticeBar();
  #body = h("div", { class: "stack" });

  connectedCallback() {
    const back = h("a", { href: "#/models", class: "back" }, icon("back"), "Models");
    this.className = "page model";
    this.#heading.textContent = shortName(this.#id);
    setTitle(shortName(this.#id));
    this.replaceChildren(
      back,
      h("header", { class: "page-head" }, this.#heading, this.#actions),
      this.#notice,
      this.#body,
    );
    const known = this.console.models.find((model) => model.id === this.#id);
    if (known) this.#draw(known);
    this.#load();
  }

  get #id() {
    return this.route.path.slice(1).join("/");
  }

  async #load() {
    this.#body.ariaBusy = "true";
    try {
      const name = encodeURIComponent(this.#id);
      this.#draw(await this.console.api.get(`/v1/models/${name}?details=true`));
    } catch (error) {
      this.#notice.showError(error, () => this.#load());
    } finally {
      this.#body.ariaBusy = "false";
    }
  }

  /** @param {ModelEntry} model */
  #draw(model) {
    this.#drawActions(model);
    this.#body.replaceChildren(
      section("About", null, facts(model)),
      manifest(model),
      snippets(model),
    );
  }

  /** @param {ModelEntry} model */
  #drawActions(model) {
    const play = h(
      "a",
      {
        class: "button primary",
        href: routeHash(["playground"], { model: model.id }),
      },
      icon("play"),
      "Open in playground",
    );
    /** @type {HTMLButtonElement} */
    const remove = h(
      "button",
      {
        type: "button",
        class: "danger",
        on: { click: () => this.#delete(model, remove) },
      },
      icon("trash"),
      "Delete",
    );
    this.#actions.replaceChildren(...(this.console.identity.admin ? [remove, play] : [play]));
  }

  /**
   * @param {ModelEntry} model
   * @param {HTMLButtonElement} button
   */
  async #delete(model, button) {
    const sure = await confirmAction({
      heading: `Delete ${shortName(model.id)}?`,
      text: `${model.id} and its files are deleted for good. Requests that run are finished first.`,
      action: "Delete",
    });
    if (!sure) return;
    button.disabled = true;
    this.#notice.clear();
    try {
      await deleteModel(this.console.api, model.id);
      this.console.notify(`Deleted ${model.id}`);
      this.console.go("#/models");
    } catch (error) {
      button.disabled = false;
      this.#notice.showError(error);
    }
  }
}

/**
 * @param {string} title
 * @param {Node | null} action
 * @param {...Node} content
 */
function section(title, action, ...content) {
  const head = h("header", { class: "row spread" }, h("h2", null, title), action);
  return h("section", { class: "card pad stack" }, head, ...content);
}

/** @param {ModelEntry} model */
function facts(model) {
  const rows = [
    ["Name", h("span", { class: "row" }, h("code", null, model.id), copyButton(model.id))],
    ["Account", model.owned_by],
    ["Created", formatDateTime(new Date(model.created * 1000))],
    ["Answers", h("span", { class: "row" }, ...kindBadges(model))],
    ["Style", model.style ?? "none"],
    ["System prompt", model.system ?? "none"],
    ["Context", model.context_length === undefined ? "unknown" : tokens(model.context_length)],
    ["Size", formatBytes(model.bytes)],
    ["State", model.loaded ? "loaded" : "not loaded: the first request loads it"],
    ...Object.entries(model.defaults).map(([name, value]) => [
      `Default ${name}`,
      h("code", null, JSON.stringify(value)),
    ]),
  ];
  return h(
    "dl",
    { class: "facts" },
    ...rows.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
  );
}

/** @param {number} count */
function tokens(count) {
  return `${formatNumber(count)} tokens`;
}

/** @param {ModelEntry} model */
function manifest(model) {
  if (model.manifest === undefined || Object.keys(model.manifest).length === 0) {
    const text = h("p", { class: "muted" }, "This model was made without one.");
    return section("fireworks.json", null, text);
  }
  const text = JSON.stringify(model.manifest, null, 2);
  return section("fireworks.json", copyButton(text), code(text, "fireworks.json"));
}

/** @param {ModelEntry} model */
function snippets(model) {
  const request = exampleRequest(model);
  const options = SNIPPETS.map(({ id, label }) => /** @type {const} */ ([id, label]));
  const choice = segments("Language", options, "curl");
  const shown = h("code");
  const show = (/** @type {string} */ id) => {
    const snippet = SNIPPETS.find((one) => one.id === id);
    shown.textContent = snippet?.write(request, location.origin) ?? "";
  };
  choice.addEventListener("change", (event) => {
    show(/** @type {HTMLInputElement} */ (event.target).value);
  });
  show("curl");
  const text = h("pre", exact("Code"), shown);
  return section("Use it", copyButton(() => shown.textContent), choice, text);
}

/** @param {ModelEntry} model */
function exampleRequest({ id: model, supports_chat }) {
  if (!supports_chat) {
    return { path: "/v1/completions", body: { model, prompt: "The sky is", max_tokens: 16 } };
  }
  const messages = [{ role: "user", content: "Say this is a test" }];
  return { path: "/v1/chat/completions", body: { model, messages } };
}

/**
 * @param {string} text
 * @param {string} label
 */
function code(text, label) {
  return h("pre", exact(label), h("code", null, text));
}

/** A block of exact text, which a keyboard can scroll. @param {string} label */
function exact(label) {
  return { class: "code-block", tabIndex: 0, role: "region", "aria-label": label };
}

/** @param {string | (() => string)} text */
function copyButton(text) {
  return Object.assign(new CopyButton(), { text });
}

customElements.define("model-page", ModelPage);
