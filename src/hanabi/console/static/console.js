/**
 * What every page is given: the types across the console's borders.
 *
 * A page is a custom element. Before it is connected, main.js sets its properties `console` and
 * `route`. It has one `<h1>` (class `visually-hidden` where none is to be seen), which is focused
 * after navigation. When only the route changes, a page that has a method `routeChanged()` stays:
 * its `route` is set, then the method is called; any other page is made anew. A page that is
 * titled by more than its kind sets `document.title` by `setTitle`.
 * @module
 */

/** @import { Api } from "./api/client.js" */
/** @import { Route } from "./lib/route.js" */

/**
 * Who has signed in; `models` is there where the key is for these models only.
 * @typedef {{ account: string, keyId: string, displayName: string, admin: boolean, models?: string[], limits: Record<string, unknown> }} Identity
 */

/**
 * A model of the list; `style` is absent where it has no chat, `system` where its style has no
 * prompt of its own, `manifest` is its fireworks.json.
 * @typedef {{ id: string, created: number, owned_by: string, kind: string, supports_chat: boolean, context_length?: number, bytes: number, loaded: boolean, style?: string, system?: string, defaults: Record<string, unknown>, manifest?: Record<string, unknown> }} ModelEntry
 */

/**
 * The console as a page sees it. It stays the same object; after another sign-in `identity` and
 * `models` are others.
 * @typedef {object} Console
 * @property {Api} api asks with the key of who signed in; a 401 asks for another key and goes on
 * @property {Identity} identity
 * @property {ModelEntry[]} models those that the key may use
 * @property {() => Promise<ModelEntry[]>} refreshModels asks for them anew
 * @property {(hash: string) => void} go to another page, such as `#/models`
 * @property {(text: string, kind?: "error" | "done") => void} notify a sentence for a few seconds
 */

/** @typedef {HTMLElement & { console: Console, route: Route, routeChanged?: () => void }} Page */

/**
 * Titles the window.
 * @param {string} title of the page
 */
export function setTitle(title) {
  document.title = `${title} · Hanabi`;
}
