/**
 * A conversation as a link.
 * @module
 */

import { h } from "../dom.js";
import { routeHash } from "../lib/route.js";
import { shareCode } from "../lib/share.js";
import "./copy-button.js";
import { openDialog } from "./modal-dialog.js";
import { NoticeBar } from "./notice-bar.js";

/** @import { Conversation } from "../lib/conversation.js" */

const EXPLANATION = "The link itself carries the messages, the system prompt and the parameters: " +
  "whoever has it can read them, and no server keeps them. Opening it sends nothing to a model.";

/**
 * Shows the link of a conversation, or why it has none.
 *
 * @param {Conversation} conversation
 */
export async function openShareDialog(conversation) {
  const place = h("div", { class: "stack" });
  openDialog("Share", place);
  try {
    const hash = routeHash(["playground"], { share: await shareCode(conversation) });
    const link = `${location.origin}/${hash}`;
    const field = h("input", { readOnly: true, value: link, "aria-label": "Link" });
    place.append(
      h("p", null, EXPLANATION),
      h(
        "div",
        { class: "share-link" },
        field,
        h("copy-button", { text: link, label: "Copy link" }),
      ),
    );
    field.select();
  } catch (error) {
    const notice = new NoticeBar();
    place.append(notice);
    notice.show(`${/** @type {Error} */ (error).message}.`);
  }
}
