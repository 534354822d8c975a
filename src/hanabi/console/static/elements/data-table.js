/**
 * A table of texts and numbers that is sorted by a click on a column's head.
 * @module
 */

import { h } from "../dom.js";
import { formatNumber, formatPercent } from "../lib/format.js";

/** @typedef {{ title: string, kind: "text" | "number" | "share" }} Column */
/** @typedef {readonly (string | number)[]} Row */

/**
 * A table: texts, whole numbers, and shares of one. The first cell of a row is its head.
 * @typedef {{ caption: string, columns: readonly Column[], rows: readonly Row[], foot?: Row }} Table
 */

/** Property: `table`, what is shown. */
export class DataTable extends HTMLElement {
  /** @type {Table} */
  #table = { caption: "", columns: [], rows: [] };
  /** @type {{ column: number, descending: boolean } | null} */
  #order = null; // null: as the rows came

  /** @returns {Table} */
  get table() {
    return this.#table;
  }

  set table(table) {
    this.#table = table;
    this.#order = null;
    this.#draw();
  }

  #draw() {
    const { caption, columns, foot } = this.#table;
    const frame = h(
      "div",
      { class: "table-frame", tabIndex: 0, role: "region", "aria-label": caption },
      h(
        "table",
        { class: "table" },
        h("caption", { class: "visually-hidden" }, caption),
        h("thead", null, h("tr", null, columns.map((column, index) => this.#head(column, index)))),
        h("tbody", null, this.#sorted().map((row) => this.#row(row))),
        foot ? h("tfoot", null, this.#row(foot)) : null,
      ),
    );
    this.replaceChildren(frame);
  }

  /** @param {Column} column @param {number} index */
  #head(column, index) {
    const order = this.#order?.column === index ? this.#order : null;
    const sort = order === null ? null : order.descending ? "descending" : "ascending";
    const mark = order && h("span", { "aria-hidden": "true" }, order.descending ? "↓" : "↑");
    return h(
      "th",
      { scope: "col", class: column.kind === "text" ? "" : "number", "aria-sort": sort },
      h(
        "button",
        { class: "table-sort", type: "button", on: { click: () => this.#sortBy(index) } },
        column.title,
        mark,
      ),
    );
  }

  /** @param {Row} row */
  #row(row) {
    return h(
      "tr",
      null,
      row.map((value, index) => {
        const kind = this.#table.columns[index]?.kind ?? "text";
        return index === 0
          ? h("th", { scope: "row" }, shown(value, kind))
          : h("td", { class: kind === "text" ? "" : "number" }, shown(value, kind));
      }),
    );
  }

  /** A first click sorts numbers from the greatest on, texts from A on; a second one turns it round.
   * @param {number} column
   */
  #sortBy(column) {
    const turned = this.#order?.column === column ? !this.#order.descending : undefined;
    const descending = turned ?? this.#table.columns[column]?.kind !== "text";
    this.#order = { column, descending };
    this.#draw();
    this.querySelectorAll("button")[column]?.focus();
  }

  #sorted() {
    const { rows } = this.#table;
    if (this.#order === null) return rows;
    const { column, descending } = this.#order;
    return rows.toSorted((a, b) => compare(a[column], b[column]) * (descending ? -1 : 1));
  }
}

/** @param {string | number | undefined} a @param {string | number | undefined} b */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** @param {string | number} value @param {Column["kind"]} kind */
function shown(value, kind) {
  if (typeof value === "string") return value;
  return kind === "share" ? formatPercent(value) : formatNumber(value);
}

customElements.define("data-table", DataTable);
