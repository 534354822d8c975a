import assert from "node:assert/strict";
import { percentile, rate, sparkline } from "../../../src/hanabi/console/static/lib/statistics.js";

Deno.test("the rate counts the tokens after the first", () => {
  assert.equal(rate(11, 1000), 10);
  assert.equal(rate(1, 1000), null);
  assert.equal(rate(null, 1000), null);
  assert.equal(rate(5, 0), null);
});

Deno.test("a percentile is one of the values", () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal(percentile(values, 0.5), 3);
  assert.equal(percentile(values, 0.99), 5);
  assert.equal(percentile(values, 0), 1);
  assert.deepEqual(values, [5, 1, 4, 2, 3]);
});

Deno.test("a sparkline spans its box, and its longest gap touches the top", () => {
  assert.equal(sparkline([], 100, 20), "");
  assert.equal(sparkline([5], 100, 20), "");
  assert.equal(sparkline([5, 10, 0], 100, 20), "0,10 50,0 100,20");
  assert.equal(sparkline([0, 0], 100, 20), "0,20 100,20");
});

Deno.test("more gaps than pixels lose no pause", () => {
  const gaps = Array.from({ length: 20_000 }, (_, index) => index === 12_345 ? 1000 : 10);
  const points = sparkline(gaps, 120, 24).split(" ").map((point) => point.split(",").map(Number));
  assert.equal(points.length, 120);
  assert.equal(points.filter(([, y]) => y === 0).length, 1);
});
