import assert from "node:assert/strict";
import {
  formatAgo,
  formatBytes,
  formatCompact,
  formatDateTime,
  formatDuration,
  formatNumber,
  formatPercent,
} from "../../../src/hanabi/console/static/lib/format.js";

const INSTANT = new Date("2026-01-02T23:04:05Z");

/** @template T @param {(value: T) => string} format @param {[T, string][]} table */
function check(format, table) {
  for (const [value, text] of table) assert.equal(format(value), text);
}

Deno.test("numbers have their thousands grouped", () => {
  check(formatNumber, [[0, "0"], [14871, "14,871"], [1.6, "2"], [-1234, "-1,234"]]);
  assert.equal(formatNumber(1234.5678, 2), "1,234.57");
  assert.equal(formatNumber(12, 2), "12");
});

Deno.test("compact numbers have three significant digits", () => {
  check(formatCompact, [[0, "0"], [842, "842"], [14871, "14.9K"], [3.07e6, "3.07M"]]);
});

Deno.test("a share that is not zero never reads as zero", () => {
  check(formatPercent, [[0, "0.0%"], [0.1234, "12.3%"], [1, "100.0%"]]);
  check(formatPercent, [[1e-9, "<0.1%"], [0.0004, "<0.1%"], [0.0006, "0.1%"]]);
  assert.equal(formatPercent(0.5, 0), "50%");
  assert.equal(formatPercent(0.004, 0), "<1%");
});

Deno.test("bytes are written as the command line writes them", () => {
  check(formatBytes, [[0, "0 B"], [1023, "1023 B"], [1024, "1.0 KiB"]]);
  check(formatBytes, [[98_352_000, "93.8 MiB"], [2 ** 30, "1.0 GiB"]]);
  check(formatBytes, [[2 ** 20 - 1, "1.0 MiB"], [2 ** 40, "1.0 TiB"], [2 ** 60, "1048576.0 TiB"]]);
});

Deno.test("durations have a fitting unit, and never 60 of one", () => {
  check(formatDuration, [[0, "0 ms"], [0.4249, "0.42 ms"], [42.4, "42 ms"], [999.4, "999 ms"]]);
  check(formatDuration, [[999.6, "1.00 s"], [4213, "4.21 s"], [59_994, "59.99 s"]]);
  check(formatDuration, [[59_996, "1 min"], [125_000, "2 min 5 s"], [3_599_600, "1 h"]]);
  check(formatDuration, [[11_520_000, "3 h 12 min"], [86_399_999, "1 d"], [3e8, "3 d 11 h"]]);
});

Deno.test("days and times are ISO 8601's, in the zone that is asked for", () => {
  assert.equal(formatDateTime(INSTANT, "UTC"), "2026-01-02 23:04");
  assert.equal(formatDateTime(INSTANT, "Asia/Tokyo"), "2026-01-03 08:04");
});

Deno.test("how long ago a time was, and how far ahead it is", () => {
  /** @param {string} now */
  const ago = (now) => formatAgo(INSTANT, new Date(now));
  assert.equal(ago("2026-01-02T23:04:59Z"), "just now");
  assert.equal(ago("2026-01-02T23:09:05Z"), "5 minutes ago");
  assert.equal(ago("2026-01-03T01:04:05Z"), "2 hours ago");
  assert.equal(ago("2026-01-03T23:04:05Z"), "yesterday");
  assert.equal(ago("2025-12-30T23:04:05Z"), "in 3 days");
});
