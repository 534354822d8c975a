/**
 * API keys: what a list shows of one, and what is sent to make one. Pure.
 * @module
 */

import { formatNumber } from "./format.js";

/**
 * The most that a key may use; what is absent has no limit.
 * @typedef {{ requestsPerMinute?: number, tokensPerMinute?: number, maxConcurrent?: number, monthlyTokens?: number }} Limits
 */

/**
 * A key of the list (protocol/api_keys.py, ApiKey). Times are RFC 3339 in UTC.
 * @typedef {{ keyId: string, displayName: string, prefix: string, admin: boolean, createTime: string, expireTime?: string, revokeTime?: string, models?: string[], limits: Limits }} ApiKey
 */

/**
 * What a form says of a key that is to be made; texts as they were typed.
 * @typedef {object} Wish
 * @property {string} displayName
 * @property {Date | null} expires null: never
 * @property {boolean} admin
 * @property {string[] | null} models the full names of the only ones; null: all of the account
 * @property {Partial<Record<keyof Limits, string>>} limits whole numbers; "": no limit
 */

/** Every limit: its name on the wire, what a form calls it, and how a list says it. */
export const LIMITS = Object.freeze(
  /** @type {const} */ ([
    { name: "requestsPerMinute", label: "Requests per minute", unit: "requests/min" },
    { name: "tokensPerMinute", label: "Tokens per minute", unit: "tokens/min" },
    { name: "maxConcurrent", label: "Requests at once", unit: "at once" },
    { name: "monthlyTokens", label: "Tokens per calendar month", unit: "tokens/month" },
  ]),
);

/** The greatest number of a limit (protocol/api_keys.py, LIMIT_MAX). */
export const LIMIT_MAX = 1e15;

/** The most characters of a key's name (protocol/api_keys.py, NAME_MAX). */
export const NAME_MAX = 100;

/**
 * Whether a key is good, and if not, why.
 * @param {ApiKey} key
 * @param {Date} now
 * @returns {"good" | "expired" | "revoked"}
 */
export function keyState(key, now) {
  if (key.revokeTime !== undefined) return "revoked";
  const expires = key.expireTime;
  return expires !== undefined && Date.parse(expires) <= now.getTime() ? "expired" : "good";
}

/**
 * A key's limits, each as a list says it: `60 requests/min`.
 * @param {Limits} limits
 * @returns {string[]}
 */
export function limitTexts(limits) {
  return LIMITS.flatMap(({ name, unit }) => {
    const limit = limits[name];
    return limit === undefined ? [] : [`${formatNumber(limit)} ${unit}`];
  });
}

/**
 * The body of the request that makes a key; what a form leaves open is not in it.
 * @param {Wish} wish
 * @returns {{ apiKey: Record<string, unknown> }}
 */
export function createBody({ displayName, expires, admin, models, limits }) {
  /** @type {Record<string, unknown>} */
  const apiKey = { displayName };
  if (expires !== null) apiKey.expireTime = expires.toISOString();
  if (admin) apiKey.admin = true;
  if (models !== null) apiKey.models = models;
  const set = Object.entries(limits).filter(([, text]) => text !== "");
  if (set.length > 0) {
    apiKey.limits = Object.fromEntries(set.map(([name, text]) => [name, Number(text)]));
  }
  return { apiKey };
}

/**
 * The form's field that a refusal is about. The gateway's errors have no `param`: their sentence
 * begins with the field's path, `apiKey.limits.maxConcurrent must be ...`.
 * @param {string} message the server's sentence
 * @returns {string} the first part below apiKey, or of limits; "": none of them
 */
export function fieldOf(message) {
  return /^apiKey\.(?:limits\.)?(\w+)/.exec(message)?.[1] ?? "";
}
