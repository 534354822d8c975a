/**
 * How fast an upload goes.
 * @module
 */

const WINDOW = 4000; // milliseconds that the rate is of: long enough to be calm, short enough to be true

/** @typedef {{ sent: number, bytesPerSecond: number | null, secondsLeft: number | null }} Progress */

/**
 * Makes what follows one transfer.
 * @param {number} total bytes
 * @returns {(sent: number, now: number) => Progress} takes the bytes that were sent by a time in
 *   milliseconds; the rate is that of the last four seconds, null until it can be told
 */
export function createTransfer(total) {
  /** @type {{ sent: number, now: number }[]} */
  const marks = [];
  return (sent, now) => {
    marks.push({ sent, now });
    while (marks.length > 2 && now - (marks[1]?.now ?? now) >= WINDOW) marks.shift();
    const first = marks[0] ?? { sent, now };
    const seconds = (now - first.now) / 1000;
    if (seconds <= 0 || sent <= first.sent) {
      return { sent, bytesPerSecond: null, secondsLeft: null };
    }
    const bytesPerSecond = (sent - first.sent) / seconds;
    return { sent, bytesPerSecond, secondsLeft: (total - sent) / bytesPerSecond };
  };
}
