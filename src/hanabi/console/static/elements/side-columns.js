/**
 * The two columns beside the playground's view: where there is no room they stand before it.
 * @module
 */

/** @typedef {"left" | "right"} Side */

/** Where a column stands before the view, as in playground.css. */
const NARROW = Object.freeze({ left: "(width < 1100px)", right: "(width < 800px)" });
const SIDES = /** @type {const} */ (["left", "right"]);

/**
 * Shows and hides the columns of a page, by its classes `no-left` and `no-right`. They are there at
 * first where there is room for them, and come and go with it.
 *
 * @param {HTMLElement} page
 * @param {Record<Side, HTMLElement>} columns
 * @param {Record<Side, HTMLButtonElement>} buttons that show them; they get `aria-expanded`
 * @param {HTMLElement} view what is out of reach while a column stands before it
 * @param {AbortSignal} signal when to leave them alone
 */
export function sideColumns(page, columns, buttons, view, signal) {
  const narrow = { left: matchMedia(NARROW.left), right: matchMedia(NARROW.right) };
  const isShown = (/** @type {Side} */ side) => !page.classList.contains(`no-${side}`);
  const covers = (/** @type {Side} */ side) => narrow[side].matches && isShown(side);

  /** @param {Side} side @param {boolean} shown */
  function show(side, shown) {
    page.classList.toggle(`no-${side}`, !shown);
    buttons[side].setAttribute("aria-expanded", String(shown));
    view.inert = SIDES.some(covers);
  }

  for (const side of SIDES) {
    columns[side].tabIndex = -1;
    show(side, !narrow[side].matches);
    narrow[side].addEventListener("change", ({ matches }) => show(side, !matches), { signal });
  }

  return {
    /** Hides a column that is to be seen, and shows one that is not. @param {Side} side */
    toggle(side) {
      show(side, !isShown(side));
      if (covers(side)) columns[side].focus();
    },
    /** Hides what stands before the view; the focus goes back. @returns {boolean} whether it did */
    makeRoom() {
      const covering = SIDES.filter(covers);
      for (const side of covering) {
        show(side, false);
        buttons[side].focus();
      }
      return covering.length > 0;
    },
  };
}
