/**
 * A chart of stacked bars, drawn as SVG. Each bar can be pointed at, or walked to by the arrow keys,
 * and then shows its values; a screen reader hears them as the bar's label.
 * @module
 */

import { h, svg } from "../dom.js";
import { pieces, shownLabels, ticks, totals } from "../lib/chart.js";
import { formatCompact, formatNumber } from "../lib/format.js";

/** @import { Stack } from "../lib/chart.js" */

const HEIGHT = 240;
const LEFT = 48; // the room of the vertical axis' numbers
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 24; // the room of the labels
const TICKS = 4;
const LABEL_ROOM = 52; // pixels that a label needs
const WIDEST_BAR = 48;
const GAP = 0.25; // of a column, between two bars
const TIP_GAP = 4;
const STEPS = Object.freeze(
  /** @type {Record<string, (index: number, last: number) => number>} */ ({
    ArrowLeft: (index) => Math.max(0, index - 1),
    ArrowRight: (index, last) => Math.min(last, index + 1),
    Home: () => 0,
    End: (_, last) => last,
  }),
);

/**
 * `<bar-chart>`: properties `stack`, what is drawn; `unit`, what its values count; `name`, for screen
 * readers; `axisLabel`, which shortens a label for the axis.
 */
export class BarChart extends HTMLElement {
  /** @type {Stack} */
  #stack = { labels: [], layers: [] };
  #width = 0;
  #current = 0; // the bar that the Tab key leads to
  unit = "";
  name = "";
  /** @type {(label: string) => string} */
  axisLabel = (label) => label;
  #tip = h("div", { class: "chart-tip", hidden: true, "aria-hidden": "true" });
  #plot = h("div", { class: "chart-plot" });
  #sized = new ResizeObserver(() => this.#resize());

  /** @returns {Stack} */
  get stack() {
    return this.#stack;
  }

  set stack(stack) {
    this.#stack = stack;
    this.#current = Math.max(0, stack.labels.length - 1);
    if (this.isConnected) this.#draw();
  }

  connectedCallback() {
    this.#sized.observe(this);
  }

  disconnectedCallback() {
    this.#sized.disconnect();
  }

  #resize() {
    if (this.clientWidth === this.#width) return;
    this.#width = this.clientWidth;
    this.#draw();
  }

