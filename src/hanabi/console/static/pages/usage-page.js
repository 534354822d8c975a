/**
 * What an account has used: totals, a chart by day and model, and sums by key, model or day.
 * @module
 */

import { h, icon } from "../dom.js";
import { accountField } from "../elements/account-field.js";
import { BarChart } from "../elements/bar-chart.js";
import { DataTable } from "../elements/data-table.js";
import { NoticeBar } from "../elements/notice-bar.js";
import { segments } from "../elements/segments.js";
import { formatNumber, formatPercent } from "../lib/format.js";
import { SPANS, stackTable, sumsTable, tokenStack, total, usageCsv } from "../lib/usage.js";
import { saveFile } from "../save-file.js";

/** @import { Console } from "../console.js" */
/** @import { Route } from "../lib/route.js" */
/** @import { Amount, By, Span, Usage } from "../lib/usage.js" */

/** @type {readonly (readonly [By, string])[]} */
const BYS = [["key", "Key"], ["model", "Model"], ["day", "Day"]];

/** `<usage-page>`. */
export class UsagePage extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected
  route = /** @type {Route} */ (/** @type {unknown} */ (null)); // likewise
  #account = "";
  /** @type {Span} */
  #span = "30d";
  /** @type {By} */
  #by = "model";
  #asked = 0; // of several replies under way only the last is shown
  /** @type {Usage} */
  #usage = { sums: [], series: [] };

  #notice = new NoticeBar();
  #figures = h("dl", { class: "figures" });
  #chart = new BarChart();
  #chartTable = new DataTable();
  #sums = new DataTable();
  #content = h("div", { class: "stack", hidden: true });
  #empty = h("div", { class: "card empty", hidden: true });

  connectedCallback() {
    this.className = "page";
    this.#account = this.console.identity.account;
    this.#chart.unit = "tokens";
    this.#chart.name = "Tokens by day and model";
    this.#chart.axisLabel = (day) => day.slice("YYYY-".length);
    const account = accountField(this.console, (chosen) => {
      this.#account = chosen;
      this.#refresh();
    });
    const spans = segments("Span", SPANS.map(({ span, label }) => [span, label]), this.#span);
    spans.addEventListener("change", (event) => {
      this.#span = /** @type {Span} */ (chosen(event));
      this.#refresh();
    });
    this.#content.replaceChildren(this.#figures, this.#chartCard(), this.#sumsSection());
    this.replaceChildren(
      h(
        "header",
        { class: "page-head" },
        h("h1", null, "Usage"),
        h("div", { class: "row" }, account, spans),
      ),
      this.#notice,
      this.#empty,
      this.#content,
    );
    this.#refresh();
  }

  #chartCard() {
    return h(
      "section",
      { class: "card pad stack" },
      h(
        "div",
        { class: "row spread" },
        h("h2", null, "Tokens by day and model"),
        h("span", { class: "hint" }, "Days are UTC's"),
      ),
      this.#chart,
      h("details", { class: "chart-table" }, h("summary", null, "As a table"), this.#chartTable),
    );
  }

  #sumsSection() {
    const bys = segments("Sums by", BYS, this.#by);
    bys.addEventListener("change", (event) => {
      this.#by = /** @type {By} */ (chosen(event));
      this.#refresh();
    });
    const save = () =>
      saveFile(
        `usage-${this.#account}-by-${this.#by}-${this.#span}.csv`,
        "text/csv",
        usageCsv(this.#by, this.#usage.sums),
      );
    const download = h("button", { type: "button", on: { click: save } }, icon("download"), "CSV");
    download.setAttribute("aria-label", "Export to CSV");
    return h(
      "section",
      { class: "stack" },
      h(
        "div",
        { class: "row spread" },
        h("h2", null, "Sums"),
        h("div", { class: "row" }, bys, download),
      ),
      this.#sums,
    );
  }

  async #refresh() {
    const asked = ++this.#asked;
    this.#notice.clear();
    this.setAttribute("aria-busy", "true");
    try {
      const account = encodeURIComponent(this.#account);
      const path = `/v1/accounts/${account}/usage?by=${this.#by}&since=${this.#span}`;
      const usage = await this.console.api.get(path);
      if (asked === this.#asked) this.#show(usage);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#content.hidden = this.#empty.hidden = true;
      this.#notice.showError(error, () => this.#refresh());
    } finally {
      if (asked === this.#asked) this.removeAttribute("aria-busy");
    }
  }

  /** @param {Usage} usage */
  #show(usage) {
    this.#usage = usage;
    this.#content.hidden = usage.sums.length === 0;
    this.#empty.hidden = !this.#content.hidden;
    if (this.#content.hidden) {
      const span = SPANS.find(({ span }) => span === this.#span)?.label;
      this.#empty.replaceChildren(
        h("p", null, `The account ${this.#account} has made no requests in the last ${span}.`),
        h("a", { class: "button", href: "#/playground" }, "To the playground"),
      );
      return;
    }
    const stack = tokenStack(usage.series, this.#span, new Date(), this.#account);
    this.#figures.replaceChildren(...figures(total(usage.sums)));
    this.#chart.stack = stack;
    this.#chartTable.table = stackTable(stack);
    this.#sums.table = sumsTable(this.#by, usage.sums, this.#account);
  }
}

/** @param {Amount} amount */
function figures({ requests, promptTokens, cachedPromptTokens, completionTokens, totalTokens }) {
  const cached = promptTokens === 0 ? 0 : cachedPromptTokens / promptTokens;
  return [
    figure("Requests", requests),
    figure("Prompt tokens", promptTokens, `${formatPercent(cached)} out of the cache`),
    figure("Completion tokens", completionTokens),
    figure("Tokens in all", totalTokens),
  ];
}

/** @param {string} term @param {number} value @param {string} [note] */
function figure(term, value, note) {
  const more = note ? h("small", null, note) : null;
  return h("div", null, h("dt", null, term), h("dd", null, formatNumber(value), more));
}

/** @param {Event} event of a radio button */
function chosen(event) {
  return /** @type {HTMLInputElement} */ (event.target).value;
}

customElements.define("usage-page", UsagePage);
