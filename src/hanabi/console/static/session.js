/**
 * Where the API key is between two page loads: in the tab's session storage, or on request in the
 * browser's local storage, which outlives the tab.
 * @module
 */

const NAME = "hanabi.key";

/** The key that was kept, or null. */
export function keptKey() {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
}

/** Whether the key that was kept outlives the tab. */
export function isRemembered() {
  return localStorage.getItem(NAME) !== null;
}

/**
 * Keeps a key in place of another.
 * @param {string} key
 * @param {boolean} remember whether it outlives the tab
 */
export function keepKey(key, remember) {
  forgetKey();
  (remember ? localStorage : sessionStorage).setItem(NAME, key);
}

/** Forgets the key, in both places. */
export function forgetKey() {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}
