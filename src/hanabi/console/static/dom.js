/**
 * Elements without markup: text is always text, so nothing that a model or a server wrote can
 * become an element, and the console needs no `innerHTML`.
 * @module
 */

import { PATHS } from "./icons.js";

/** @typedef {Node | string | number | null | undefined | readonly (Node | string | number | null)[]} Child */
/** @typedef {Record<string, unknown> & { class?: string, on?: Record<string, (event: any) => unknown> }} Properties */

const ATTRIBUTE = /^(aria-|data-|role$|for$)/;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element.
 * @template {string} K
 * @param {K} tag its name, a custom element's too
 * @param {Properties | null} [properties] `class`; `on`, listeners by event name; `aria-*`, `data-*`,
 *   `role` and `for` as attributes (null and undefined: none); all others as properties of the element
 * @param {...Child} children nodes and texts; null and undefined are left out, lists are flattened
 * @returns {K extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[K] : HTMLElement}
 */
export function h(tag, properties = null, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "class") element.className = String(value);
    else if (name === "on") listen(element, /** @type {any} */ (value));
    else if (!ATTRIBUTE.test(name)) Reflect.set(element, name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return /** @type {any} */ (element);
}

/**
 * Makes an SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...present(children));
  return /** @type {SVGElement} */ (element);
}

/**
 * Draws an icon of 16 by 16 in the colour of the text; it says nothing to a screen reader, so the
 * button around it needs a label.
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const attributes = { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" };
  return svg("svg", attributes, svg("path", { d: PATHS[name] }));
}

/**
 * @param {Element} element
 * @param {Record<string, (event: any) => unknown>} listeners
 */
function listen(element, listeners) {
  for (const [type, listener] of Object.entries(listeners)) {
    element.addEventListener(type, listener);
  }
}

/**
 * @param {readonly Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined)
    .map((child) =>
      typeof child === "number" ? String(child) : /** @type {Node | string} */ (child)
    );
}
