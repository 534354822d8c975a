/**
 * The models that a key may use.
 * @module
 */

import { h, icon } from "../dom.js";
import { NoticeBar } from "../elements/notice-bar.js";
import { UnfinishedUploads } from "../elements/unfinished-uploads.js";
import { UploadForm } from "../elements/upload-form.js";
import { formatBytes, formatNumber } from "../lib/format.js";
import { matching, shortName } from "../lib/model-list.js";
import { modelHash, routeHash } from "../lib/route.js";

/** @import { Console, ModelEntry } from "../console.js" */
/** @import { Route } from "../lib/route.js" */

const COLUMNS = /** @type {const} */ ([
  ["Model", ""],
  ["Kind", ""],
  ["Style", ""],
  ["Context", "number"],
  ["Size", "number"],
  ["State", ""],
]);

/** `<models-page>`: a list with a search; admins make models here. */
export class ModelsPage extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected
  route = /** @type {Route} */ (/** @type {unknown} */ (null)); // likewise

  #notice = new NoticeBar();
  #search = h("input", {
    type: "search",
    placeholder: "Search by name, style, chat or completions",
    "aria-label": "Search models",
    on: { input: () => this.#draw() },
  });
  #count = h("p", { class: "hint numbers", role: "status" });
  #list = h("div");
  #unfinished = new UnfinishedUploads();
  #form = new UploadForm();
  #create = h(
    "button",
    { type: "button", class: "primary", on: { click: () => this.#openForm() } },
    icon("plus"),
    "Create a model",
  );

  connectedCallback() {
    const admin = this.console.identity.admin;
    this.className = "page models";
    this.#form.console = this.#unfinished.console = this.console;
    this.#form.hidden = true;
    this.#create.hidden = !admin;
    this.replaceChildren(
      h("header", { class: "page-head" }, h("h1", null, "Models"), this.#create),
      this.#form,
      this.#unfinished,
      h("div", { class: "row spread models-search" }, this.#search, this.#count),
      this.#notice,
      this.#list,
    );
    this.addEventListener("uploadend", () => this.#refresh());
    this.addEventListener("continueupload", (event) => {
      this.#openForm();
      this.#form.goOn(/** @type {CustomEvent<string>} */ (event).detail);
    });
    this.addEventListener("formclose", () => this.#closeForm());
    if (admin) this.#takeDrops();
    this.#draw();
    this.#refresh();
  }

  async #refresh() {
    this.#notice.clear();
    this.#list.ariaBusy = "true";
    try {
      await Promise.all([
        this.console.refreshModels(),
        this.console.identity.admin ? this.#unfinished.refresh() : null,
      ]);
      this.#draw();
    } catch (error) {
      this.#notice.showError(error, () => this.#refresh());
    } finally {
      this.#list.ariaBusy = "false";
    }
  }

  #draw() {
    const { models } = this.console;
    const found = matching(models, this.#search.value);
    this.#count.textContent = found.length === models.length
      ? `${formatNumber(models.length)} ${models.length === 1 ? "model" : "models"}`
      : `${formatNumber(found.length)} of ${formatNumber(models.length)} models`;
    this.#list.replaceChildren(found.length > 0 ? table(found) : this.#nothing());
  }

  /** What stands in place of a list without a row. */
  #nothing() {
    if (this.console.models.length > 0) {
      const clear = () => {
        this.#search.value = "";
        this.#draw();
        this.#search.focus();
      };
      const button = h("button", { type: "button", on: { click: clear } }, "Show all");
      return h(
        "div",
        { class: "empty card" },
        h("p", null, "No model has all these words."),
        button,
      );
    }
    const text = this.console.identity.admin
      ? "There is no model yet. Create one from a GGUF file: drop it here."
      : "There is no model that this key may use.";
    return h("div", { class: "empty card" }, h("p", null, text));
  }

  #openForm() {
    this.#form.hidden = false;
    this.#create.hidden = true;
    this.#form.focusFirst();
  }

  #closeForm() {
    this.#form.hidden = true;
    this.#create.hidden = false;
    this.#create.focus();
  }

  /** A file may be dropped anywhere on the page. */
  #takeDrops() {
    this.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (this.#form.hidden) this.#openForm();
    });
    this.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      this.#form.choose(file);
    });
  }
}

/** @param {readonly ModelEntry[]} models */
function table(models) {
  const heads = COLUMNS.map(([name, kind]) => h("th", { scope: "col", class: kind }, name));
  const action = h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Actions"));
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      { class: "table models-table" },
      h("caption", { class: "visually-hidden" }, "Models"),
      h("thead", null, h("tr", null, ...heads, action)),
      h("tbody", null, ...models.map(row)),
    ),
  );
}

/** @param {ModelEntry} model */
function row(model) {
  const name = shortName(model.id);
  const cells = [
    h("div", { class: "row" }, ...kindBadges(model)),
    model.style ?? h("span", { class: "muted" }, "none"),
    model.context_length === undefined ? "unknown" : formatNumber(model.context_length),
    formatBytes(model.bytes),
    h(
      "span",
      { class: model.loaded ? "badge good" : "badge" },
      model.loaded ? "loaded" : "not loaded",
    ),
  ];
  return h(
    "tr",
    null,
    h(
      "th",
      { scope: "row" },
      h("a", { href: modelHash(model.id) }, name),
      h("p", { class: "hint" }, model.owned_by),
    ),
    ...cells.map((cell, i) => {
      const [label, kind] = COLUMNS[i + 1] ?? ["", ""];
      return h("td", { class: kind, "data-label": label }, cell);
    }),
    h(
      "td",
      { class: "action" },
      h(
        "a",
        {
          class: "button small",
          href: routeHash(["playground"], { model: model.id }),
          "aria-label": `Open ${name} in the playground`,
        },
        icon("play"),
        "Playground",
      ),
    ),
  );
}

/**
 * What a model can do.
 * @param {ModelEntry} model
 * @returns {HTMLElement[]}
 */
export function kindBadges(model) {
  const badges = [h("span", { class: "badge" }, "completions")];
  if (model.supports_chat) badges.unshift(h("span", { class: "badge accent" }, "chat"));
  return badges;
}

customElements.define("models-page", ModelsPage);
