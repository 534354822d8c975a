import assert from "node:assert/strict";

import { ID_PATTERN, proposedId } from "../../../src/hanabi/console/static/lib/model-name.js";
import { hardText, random } from "./random.js";

Deno.test("an id is made of a file's name", () => {
  assert.equal(proposedId("My Model.Q4_K_M.gguf"), "my-model-q4-k-m");
  assert.equal(proposedId("--x--.GGUF"), "x");
  assert.equal(proposedId("花火.gguf"), "");
  assert.equal(proposedId(`${"a".repeat(62)}-b.gguf`), "a".repeat(62));
});

Deno.test("an id that is proposed is one that the server takes", () => {
  const pattern = new RegExp(`^(?:${ID_PATTERN})$`, "v"); // as a browser reads it
  const next = random(11);
  for (let round = 0; round < 500; round++) {
    const pieces = Array.from({ length: next(20) }, () => next(2) ? hardText(next) : "Ab-9");
    const id = proposedId(pieces.join(""));
    assert(id === "" || pattern.test(id), id);
  }
});

Deno.test("the pattern is the server's rule", () => {
  const pattern = new RegExp(`^(?:${ID_PATTERN})$`, "v");
  for (const id of ["a", "9", "a-b", "a".repeat(63)]) assert(pattern.test(id), id);
  for (const id of ["", "-a", "a-", "A", "a_b", "é", "a".repeat(64)]) assert(!pattern.test(id), id);
});
