/**
 * Dialogs that take over the page until they are closed, by Esc too.
 * @module
 */

import { h, icon } from "../dom.js";
import { uuid } from "../lib/uuid.js";

/** @import { Child } from "../dom.js" */

/**
 * Opens a dialog; it goes away when it is closed. `returnValue` is "" unless `close` was given one.
 * @param {string} heading
 * @param {Child} content
 * @param {{ wide?: boolean }} [options]
 * @returns {HTMLDialogElement} listen to its `close` event
 */
export function openDialog(heading, content, { wide = false } = {}) {
  const close = h("button", {
    type: "button",
    class: "quiet icon-button",
    "aria-label": "Close",
    on: { click: () => dialog.close() },
  }, icon("close"));
  const title = h("h2", { id: `dialog-${uuid()}` }, heading);
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    {
      class: wide ? "dialog wide" : "dialog",
      "aria-labelledby": title.id,
      on: { close: () => dialog.remove() },
    },
    h("header", { class: "dialog-head" }, title, close),
    h("div", { class: "dialog-body" }, content),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks before something that cannot be undone.
 * @param {{ heading: string, text: string, action: string }} question `action` names the button that
 *   does it
 * @returns {Promise<boolean>} whether to do it
 */
export function confirmAction({ heading, text, action }) {
  const cancel = h("button", { type: "button", on: { click: () => dialog.close() } }, "Cancel");
  const confirm = h(
    "button",
    { type: "button", class: "danger primary", on: { click: () => dialog.close("confirmed") } },
    action,
  );
  /** @type {HTMLDialogElement} */
  const dialog = openDialog(heading, [
    h("p", null, text),
    h("div", { class: "dialog-actions" }, cancel, confirm),
  ]);
  cancel.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirmed"));
  });
}
