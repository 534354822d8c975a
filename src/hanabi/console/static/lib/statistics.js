/** How fast a reply came. Pure: times come in. */

/**
 * Times are milliseconds. What the server did not tell, or what cannot be known, is null.
 * @typedef {object} Statistics
 * @property {number|null} timeToFirstToken from sending the request to the choice's first text
 * @property {number|null} tokensPerSecond after the first one
 * @property {number|null} promptTokens
 * @property {number|null} cachedTokens those of the prompt that were not computed again
 * @property {number|null} completionTokens of this choice, its end token included
 * @property {number[]} gaps between the chunks that brought text
 */

/** The statistics of a choice from which nothing has come.
 * @returns {Statistics}
 */
export function noStatistics() {
  return {
    timeToFirstToken: null,
    tokensPerSecond: null,
    promptTokens: null,
    cachedTokens: null,
    completionTokens: null,
    gaps: [],
  };
}

/** Tokens a second, of those that came after the first one.
 * @param {number|null} tokens all of them
 * @param {number} milliseconds from the first to the last
 * @returns {number|null} null where there is no second token or no time
 */
export function rate(tokens, milliseconds) {
  if (tokens === null || tokens < 2 || milliseconds <= 0) return null;
  return (tokens - 1) * 1000 / milliseconds;
}

/** The value below which a share of the values lies (nearest rank).
 * @param {readonly number[]} values at least one
 * @param {number} share 0 to 1
 * @returns {number}
 */
export function percentile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(Math.ceil(share * sorted.length) - 1, 0);
  return /** @type {number} */ (sorted[rank]);
}

/** Gaps as the points of a line, at most `width` of them: each is the longest gap of its share, so
 * that no pause is lost. The longest of all touches the top.
 * @param {readonly number[]} gaps milliseconds
 * @param {number} width
 * @param {number} height
 * @returns {string} as the `points` of an SVG polyline; "" for less than two gaps
 */
export function sparkline(gaps, width, height) {
  const count = Math.min(gaps.length, width);
  if (count < 2) return "";
  const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0) || 1;
  const points = Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * gaps.length / count);
    const to = Math.floor((index + 1) * gaps.length / count);
    const gap = Math.max(...gaps.slice(from, to));
    return `${rounded(index * width / (count - 1))},${rounded(height - gap / longest * height)}`;
  });
  return points.join(" ");
}

/** @param {number} value @returns {number} */
function rounded(value) {
  return Math.round(value * 100) / 100;
}
