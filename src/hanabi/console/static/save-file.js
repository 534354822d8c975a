/**
 * Handing a text over to the browser as a file.
 * @module
 */

import { h } from "./dom.js";

/**
 * Saves a text where the browser keeps downloads, or where it asks.
 * @param {string} name of the file
 * @param {string} type its media type
 * @param {string} text
 */
export function saveFile(name, type, text) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href)); // the click has taken hold of it by then
}
