/**
 * Uploads that were cut: models whose files are still awaited.
 * @module
 */

import { discardUpload, unfinishedModels } from "../api/models.js";
import { h, icon } from "../dom.js";
import { formatAgo } from "../lib/format.js";
import { shortName } from "../lib/model-list.js";
import { NoticeBar } from "./notice-bar.js";

/** @import { UnfinishedModel } from "../api/models.js" */
/** @import { Console } from "../console.js" */

/**
 * `<unfinished-uploads>`: nothing where there is none; events `continueupload` with a model's full
 * name as its detail, and `uploadend` after one was deleted; both bubble.
 */
export class UnfinishedUploads extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected

  /** Asks for them anew. */
  async refresh() {
    const { api, identity } = this.console;
    const models = await unfinishedModels(api, identity.account);
    const heading = h("h2", null, "Unfinished uploads");
    const rows = models.map((model) => this.#row(model));
    this.replaceChildren(
      ...(models.length === 0 ? [] : [
        h(
          "section",
          { class: "card pad stack unfinished", "aria-label": "Unfinished uploads" },
          heading,
          h("ul", { role: "list", class: "stack" }, ...rows),
        ),
      ]),
    );
  }

  /** @param {UnfinishedModel} model */
  #row(model) {
    const name = shortName(model.name);
    const notice = new NoticeBar();
    const goOn = () => {
      this.dispatchEvent(new CustomEvent("continueupload", { bubbles: true, detail: model.name }));
    };
    const discard = async () => {
      try {
        await discardUpload(this.console.api, model.name);
        this.dispatchEvent(new CustomEvent("uploadend", { bubbles: true }));
      } catch (error) {
        notice.showError(error, discard);
      }
    };
    const begun = formatAgo(new Date(model.createTime), new Date());
    return h(
      "li",
      { class: "stack" },
      h(
        "div",
        { class: "row spread" },
        h("div", null, h("strong", null, name), h("p", { class: "hint" }, `begun ${begun}`)),
        h(
          "div",
          { class: "row" },
          h(
            "button",
            {
              type: "button",
              class: "small",
              "aria-label": `Go on with ${name}`,
              on: { click: goOn },
            },
            icon("upload"),
            "Go on",
          ),
          h(
            "button",
            {
              type: "button",
              class: "small danger",
              "aria-label": `Delete ${name}`,
              on: { click: discard },
            },
            icon("trash"),
            "Delete",
          ),
        ),
      ),
      notice,
    );
  }
}

customElements.define("unfinished-uploads", UnfinishedUploads);
