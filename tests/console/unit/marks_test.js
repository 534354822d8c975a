import assert from "node:assert/strict";
import { editBetween, movedMarks, segments } from "../../../src/hanabi/console/static/lib/marks.js";
import { random } from "./random.js";

Deno.test("an edit is found where the caret is", () => {
  assert.deepEqual(editBetween("abc", "abXc", 3), { start: 2, removed: 0, inserted: "X" });
  assert.deepEqual(editBetween("aa", "aaa", 1), { start: 0, removed: 0, inserted: "a" });
  assert.deepEqual(editBetween("aa", "aaa", 2), { start: 1, removed: 0, inserted: "a" });
  assert.deepEqual(editBetween("abc", "ac", 1), { start: 1, removed: 1, inserted: "" });
  assert.deepEqual(editBetween("abc", "", 0), { start: 0, removed: 3, inserted: "" });
  assert.deepEqual(editBetween("abc", "abc", 3), { start: 3, removed: 0, inserted: "" });
});

Deno.test("an edit makes the second text of the first, wherever the caret is", () => {
  const next = random(11);
  const word = () => Array.from({ length: next(8) }, () => "ab"[next(2)]).join("");
  for (let round = 0; round < 2000; round++) {
    const [before, after] = [word(), word()];
    const edit = editBetween(before, after, next(after.length + 1));
    const made = before.slice(0, edit.start) + edit.inserted +
      before.slice(edit.start + edit.removed);
    assert.equal(made, after);
  }
});

Deno.test("marks keep to the characters that were generated", () => {
  const next = random(12);
  for (let round = 0; round < 2000; round++) {
    // Upper case is generated; what is typed is lower case.
    let text = "aaaBBBaaaCCC";
    let marks = [{ start: 3, end: 6, run: 1 }, { start: 9, end: 12, run: 2 }];
    for (let step = 0; step < 4; step++) {
      const start = next(text.length + 1);
      const end = start + next(text.length + 1 - start);
      const inserted = "xy".slice(next(3));
      const after = text.slice(0, start) + inserted + text.slice(end);
      const edit = editBetween(text, after, start + inserted.length);
      [text, marks] = [after, movedMarks(marks, edit)];
    }
    const parts = segments(text, marks);
    assert.equal(parts.map((part) => part.text).join(""), text);
    for (const { text: part, marked } of parts) {
      assert.match(part, marked ? /^[A-Z]+$/ : /^[a-z]+$/);
    }
  }
});

Deno.test("a run keeps its marks apart from others", () => {
  const marks = movedMarks([{ start: 0, end: 4, run: 7 }], { start: 2, removed: 0, inserted: "x" });
  assert.deepEqual(marks, [{ start: 0, end: 2, run: 7 }, { start: 3, end: 5, run: 7 }]);
});
