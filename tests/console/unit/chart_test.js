import assert from "node:assert/strict";
import {
  daysBetween,
  pieces,
  shownLabels,
  stackByDay,
  ticks,
  totals,
} from "../../../src/hanabi/console/static/lib/chart.js";

Deno.test("ticks are round numbers from zero to at least the highest value", () => {
  assert.deepEqual(ticks(0, 4), [0, 1]);
  assert.deepEqual(ticks(3, 4), [0, 1, 2, 3]);
  assert.deepEqual(ticks(17_000, 4), [0, 5000, 10_000, 15_000, 20_000]);
  assert.deepEqual(ticks(1000, 4), [0, 500, 1000]);
});

Deno.test("ticks of any height: few, even, whole, and none too many above", () => {
  for (let most = 1; most < 1e12; most = Math.ceil(most * 1.37)) {
    const found = ticks(most, 4);
    const step = found[1] ?? 0;
    const top = found.at(-1) ?? 0;
    assert.match(String(step), /^[125]0*$/);
    assert.ok(found.every((tick, index) => tick === index * step));
    assert.ok(top >= most && top - step < most, `${top} of ${most}`);
    assert.ok(found.length >= 2 && found.length <= 6, `${found}`);
  }
});

Deno.test("the days between two, over the end of a month and of a leap year's February", () => {
  assert.deepEqual(daysBetween("2026-01-30", "2026-02-01"), [
    "2026-01-30",
    "2026-01-31",
    "2026-02-01",
  ]);
  assert.equal(daysBetween("2028-02-28", "2028-03-01").length, 3);
  assert.deepEqual(daysBetween("2026-01-01", "2026-01-01"), ["2026-01-01"]);
  assert.deepEqual(daysBetween("2026-01-02", "2026-01-01"), []);
  assert.equal(daysBetween("2026-01-01", "2026-12-31").length, 365);
});

const DAYS = ["2026-01-01", "2026-01-02"];

Deno.test("points are stacked by day, the greatest name first; days without a point are zero", () => {
  const stack = stackByDay(
    DAYS,
    [
      { day: "2026-01-01", name: "small", value: 2 },
      { day: "2026-01-02", name: "large", value: 5 },
      { day: "2026-01-02", name: "small", value: 1 },
      { day: "2025-12-31", name: "early", value: 9 },
      { day: "2026-01-01", name: "none", value: 0 },
    ],
    8,
    "others",
  );
  assert.deepEqual(stack, {
    labels: DAYS,
    layers: [{ name: "large", values: [0, 5] }, { name: "small", values: [2, 1] }],
  });
  assert.deepEqual(totals(stack), [2, 6]);
  assert.deepEqual(pieces(stack, 0), [{ layer: 1, from: 0, to: 2 }]);
  assert.deepEqual(pieces(stack, 1), [
    { layer: 0, from: 0, to: 5 },
    { layer: 1, from: 5, to: 6 },
  ]);
});

Deno.test("the smallest layers beyond the most are added up, and no token is lost", () => {
  const names = ["a", "b", "c", "d"];
  const points = names.flatMap((name, index) =>
    DAYS.map((day) => ({ day, name, value: 10 ** index }))
  );
  const stack = stackByDay(DAYS, points, 3, "others");
  assert.deepEqual(stack.layers, [
    { name: "d", values: [1000, 1000] },
    { name: "c", values: [100, 100] },
    { name: "others", values: [11, 11] },
  ]);
  assert.deepEqual(totals(stack), [1111, 1111]);
});

Deno.test("labels leave room for one another, and the last one is always written", () => {
  assert.deepEqual(shownLabels(3, 5), [0, 1, 2]);
  assert.deepEqual(shownLabels(7, 3), [0, 3, 6]);
  assert.deepEqual(shownLabels(0, 3), []);
  for (let count = 1; count < 100; count++) {
    const found = shownLabels(count, 8);
    assert.ok(found.length <= 8);
    assert.equal(found.at(-1), count - 1);
  }
});
