/**
 * Light or dark: as the system has it, or as a person chose here, which is kept.
 *
 * index.html loads this module before the first paint, so that the page never flashes.
 * @module
 */

/** @typedef {"system" | "light" | "dark"} Theme */

const NAME = "hanabi.theme";

/** What a person chose. @returns {Theme} */
export function theme() {
  const kept = localStorage.getItem(NAME);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/**
 * Chooses a theme, now and for later visits.
 * @param {Theme} chosen
 */
export function chooseTheme(chosen) {
  if (chosen === "system") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, chosen);
  apply();
}

function apply() {
  document.documentElement.dataset.theme = theme();
}

apply();
