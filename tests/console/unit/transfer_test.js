import assert from "node:assert/strict";

import { createTransfer } from "../../../src/hanabi/console/static/lib/transfer.js";

Deno.test("there is no rate before there are two times", () => {
  const transfer = createTransfer(1000);
  assert.deepEqual(transfer(0, 5), { sent: 0, bytesPerSecond: null, secondsLeft: null });
  assert.deepEqual(transfer(100, 5), { sent: 100, bytesPerSecond: null, secondsLeft: null });
  assert.deepEqual(transfer(100, 1005), { sent: 100, bytesPerSecond: 100, secondsLeft: 9 });
});

Deno.test("what had been sent before counts for no rate", () => {
  const transfer = createTransfer(1000);
  transfer(500, 0);
  assert.deepEqual(transfer(600, 1000), { sent: 600, bytesPerSecond: 100, secondsLeft: 4 });
});

Deno.test("the rate is that of the last seconds", () => {
  const transfer = createTransfer(1_000_000);
  for (let now = 0; now <= 10_000; now += 100) transfer(now, now); // 1000 bytes/s
  let progress;
  for (let now = 10_100; now <= 20_000; now += 100) {
    progress = transfer(10_000 + (now - 10_000) * 5, now); // 5000 bytes/s
  }
  assert.equal(progress?.bytesPerSecond, 5000);
  assert.equal(progress?.secondsLeft, (1_000_000 - 60_000) / 5000);
});

Deno.test("an upload that stands still has no rate in the end", () => {
  const transfer = createTransfer(1000);
  transfer(0, 0);
  transfer(100, 100);
  let progress;
  for (let now = 1000; now <= 9000; now += 1000) progress = transfer(100, now);
  assert.deepEqual(progress, { sent: 100, bytesPerSecond: null, secondsLeft: null });
});
