/**
 * The keys of an account.
 * @module
 */

import { h } from "../dom.js";
import { keyState, limitTexts } from "../lib/api-key.js";
import { formatDateTime } from "../lib/format.js";
import { modelLabel } from "../lib/usage.js";

/** @import { ApiKey } from "../lib/api-key.js" */

const STATE_BADGES = Object.freeze({ good: "good", expired: "warn", revoked: "danger" });
const HEADS = ["Name", "Key", "State", "Models", "Limits", "Created", "Ends", ""];

/**
 * A table of keys, the newest first.
 * @param {object} shown
 * @param {readonly ApiKey[]} shown.keys
 * @param {string} shown.account whose keys they are
 * @param {string} shown.ownKeyId the key that this browser has signed in with
 * @param {Date} shown.now
 * @param {(key: ApiKey) => void} shown.onRevoke
 * @returns {HTMLElement}
 */
export function keyTable({ keys, account, ownKeyId, now, onRevoke }) {
  const rows = keys.toReversed().map((key) => {
    const state = keyState(key, now);
    const revoke = () => onRevoke(key);
    return h(
      "tr",
      { class: state === "good" ? "" : "key-off", "data-key": key.keyId },
      h("th", { scope: "row" }, key.displayName, key.keyId === ownKeyId ? [" ", own()] : null),
      h("td", { class: "mono" }, `${key.prefix}…`),
      h(
        "td",
        { class: "key-badges" },
        h("span", { class: `badge ${STATE_BADGES[state]}` }, state),
        key.admin ? [" ", h("span", { class: "badge" }, "admin")] : null,
      ),
      h(
        "td",
        { class: "lines", "data-label": "Models" },
        ...list(key.models?.map((name) => modelLabel(name, account)), "all"),
      ),
      h(
        "td",
        { class: "lines key-limit", "data-label": "Limits" },
        ...list(limitTexts(key.limits), "none"),
      ),
      h("td", { class: "numbers", "data-label": "Created" }, time(key.createTime)),
      h("td", { class: "numbers", "data-label": "Ends" }, expiry(key)),
      h(
        "td",
        { class: "number" },
        state === "revoked"
          ? null
          : h("button", { type: "button", class: "small danger", on: { click: revoke } }, "Revoke"),
      ),
    );
  });
  const label = `API keys of ${account}`;
  return h(
    "div",
    { class: "table-frame", tabIndex: 0, role: "region", "aria-label": label },
    h(
      "table",
      { class: "table key-table" },
      h("caption", { class: "visually-hidden" }, label),
      h("thead", null, h("tr", null, HEADS.map(head))),
      h("tbody", null, rows),
    ),
  );
}

/** @param {string} title */
function head(title) {
  return title === ""
    ? h("td", null, h("span", { class: "visually-hidden" }, "Actions"))
    : h("th", { scope: "col" }, title);
}

function own() {
  return h("span", { class: "badge accent" }, "in use here");
}

/** When it ends, or ended. @param {ApiKey} key */
function expiry({ expireTime, revokeTime }) {
  if (revokeTime !== undefined) return time(revokeTime);
  return expireTime === undefined ? "never" : time(expireTime);
}

/** @param {string} text RFC 3339 */
function time(text) {
  return h("time", { dateTime: text, title: text }, formatDateTime(new Date(text)));
}

/** @param {readonly string[] | undefined} lines @param {string} none what stands for no line */
function list(lines, none) {
  return lines?.length ? lines.map((line) => h("div", null, line)) : [none];
}
