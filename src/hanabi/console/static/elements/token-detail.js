/** What there is to know of one token: its figures, and what else could have stood in its place. */

import { h } from "../dom.js";
import { formatPercent } from "../lib/format.js";
import { hex, ranked, shade, shown } from "../lib/tokens.js";

/** @import { Alternative, Token } from "../api/generate.js" */

/**
 * Makes the details of a token.
 * @param {Token} token
 * @param {object} about
 * @param {string} about.note what else is to be said of it; "" for nothing
 * @param {((alternative: Alternative) => void)|null} about.onPick takes the alternative that was
 *   chosen; null where none can be
 * @returns {HTMLElement[]}
 */
export function tokenDetail(token, { note, onPick }) {
  return [
    h("p", { class: "token-detail-head" }, h("code", null, shown(token)), " ", note),
    h(
      "dl",
      { class: "token-figures numbers" },
      ...fact("Probability", formatPercent(Math.exp(token.logprob), 2)),
      ...fact("Logprob", logprobText(token.logprob)),
      ...fact("Id", String(token.id)),
      ...fact("Bytes", hex(token.bytes) || "none"),
    ),
    ...(token.top.length > 0 ? [alternatives(token, onPick)] : []),
  ];
}

/** A log-probability with four digits, which is as much as differs between machines.
 * @param {number} logprob
 * @returns {string}
 */
function logprobText(logprob) {
  return logprob.toFixed(4);
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return [h("dt", null, name), h("dd", null, value)];
}

/** @param {Token} token @param {((alternative: Alternative) => void)|null} onPick */
function alternatives(token, onPick) {
  const rows = ranked(token);
  const listed = rows.reduce((sum, { alternative }) => sum + Math.exp(alternative.logprob), 0);
  return h(
    "ul",
    { role: "list", class: "token-alternatives", "aria-label": "Most likely tokens here" },
    ...rows.map((row) => h("li", null, alternativeRow(row.alternative, row.chosen, onPick))),
    h(
      "li",
      { class: "muted" },
      h(
        "span",
        { class: "token-alternative" },
        h("span", null, "all others"),
        h("span", { class: "numbers" }, formatPercent(Math.max(1 - listed, 0), 2)),
      ),
    ),
  );
}

/** @param {Alternative} alternative @param {boolean} chosen
 * @param {((alternative: Alternative) => void)|null} onPick
 */
function alternativeRow(alternative, chosen, onPick) {
  const bar = h("span", {
    class: `token-bar shade-${shade(alternative.logprob)}`,
    "aria-hidden": "true",
  });
  bar.style.setProperty("--share", String(Math.exp(alternative.logprob)));
  const content = [
    h("code", null, shown(alternative)),
    ...(chosen ? [h("span", { class: "badge accent" }, "here")] : []),
    h("span", { class: "numbers" }, formatPercent(Math.exp(alternative.logprob), 2)),
    bar,
  ];
  if (chosen || onPick === null) return h("span", { class: "token-alternative" }, ...content);
  return h("button", {
    type: "button",
    class: "token-alternative quiet",
    title: `Continue with token ${alternative.id} here`,
    on: { click: () => onPick(alternative) },
  }, ...content);
}
