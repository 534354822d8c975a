import assert from "node:assert/strict";
import {
  modelLabel,
  tokenStack,
  total,
  usageCsv,
} from "../../../src/hanabi/console/static/lib/usage.js";

const AMOUNT = {
  requests: 2,
  promptTokens: 10,
  cachedPromptTokens: 4,
  completionTokens: 5,
  totalTokens: 15,
};
const MODEL = "accounts/fireworks/models/m";

Deno.test("a model's label leaves out what goes without saying", () => {
  assert.equal(modelLabel(MODEL, "fireworks"), "m");
  assert.equal(modelLabel(MODEL, "alice"), "fireworks/m");
  assert.equal(modelLabel("", "alice"), "(no model)");
  assert.equal(modelLabel("m", "alice"), "m");
});

Deno.test("the total is the sum of every amount", () => {
  assert.equal(total([]).totalTokens, 0);
  assert.deepEqual(total([AMOUNT, AMOUNT, AMOUNT]), {
    requests: 6,
    promptTokens: 30,
    cachedPromptTokens: 12,
    completionTokens: 15,
    totalTokens: 45,
  });
});

Deno.test("a chart has every day of its span, up to today in UTC", () => {
  const now = new Date("2026-03-01T00:30:00Z");
  const point = { ...AMOUNT, day: "2026-02-28", model: MODEL };
  const day = tokenStack([point], "24h", now, "fireworks");
  assert.deepEqual(day, {
    labels: ["2026-02-28", "2026-03-01"],
    layers: [{ name: "m", values: [15, 0] }],
  });
  const quarter = tokenStack([], "90d", now, "fireworks");
  assert.equal(quarter.labels.length, 90);
  assert.equal(quarter.labels.at(-1), "2026-03-01");
});

Deno.test("the export has a row for each sum, and a key's id beside its name", () => {
  const sum = { ...AMOUNT, group: "9f3", displayName: '=cmd|"x"' };
  assert.equal(
    usageCsv("key", [sum]),
    "key,key_id,requests,prompt_tokens,cached_prompt_tokens,completion_tokens,total_tokens\r\n" +
      `"'=cmd|""x""",9f3,2,10,4,5,15\r\n`,
  );
  assert.equal(
    usageCsv("day", [{ ...sum, group: "2026-03-01" }]).split("\r\n")[1],
    "2026-03-01,2,10,4,5,15",
  );
});
