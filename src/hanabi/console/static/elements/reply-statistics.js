/** The figures of one reply. */

import { h, svg } from "../dom.js";
import { formatDuration, formatNumber } from "../lib/format.js";
import { percentile, sparkline } from "../lib/statistics.js";

/** @import { Choice } from "../api/generate.js" */

/** Pixels of the sparkline. */
const WIDTH = 120;
const HEIGHT = 20;

/** What a finish reason means. */
const REASONS = {
  stop: "the model or a stop string ended it",
  length: "Max tokens or the context's end was reached",
  cancelled: "you stopped it",
};

/** `<reply-statistics>`: property `choice`; nothing is shown before it has statistics. */
export class ReplyStatistics extends HTMLElement {
  /** @type {Choice|null} */
  #choice = null;

  connectedCallback() {
    this.#draw();
  }

  get choice() {
    return this.#choice;
  }

  set choice(choice) {
    this.#choice = choice;
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const choice = this.#choice;
    this.replaceChildren();
    if (!choice?.statistics) return;
    const { statistics } = choice;
    const {
      timeToFirstToken,
      tokensPerSecond,
      promptTokens,
      cachedTokens,
      completionTokens,
      gaps,
    } = statistics;
    const first = timeToFirstToken === null ? null : formatDuration(timeToFirstToken);
    const rate = tokensPerSecond === null ? null : `${formatNumber(tokensPerSecond, 1)}/s`;
    this.append(h(
      "dl",
      { class: "statistics numbers" },
      ...fact("First token", first, "time from sending the request to the first text"),
      ...fact("Speed", rate, "tokens a second after the first one"),
      ...fact("In", tokens(promptTokens), "tokens of the prompt"),
      ...fact("Cached", tokens(cachedTokens), "prompt tokens that were not computed again"),
      ...fact("Out", tokens(completionTokens), "generated tokens, the end token included"),
      ...reason(choice),
      ...(gaps.length < 2
        ? []
        : [h("div", null, h("dt", null, "Gaps"), h("dd", null, ...gapLine(gaps)))]),
    ));
    if (choice.raw) this.append(raw(choice.raw));
  }
}

/** @param {number|null} count */
function tokens(count) {
  return count === null ? null : formatNumber(count);
}

/** @param {string} name @param {string|null} value null: not known, so not shown
 * @param {string} meaning
 */
function fact(name, value, meaning) {
  if (value === null) return [];
  return [h("div", { title: meaning }, h("dt", null, name), h("dd", null, value))];
}

/** @param {Choice} choice */
function reason({ finishReason }) {
  return finishReason === null ? [] : fact("Finish", finishReason, REASONS[finishReason]);
}

/** The gaps between pieces of text, as a line, and in words.
 * @param {number[]} gaps
 */
function gapLine(gaps) {
  const median = formatDuration(percentile(gaps, 0.5));
  const longest = formatDuration(percentile(gaps, 1));
  const label = `Time between pieces of text: median ${median}, longest ${longest}`;
  return [
    svg(
      "svg",
      {
        class: "sparkline",
        viewBox: `0 -1 ${WIDTH} ${HEIGHT + 2}`,
        width: WIDTH,
        height: HEIGHT,
        role: "img",
        "aria-label": label,
      },
      svg("title", {}, label),
      svg("polyline", { points: sparkline(gaps, WIDTH, HEIGHT) }),
    ),
    h("span", { class: "sparkline-text", "aria-hidden": "true" }, `${median} · max ${longest}`),
  ];
}

/** @param {Record<string, unknown>} asked what the request asked for beside the text */
function raw(asked) {
  const text = JSON.stringify(asked, null, 1);
  return h(
    "details",
    { class: "raw" },
    h("summary", null, Object.keys(asked).join(", ")),
    h("pre", { class: "code-block wrap", tabIndex: 0 }, text),
  );
}

customElements.define("reply-statistics", ReplyStatistics);
