/**
 * Which page an address shows. A page's module is loaded when it is first asked for.
 * @module
 */

/** @import { Route } from "../lib/route.js" */

/**
 * A kind of page: its first part of the address, its title, its element, and its module.
 * @typedef {{ name: string, title: string, tag: string, load: () => Promise<unknown> }} PageKind
 */

/** @type {readonly PageKind[]} */
const KINDS = [
  {
    name: "models",
    title: "Models",
    tag: "models-page",
    load: () => import("./models-page.js"),
  },
  {
    name: "playground",
    title: "Playground",
    tag: "playground-page",
    load: () => import("./playground-page.js"),
  },
  { name: "keys", title: "Keys", tag: "keys-page", load: () => import("./keys-page.js") },
  { name: "usage", title: "Usage", tag: "usage-page", load: () => import("./usage-page.js") },
];

/** @type {PageKind} */
const MODEL = {
  name: "models",
  title: "Model",
  tag: "model-page",
  load: () => import("./model-page.js"),
};

/**
 * The page of an address.
 * @param {Route} route
 * @returns {PageKind | undefined} undefined where there is none
 */
export function pageOf({ path }) {
  if (path[0] === "models" && path.length > 1) return MODEL;
  return path.length === 1 ? KINDS.find((kind) => kind.name === path[0]) : undefined;
}
