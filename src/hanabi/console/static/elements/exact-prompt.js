/** What the model reads of a request, token by token. */

import { exactPrompt } from "../api/prompts.js";
import { h } from "../dom.js";
import { formatNumber } from "../lib/format.js";
import "./copy-button.js";
import { openDialog } from "./modal-dialog.js";
import "./notice-bar.js";
import "./token-view.js";

/** @import { Console } from "../console.js" */
/** @import { ExactPrompt } from "../lib/exact.js" */
/** @import { Body } from "../lib/request.js" */
/** @import { CopyButton } from "./copy-button.js" */
/** @import { NoticeBar } from "./notice-bar.js" */
/** @import { TokenView } from "./token-view.js" */

/** `<exact-prompt>`: shows nothing until it is opened. */
export class ExactPromptDialog extends HTMLElement {
  /** Asks the server for the prompt of a request and shows it; nothing is generated.
   * @param {Console} console
   * @param {string} path
   * @param {Body} body
   * @returns {Promise<void>} resolves when it is shown, or what went wrong with it
   */
  async open(console, path, body) {
    const content = h("div", { class: "exact" }, h("span", { class: "spinner", role: "status" }));
    openDialog("Exact prompt", content, { wide: true });
    await fill(content, console, path, body);
  }
}

/** @param {HTMLElement} content @param {Console} console @param {string} path @param {Body} body */
async function fill(content, console, path, body) {
  try {
    content.replaceChildren(...shown(await exactPrompt(console.api, path, body)));
  } catch (error) {
    const notice = /** @type {NoticeBar} */ (h("notice-bar"));
    content.replaceChildren(notice);
    notice.showError(error, () => fill(content, console, path, body));
  }
}

/** @param {ExactPrompt} prompt */
function shown(prompt) {
  const tokens = /** @type {TokenView} */ (h("token-view", {
    special: new Set(Object.values(prompt.control)),
    tokens: prompt.tokens,
  }));
  const count = prompt.ids.length;
  return [
    h(
      "div",
      { class: "row spread" },
      h(
        "p",
        { class: "numbers" },
        h("strong", null, formatNumber(count)),
        count === 1 ? " token" : " tokens",
        h("span", { class: "muted" }, `, ${formatNumber(prompt.text.length)} characters`),
      ),
      h(
        "div",
        { class: "row" },
        copyButton("Copy text", prompt.text),
        copyButton("Copy ids", JSON.stringify(prompt.ids)),
      ),
    ),
    tokens,
  ];
}

/** @param {string} label @param {string} text */
function copyButton(label, text) {
  return /** @type {CopyButton} */ (h("copy-button", { label, text }));
}

customElements.define("exact-prompt", ExactPromptDialog);
