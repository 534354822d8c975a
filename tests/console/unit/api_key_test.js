import assert from "node:assert/strict";
import {
  createBody,
  fieldOf,
  keyState,
  limitTexts,
} from "../../../src/hanabi/console/static/lib/api-key.js";

const NOW = new Date("2026-06-01T12:00:00Z");

/** @type {import("../../../src/hanabi/console/static/lib/api-key.js").ApiKey} */
const KEY = {
  keyId: "1",
  displayName: "laptop",
  prefix: "hk_12345678",
  admin: false,
  createTime: "2026-01-01T00:00:00Z",
  limits: {},
};

Deno.test("a key is good until it expires or is revoked", () => {
  assert.equal(keyState(KEY, NOW), "good");
  assert.equal(keyState({ ...KEY, expireTime: "2026-06-01T12:00:01Z" }, NOW), "good");
  assert.equal(keyState({ ...KEY, expireTime: "2026-06-01T12:00:00Z" }, NOW), "expired");
  const revoked = {
    ...KEY,
    expireTime: "2026-01-02T00:00:00Z",
    revokeTime: "2026-01-01T01:00:00Z",
  };
  assert.equal(keyState(revoked, NOW), "revoked");
});

Deno.test("limits are told with their units, in one order", () => {
  assert.deepEqual(limitTexts({}), []);
  assert.deepEqual(limitTexts({ monthlyTokens: 1e6, maxConcurrent: 4, requestsPerMinute: 60 }), [
    "60 requests/min",
    "4 at once",
    "1,000,000 tokens/month",
  ]);
});

Deno.test("only what was filled in is sent", () => {
  const empty = { displayName: "a", expires: null, admin: false, models: null, limits: {} };
  assert.deepEqual(createBody(empty), { apiKey: { displayName: "a" } });
  assert.deepEqual(createBody({ ...empty, limits: { maxConcurrent: "" } }), {
    apiKey: { displayName: "a" },
  });
});

Deno.test("all that a key can have is sent as the API takes it", () => {
  const wish = {
    displayName: "a",
    expires: NOW,
    admin: true,
    models: ["accounts/a/models/m"],
    limits: { maxConcurrent: "4", monthlyTokens: "" },
  };
  assert.deepEqual(createBody(wish), {
    apiKey: {
      displayName: "a",
      expireTime: "2026-06-01T12:00:00.000Z",
      admin: true,
      models: ["accounts/a/models/m"],
      limits: { maxConcurrent: 4 },
    },
  });
});

Deno.test("a refusal's sentence names the field", () => {
  assert.equal(fieldOf("apiKey.displayName must have 1 to 100 characters"), "displayName");
  assert.equal(fieldOf("apiKey.limits.maxConcurrent must be at least 1: 0"), "maxConcurrent");
  assert.equal(fieldOf("apiKey.models[0]: no such name"), "models");
  assert.equal(fieldOf("An admin is asked for"), "");
});
