import assert from "node:assert/strict";

import { matching, shortName } from "../../../src/hanabi/console/static/lib/model-list.js";

/** @param {string} name @param {object} [more] */
const model = (name, more) => ({
  id: `accounts/fireworks/models/${name}`,
  created: 0,
  owned_by: "fireworks",
  kind: "HF_BASE_MODEL",
  supports_chat: false,
  bytes: 1,
  loaded: false,
  defaults: {},
  ...more,
});

const MODELS = [
  model("b-10"),
  model("b-2", { supports_chat: true, style: "chatml" }),
  model("a", { loaded: true }),
  { ...model("x"), id: "accounts/alice/models/a", owned_by: "alice" },
];

/** @param {string} query */
const found = (query) => matching(MODELS, query).map(({ id }) => id.replace("/models", ""));

Deno.test("by name, numbers as numbers, then by account", () => {
  assert.deepEqual(found(""), [
    "accounts/alice/a",
    "accounts/fireworks/a",
    "accounts/fireworks/b-2",
    "accounts/fireworks/b-10",
  ]);
  assert.equal(MODELS[0]?.id, "accounts/fireworks/models/b-10"); // the list itself stays
});

Deno.test("all words have to be there, in any order and case", () => {
  assert.deepEqual(found("B- Fireworks"), ["accounts/fireworks/b-2", "accounts/fireworks/b-10"]);
  assert.deepEqual(found("  chat  "), ["accounts/fireworks/b-2"]);
  assert.deepEqual(found("chatml b"), ["accounts/fireworks/b-2"]);
  assert.deepEqual(found("loaded"), ["accounts/fireworks/a"]);
  assert.equal(found("completions").length, 4);
  assert.deepEqual(found("a.*"), []);
});

Deno.test("the short name is the last part", () => {
  assert.equal(shortName("accounts/alice/models/a"), "a");
  assert.equal(shortName("a"), "a");
});
