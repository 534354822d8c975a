/**
 * Numbers, sizes and times as the console writes them. Pure: the current time and the time zone
 * come in as arguments where they matter. The console is in English, and so are its numbers.
 */

const LOCALE = "en";
/** Swedish dates and times are those of ISO 8601, but for the T. */
const ISO_LOCALE = "sv-SE";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BYTES_STEP = 1024;
const BYTES_UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** A number with its thousands grouped and at most `digits` digits after the point: `14,871`.
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export function formatNumber(value, digits = 0) {
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits }).format(value);
}

/** A number in as few characters as three significant digits need: `842`, `14.9K`, `3.07M`.
 * @param {number} value
 * @returns {string}
 */
export function formatCompact(value) {
  return new Intl.NumberFormat(LOCALE, { notation: "compact", maximumSignificantDigits: 3 })
    .format(value);
}

/** A share of one as a percentage: 0.1234 is `12.3%`. What is not zero never reads `0%`: what
 * would be rounded to it is `<0.1%`.
 * @param {number} share
 * @param {number} [digits] after the point, always that many
 * @returns {string}
 */
export function formatPercent(share, digits = 1) {
  const least = 10 ** -digits / 100;
  const shown = share > 0 && share < least / 2 ? least : share;
  const text = new Intl.NumberFormat(LOCALE, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(shown);
  return shown === share ? text : `<${text}`;
}

/** A number of bytes with its unit, a power of 1024, as the command line writes it: `93.8 MiB`.
 * @param {number} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
  let value = bytes;
  let unit = "B";
  for (const next of BYTES_UNITS) {
    if (Number(value.toFixed(1)) < BYTES_STEP) break;
    value /= BYTES_STEP;
    unit = next;
  }
  return `${unit === "B" ? value : value.toFixed(1)} ${unit}`;
}

/** A span of time in two units at most: `0.42 ms`, `42 ms`, `4.21 s`, `2 min 5 s`, `3 d 4 h`.
 * @param {number} milliseconds not negative
 * @returns {string}
 */
export function formatDuration(milliseconds) {
  if (milliseconds < 10) return `${formatNumber(milliseconds, 2)} ms`;
  if (Math.round(milliseconds) < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE - 5) return `${(milliseconds / SECOND).toFixed(2)} s`;
  if (milliseconds < HOUR - SECOND / 2) return pair(milliseconds, MINUTE, "min", SECOND, "s");
  if (milliseconds < DAY - MINUTE / 2) return pair(milliseconds, HOUR, "h", MINUTE, "min");
  return pair(milliseconds, DAY, "d", HOUR, "h");
}

/** A day and a time, to the minute: `2026-11-22 21:54`.
 * @param {Date} date
 * @param {string} [timeZone] an IANA name such as `UTC`; the reader's own when left out
 * @returns {string}
 */
export function formatDateTime(date, timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const format = { dateStyle: "short", timeStyle: "short", timeZone };
  return new Intl.DateTimeFormat(ISO_LOCALE, format).format(date);
}

/** How long ago a time was: `just now`, `5 minutes ago`, `yesterday`; or how far ahead: `in 3 days`.
 * @param {Date} date
 * @param {Date} now
 * @returns {string}
 */
export function formatAgo(date, now) {
  const ahead = date.getTime() - now.getTime();
  const size = Math.abs(ahead);
  if (size < MINUTE) return "just now";
  const words = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
  if (size < HOUR) return words.format(Math.trunc(ahead / MINUTE), "minute");
  if (size < DAY) return words.format(Math.trunc(ahead / HOUR), "hour");
  return words.format(Math.trunc(ahead / DAY), "day");
}

/** Two units of a span, the smaller one rounded and left out where it is zero.
 * @param {number} milliseconds
 * @param {number} large
 * @param {string} largeName
 * @param {number} small
 * @param {string} smallName
 * @returns {string}
 */
function pair(milliseconds, large, largeName, small, smallName) {
  const inSmall = Math.round(milliseconds / small);
  const perLarge = large / small;
  const rest = inSmall % perLarge;
  const whole = `${formatNumber(Math.floor(inSmall / perLarge))} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
