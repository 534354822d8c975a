/** The arithmetic of a chart of stacked bars: ticks, days and heights. Pure; it draws nothing. */

const DAY_MS = 24 * 60 * 60 * 1000;
const STEPS = [1, 2, 5, 10];

/** One layer of every bar: a model, and its amount for each of the chart's labels.
 * @typedef {{ name: string, values: readonly number[] }} Layer
 */

/** A chart: what stands below the bars, and the layers from the lowest to the highest.
 * @typedef {{ labels: readonly string[], layers: readonly Layer[] }} Stack
 */

/** A piece of a bar, in the units of the values.
 * @typedef {{ layer: number, from: number, to: number }} Piece
 */

/** Round numbers from zero to at least `most`, a step of 1, 2 or 5 times a power of ten apart.
 * @param {number} most the highest value, not negative
 * @param {number} wanted about how many steps, at least one
 * @returns {number[]} two or more, ascending; whole numbers only
 */
export function ticks(most, wanted) {
  const rough = Math.max(most / wanted, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((each) => each * power >= rough) ?? 10);
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Every day from one to another, both included.
 * @param {string} first YYYY-MM-DD
 * @param {string} last YYYY-MM-DD
 * @returns {string[]}
 */
export function daysBetween(first, last) {
  const from = Date.parse(first);
  const count = Math.round((Date.parse(last) - from) / DAY_MS) + 1;
  return Array.from(
    { length: Math.max(0, count) },
    (_, index) => new Date(from + index * DAY_MS).toISOString().slice(0, 10),
  );
}

/** Points by day and name as a stack: the names that have any value by their sums, the greatest first
 * and lowest in the bar. Those beyond `most` layers are added up as one.
 * @param {readonly string[]} days
 * @param {readonly { day: string, name: string, value: number }[]} points
 * @param {number} most layers, at least two
 * @param {string} others what the layer of all further names is called
 * @returns {Stack}
 */
export function stackByDay(days, points, most, others) {
  const place = new Map(days.map((day, index) => [day, index]));
  /** @type {Map<string, number[]>} */
  const rows = new Map();
  for (const { day, name, value } of points) {
    const index = place.get(day);
    if (index === undefined || value === 0) continue;
    const row = rows.get(name) ?? days.map(() => 0);
    row[index] = (row[index] ?? 0) + value;
    rows.set(name, row);
  }
  const layers = [...rows].map(([name, values]) => ({ name, values })).sort(
    (a, b) => sum(b.values) - sum(a.values) || (a.name < b.name ? -1 : 1),
  );
  if (layers.length <= most) return { labels: days, layers };
  const rest = layers.slice(most - 1);
  const values = days.map((_, index) => sum(rest.map((layer) => layer.values[index] ?? 0)));
  return { labels: days, layers: [...layers.slice(0, most - 1), { name: others, values }] };
}

/** The pieces of one bar that have any height, from the lowest to the highest.
 * @param {Stack} stack
 * @param {number} index of the label
 * @returns {Piece[]}
 */
export function pieces(stack, index) {
  /** @type {Piece[]} */
  const found = [];
  let top = 0;
  stack.layers.forEach((layer, place) => {
    const value = layer.values[index] ?? 0;
    if (value > 0) found.push({ layer: place, from: top, to: top + value });
    top += value;
  });
  return found;
}

/** The sum of every bar.
 * @param {Stack} stack
 * @returns {number[]}
 */
export function totals(stack) {
  return stack.labels.map((_, index) => sum(stack.layers.map((layer) => layer.values[index] ?? 0)));
}

/** Which labels to write, so that they do not touch: the last one, and every so many before it.
 * @param {number} count of the labels
 * @param {number} room how many fit side by side, at least one
 * @returns {number[]} ascending indices
 */
export function shownLabels(count, room) {
  const step = Math.max(1, Math.ceil(count / room));
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => (count - 1 - index) % step === 0);
}

/** @param {readonly number[]} values @returns {number} */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
