import assert from "node:assert/strict";

import { STYLES } from "../../../src/hanabi/console/static/lib/styles.js";

Deno.test("every style is said in a few words, once", () => {
  assert.equal(new Set(STYLES.map(({ name }) => name)).size, STYLES.length);
  for (const { name, about } of STYLES) assert(about.length > 5 && about.length < 40, name);
});

Deno.test("a style with a template of one's own takes a system prompt too", () => {
  assert.deepEqual(STYLES.filter(({ template }) => template).map(({ name }) => name), ["jinja"]);
  assert(STYLES.every(({ system, template }) => system || !template));
});
