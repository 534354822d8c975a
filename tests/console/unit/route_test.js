import assert from "node:assert/strict";

import {
  destination,
  modelHash,
  parseRoute,
  routeHash,
} from "../../../src/hanabi/console/static/lib/route.js";
import { hardText, random } from "./random.js";

Deno.test("a fragment is a path and a query", () => {
  const route = parseRoute("#/playground?model=accounts%2Fa%2Fmodels%2Fm&mode=chat");
  assert.deepEqual(route.path, ["playground"]);
  assert.equal(route.query.get("model"), "accounts/a/models/m");
  assert.equal(route.query.get("mode"), "chat");
});

Deno.test("a model's name is a path", () => {
  assert.equal(modelHash("accounts/a/models/m"), "#/models/accounts/a/models/m");
  assert.deepEqual(
    parseRoute("#/models/accounts/a/models/m").path.slice(1).join("/"),
    "accounts/a/models/m",
  );
});

Deno.test("what is no address of the console is empty", () => {
  for (const hash of ["", "#", "#/", "#main", "#//"]) assert.deepEqual(parseRoute(hash).path, []);
});

Deno.test("a stray % means itself", () => {
  assert.deepEqual(parseRoute("#/models/100%").path, ["models", "100%"]);
});

Deno.test("what routeHash writes parseRoute reads", () => {
  const next = random(3);
  for (let round = 0; round < 300; round++) {
    const path = Array.from(
      { length: 1 + next(4) },
      () => `x/?#%&=+${hardText(next)}`,
    );
    const value = `/?#%&=+${hardText(next)}`;
    const route = parseRoute(routeHash(path, { value }));
    assert.deepEqual(route.path, path);
    assert.equal(route.query.get("value"), value);
  }
});

Deno.test("a sign-in leads to where one wanted to go, within the console", () => {
  const next = (/** @type {string} */ wanted) =>
    destination(parseRoute(routeHash(["sign-in"], { next: wanted })));
  assert.equal(next("#/playground?share=a+b%2F"), "#/playground?share=a+b%2F");
  assert.equal(next("#/models/accounts/a/models/m"), "#/models/accounts/a/models/m");
  for (const elsewhere of ["https://example.org/", "//example.org", "", "#", "#/sign-in?token=x"]) {
    assert.equal(next(elsewhere), "#/playground");
  }
});
