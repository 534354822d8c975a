/** A text in which what was generated is marked, and to which text is added as it comes. */

import { h } from "../dom.js";
import { editBetween, movedMarks, segments } from "../lib/marks.js";

/** @import { Mark } from "../lib/marks.js" */

/** How many texts are remembered with their marks, so that undo and redo bring those back. */
const REMEMBERED = 50;
/** Pixels from the end within which the end is followed. */
const NEAR = 40;

/**
 * `<prompt-editor>`: a plain text field, over a picture of its text that draws the marks. Its edits
 * are the browser's own, so its undo takes back a generation as one step.
 *
 * While text streams it grows in the picture only, by one write for each call of `stream`; the field
 * is given the whole of it at the end.
 * @fires input bubbles, when the text has changed
 */
export class PromptEditor extends HTMLElement {
  /** @type {Mark[]} */
  #marks = [];
  #text = "";
  #isEditing = false;
  /** @type {{ text: string, marks: Mark[] }[]} */
  #remembered = [];
  #field = h("textarea", {
    class: "editor-field",
    "aria-label": "Prompt and generated text",
    spellcheck: false,
    placeholder: "Write a prompt. The model continues it.",
  });
  #picture = h("div", { class: "editor-picture", "aria-hidden": "true" });
  #growing = document.createTextNode("");
  #box = h("div", { class: "editor-box" }, this.#picture, this.#field);

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#box);
    this.#field.addEventListener("input", (event) => {
      if (this.#isEditing) event.stopPropagation();
      else this.#edited();
    });
    this.#draw();
  }

  /** The text; line ends are "\n". */
  get text() {
    return this.#text;
  }

  get marks() {
    return this.#marks;
  }

  /** Starts over with a text; there is nothing to undo then.
   * @param {string} text
   */
  reset(text) {
    this.#field.value = text;
    this.#text = this.#field.value;
    this.#marks = [];
    this.#remembered = [];
    this.#draw();
  }

  /** Makes the text another, as an edit that can be undone.
   * @param {string} text with the line ends of a field: see `fieldText`
   * @param {Mark[]} marks of the text
   */
  edit(text, marks) {
    this.#remember();
    const { start, removed, inserted } = editBetween(this.#text, text);
    this.#isEditing = true;
    const { hidden } = this;
    const active = /** @type {HTMLElement|null} */ (document.activeElement);
    this.hidden = false; // what is hidden takes no edits
    this.#field.readOnly = false;
    this.#field.focus({ preventScroll: true });
    this.#field.setSelectionRange(start, start + removed);
    const isEdit = inserted !== "" || removed > 0;
    if (isEdit && document.activeElement === this.#field) insert(inserted);
    if (this.#field.value !== text) this.#field.value = text;
    if (active && active !== this.#field) active.focus({ preventScroll: true });
    this.#isEditing = false;
    this.hidden = hidden;
    this.#text = this.#field.value;
    this.#marks = marks;
    this.#remember();
    this.#draw();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Takes the parts away that a generation wrote; can be undone.
   * @param {number} run
   */
  removeRun(run) {
    const kept = segments(this.#text, this.#marks.filter((mark) => mark.run === run))
      .filter(({ marked }) => !marked).map(({ text }) => text).join("");
    let marks = this.#marks;
    for (const mark of this.#marks.filter((each) => each.run === run).reverse()) {
      const edit = { start: mark.start, removed: mark.end - mark.start, inserted: "" };
      marks = movedMarks(marks, edit);
    }
    this.edit(kept, marks);
  }

  /** Makes the field wait while text is added to it. */
  startStream() {
    this.#field.readOnly = true;
    this.#growing = document.createTextNode("");
    this.classList.add("streaming");
    this.#picture.lastChild?.before(h("mark", null, this.#growing));
  }

  /** Shows what has come so far: one write.
   * @param {string} text from the start of the stream
   */
  stream(text) {
    const follows = this.#isNearEnd();
    this.#growing.appendData(text.slice(this.#growing.length));
    if (follows) this.scrollTop = this.scrollHeight;
  }

  /** Ends the stream; what came is part of the text as soon as `edit` is told. */
  endStream() {
    this.#field.readOnly = false;
    this.classList.remove("streaming");
    this.#draw();
  }

  /** @override */
  focus() {
    this.#field.focus();
  }

  #edited() {
    const text = this.#field.value;
    const known = this.#remembered.find((each) => each.text === text);
    const edit = editBetween(this.#text, text, this.#field.selectionEnd);
    this.#marks = known ? known.marks : movedMarks(this.#marks, edit);
    this.#text = text;
    this.#draw();
  }

  #remember() {
    this.#remembered = [
      { text: this.#text, marks: this.#marks },
      ...this.#remembered.filter(({ text }) => text !== this.#text),
    ].slice(0, REMEMBERED);
  }

  #isNearEnd() {
    return this.scrollHeight - this.scrollTop - this.clientHeight < NEAR;
  }

  /** The last line break of a text makes a line in a field, but none in a picture without more. */
  #draw() {
    const parts = segments(this.#text, this.#marks).map(({ text, marked }) =>
      marked ? h("mark", null, text) : text
    );
    this.#picture.replaceChildren(...parts, "\u200b");
  }
}

/** Puts a text in the place of what is selected. There is no other way by which the browser's undo
 * knows of it.
 * @param {string} text
 */
function insert(text) {
  if (text === "") document.execCommand("delete");
  else document.execCommand("insertText", false, text);
}

customElements.define("prompt-editor", PromptEditor);