  #draw() {
    if (this.#width === 0) return;
    this.#tip.hidden = true;
    const picture = svg("svg", {
      width: this.#width,
      height: HEIGHT,
      role: "group",
      "aria-label": this.name,
    });
    const marks = ticks(Math.max(0, ...totals(this.#stack)), TICKS);
    const top = marks.at(-1) ?? 1;
    /** @param {number} value */
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    picture.append(this.#axis(marks, y), ...this.#labels(), ...this.#columns(y));
    this.#plot.replaceChildren(picture, this.#tip);
    this.replaceChildren(this.#legend(), this.#plot);
  }

  /** @param {number[]} marks @param {(value: number) => number} y */
  #axis(marks, y) {
    return svg(
      "g",
      { class: "chart-axis", "aria-hidden": "true" },
      ...marks.flatMap((mark) => [
        svg("line", { x1: LEFT, x2: this.#width - RIGHT, y1: y(mark), y2: y(mark) }),
        svg("text", { x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end" }, formatCompact(mark)),
      ]),
    );
  }

  get #column() {
    return (this.#width - LEFT - RIGHT) / Math.max(1, this.#stack.labels.length);
  }

  /** The days below the bars, as many as fit. */
  #labels() {
    const { labels } = this.#stack;
    const room = Math.max(1, Math.floor((this.#width - LEFT - RIGHT) / LABEL_ROOM));
    return shownLabels(labels.length, room).map((index) => {
      const x = LEFT + this.#column * (index + 0.5);
      const place = { x, y: HEIGHT - 6, "text-anchor": "middle", "aria-hidden": "true" };
      return svg("text", place, this.axisLabel(labels[index] ?? ""));
    });
  }

  /** @param {(value: number) => number} y */
  #columns(y) {
    return this.#stack.labels.map((label, index) => {
      const left = LEFT + this.#column * index;
      const width = Math.min(WIDEST_BAR, this.#column * (1 - GAP));
      const x = left + (this.#column - width) / 2;
      const column = svg(
        "g",
        {
          class: "chart-column",
          role: "img",
          tabindex: index === this.#current ? 0 : -1,
          "aria-label": this.#sentence(label, index),
        },
        svg("rect", {
          class: "chart-ground",
          x: left,
          y: TOP,
          width: this.#column,
          height: HEIGHT - TOP - BOTTOM,
        }),
        ...pieces(this.#stack, index).map(({ layer, from, to }) =>
          svg("rect", {
            class: `chart-piece series-${layer}`,
            x,
            y: y(to),
            width,
            height: y(from) - y(to),
          })
        ),
      );
      column.addEventListener("pointerenter", () => this.#show(index));
      column.addEventListener("pointerleave", () => this.#hide());
      column.addEventListener("focus", () => this.#show(index));
      column.addEventListener("blur", () => this.#hide());
      column.addEventListener("keydown", (event) => this.#walk(event, index));
      return column;
    });
  }

  /** @param {KeyboardEvent} event @param {number} index */
  #walk(event, index) {
    if (event.key === "Escape") this.#hide();
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const bars = /** @type {NodeListOf<SVGElement>} */ (this.querySelectorAll(".chart-column"));
    bars[index]?.setAttribute("tabindex", "-1");
    this.#current = step(index, bars.length - 1);
    bars[this.#current]?.setAttribute("tabindex", "0");
    bars[this.#current]?.focus();
  }

  /** @param {string} label @param {number} index */
  #sentence(label, index) {
    const parts = this.#values(index).map(({ name, value }) => `${name} ${formatNumber(value)}`);
    const total = `${label}: ${formatNumber(totals(this.#stack)[index] ?? 0)} ${this.unit}`;
    return parts.length < 2 ? [total, ...parts].join(", ") : `${total}: ${parts.join(", ")}`;
  }

  /** @param {number} index */
  #values(index) {
    return pieces(this.#stack, index).map(({ layer, from, to }) => ({
      layer,
      name: this.#stack.layers[layer]?.name ?? "",
      value: to - from,
    })).reverse();
  }

  /** @param {number} index */
  #show(index) {
    const total = formatNumber(totals(this.#stack)[index] ?? 0);
    this.#tip.replaceChildren(
      h("p", { class: "chart-tip-head" }, `${this.#stack.labels[index]} · ${total} ${this.unit}`),
      ...this.#values(index).map(({ layer, name, value }) =>
        h("p", null, swatch(layer), h("span", null, name), h("b", null, formatNumber(value)))
      ),
    );
    this.#tip.hidden = false;
    const left = LEFT + this.#column * index;
    const beside = left + this.#column + TIP_GAP; // at the other side where there is no room
    const fits = beside + this.#tip.offsetWidth <= this.#width;
    const place = fits ? beside : Math.max(0, left - TIP_GAP - this.#tip.offsetWidth);
    this.#tip.style.setProperty("left", `${place}px`);
  }

  #hide() {
    this.#tip.hidden = true;
  }

  #legend() {
    const names = this.#stack.layers.map(({ name }, layer) => h("li", null, swatch(layer), name));
    return h("ul", { class: "chart-legend", role: "list", "aria-label": "Legend" }, names);
  }
}

/** @param {number} layer */
function swatch(layer) {
  const square = svg("rect", { class: `series-${layer}`, width: 10, height: 10, rx: 2 });
  return svg("svg", { class: "chart-swatch", viewBox: "0 0 10 10", "aria-hidden": "true" }, square);
}

customElements.define("bar-chart", BarChart);
