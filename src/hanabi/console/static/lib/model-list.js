/**
 * The models of a list: what is looked for, and in which order.
 * @module
 */

/** @import { ModelEntry } from "../console.js" */

const ORDER = new Intl.Collator("en", { numeric: true });

/**
 * The last part of a model's name.
 * @param {string} id
 * @returns {string}
 */
export function shortName(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

/**
 * The models that have all words of a query in what a row shows of them, by name: `b-2` before
 * `b-10`.
 * @param {readonly ModelEntry[]} models
 * @param {string} query
 * @returns {ModelEntry[]}
 */
export function matching(models, query) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return models.filter((model) => words.every((word) => shown(model).includes(word)))
    .sort((a, b) => ORDER.compare(shortName(a.id), shortName(b.id)) || ORDER.compare(a.id, b.id));
}

/** @param {ModelEntry} model */
function shown(model) {
  const kind = model.supports_chat ? "chat completions" : "completions";
  return `${model.id} ${kind} ${model.style ?? ""} ${model.loaded ? "loaded" : ""}`.toLowerCase();
}
