/**
 * The usage of an account (protocol/usage.py): its spans, totals, chart and CSV. Pure.
 * @module
 */

import { daysBetween, stackByDay } from "./chart.js";
import { csvText } from "./csv.js";

/**
 * What some requests used together.
 * @typedef {{ requests: number, promptTokens: number, cachedPromptTokens: number, completionTokens: number, totalTokens: number }} Amount
 */

/** The usage of one key, model or day. @typedef {Amount & { group: string, displayName: string }} Group */
/** The usage of one model in one day, UTC. @typedef {Amount & { day: string, model: string }} Point */
/** The reply. @typedef {{ sums: Group[], series: Point[] }} Usage */
/** What each sum is for. @typedef {"day" | "model" | "key"} By */
/** @typedef {"24h" | "7d" | "30d" | "90d"} Span */
/** @import { Table } from "../elements/data-table.js" */
/** @import { Stack } from "./chart.js" */

/** The spans to choose from, and how a sentence calls them. */
export const SPANS = Object.freeze(
  /** @type {readonly { span: Span, label: string, days: number }[]} */ ([
    { span: "24h", label: "24 hours", days: 2 }, // they lie in two days
    { span: "7d", label: "7 days", days: 7 },
    { span: "30d", label: "30 days", days: 30 },
    { span: "90d", label: "90 days", days: 90 },
  ]),
);

/** How requests that found no model are called. */
export const NO_MODEL = "(no model)";

const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_LAYERS = 8;
const OTHERS = "Other models";

/**
 * A model's name without what goes without saying: the account's own models by their ids alone, others
 * as `account/id`.
 * @param {string} name a full name, or "" where no model was found
 * @param {string} account whose usage it is
 * @returns {string}
 */
export function modelLabel(name, account) {
  if (name === "") return NO_MODEL;
  const [, owner, id] = /^accounts\/([^/]+)\/models\/(.+)$/.exec(name) ?? [];
  if (owner === undefined || id === undefined) return name;
  return owner === account ? id : `${owner}/${id}`;
}

/**
 * The sum of all groups.
 * @param {readonly Amount[]} amounts
 * @returns {Amount}
 */
export function total(amounts) {
  const sum = {
    requests: 0,
    promptTokens: 0,
    cachedPromptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
  };
  for (const amount of amounts) {
    sum.requests += amount.requests;
    sum.promptTokens += amount.promptTokens;
    sum.cachedPromptTokens += amount.cachedPromptTokens;
    sum.completionTokens += amount.completionTokens;
    sum.totalTokens += amount.totalTokens;
  }
  return sum;
}

/**
 * The tokens by day and model as a chart, with every day of the span.
 * @param {readonly Point[]} series
 * @param {Span} span
 * @param {Date} now
 * @param {string} account whose usage it is
 * @returns {Stack}
 */
export function tokenStack(series, span, now, account) {
  const today = now.getTime();
  const days = SPANS.find((each) => each.span === span)?.days ?? 1;
  const first = new Date(today - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  const last = new Date(today).toISOString().slice(0, 10);
  const points = series.map(({ day, model, totalTokens }) => ({
    day,
    name: modelLabel(model, account),
    value: totalTokens,
  }));
  return stackByDay(daysBetween(first, last), points, MOST_LAYERS, OTHERS);
}

/**
 * What a chart shows, as a table: a row for each day, the latest first, a column for each model.
 * @param {Stack} stack
 * @returns {Table}
 */
export function stackTable({ labels, layers }) {
  return {
    caption: "Tokens by day and model",
    columns: [
      { title: "Day", kind: "text" },
      ...layers.map(({ name }) => /** @type {const} */ ({ title: name, kind: "number" })),
    ],
    rows: labels.map((day, index) => [day, ...layers.map(({ values }) => values[index] ?? 0)])
      .reverse(),
  };
}

/**
 * The sums as a table, with their total.
 * @param {By} by
 * @param {readonly Group[]} sums
 * @param {string} account whose usage it is
 * @returns {Table}
 */
export function sumsTable(by, sums, account) {
  const all = total(sums);
  /** @param {Amount} amount */
  const amounts = (amount) => [
    amount.requests,
    amount.promptTokens,
    amount.cachedPromptTokens,
    amount.completionTokens,
    amount.totalTokens,
    all.totalTokens === 0 ? 0 : amount.totalTokens / all.totalTokens,
  ];
  return {
    caption: `Usage by ${by}`,
    columns: [
      { title: by[0]?.toUpperCase() + by.slice(1), kind: "text" },
      { title: "Requests", kind: "number" },
      { title: "Prompt", kind: "number" },
      { title: "Cached", kind: "number" },
      { title: "Completion", kind: "number" },
      { title: "Tokens", kind: "number" },
      { title: "Share", kind: "share" },
    ],
    rows: sums.map((sum) => [label(by, sum, account), ...amounts(sum)]),
    foot: ["Total", ...amounts(all)],
  };
}

/** @param {By} by @param {Group} sum @param {string} account */
function label(by, { group, displayName }, account) {
  if (by === "model") return modelLabel(group, account);
  return by === "key" && displayName !== group ? `${displayName} (${group.slice(0, 8)})` : group;
}

/**
 * The sums as CSV; a key has a column of its own for its id.
 * @param {By} by
 * @param {readonly Group[]} sums
 * @returns {string}
 */
export function usageCsv(by, sums) {
  const groups = by === "key" ? ["key", "key_id"] : [by];
  const header = [
    ...groups,
    "requests",
    "prompt_tokens",
    "cached_prompt_tokens",
    "completion_tokens",
    "total_tokens",
  ];
  return csvText(
    header,
    sums.map((sum) => [
      ...(by === "key" ? [sum.displayName, sum.group] : [sum.group]),
      sum.requests,
      sum.promptTokens,
      sum.cachedPromptTokens,
      sum.completionTokens,
      sum.totalTokens,
    ]),
  );
}
