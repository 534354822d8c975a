/**
 * The console's beginning: who has signed in, and which page the address shows.
 * @module
 */

import { ApiError, createApi } from "./api/client.js";
import { unloaded } from "./api/errors.js";
import { setTitle } from "./console.js";
import { h } from "./dom.js";
import "./elements/app-shell.js";
import { askForKey } from "./elements/sign-in-form.js";
import { destination, parseRoute, routeHash } from "./lib/route.js";
import { pageOf } from "./pages/routes.js";
import "./pages/sign-in-page.js";
import { forgetKey, isRemembered, keepKey, keptKey } from "./session.js";

/** @import { Api } from "./api/client.js" */
/** @import { Console, ModelEntry, Page } from "./console.js" */
/** @import { AppShell } from "./elements/app-shell.js" */
/** @import { SignedIn } from "./elements/sign-in-form.js" */
/** @import { Route } from "./lib/route.js" */
/** @import { PageKind } from "./pages/routes.js" */

/**
 * Shows the page of the address, now and whenever it changes.
 * @param {AppShell} shell
 */
function run(shell) {
  /** @type {Console | null} */
  let opened = null;
  /** @type {Page | null} */
  let page = null;
  /** @type {Promise<string | null> | null} */
  let renewal = null;
  let visits = 0;

  async function visit() {
    const number = ++visits;
    const route = parseRoute(location.hash);
    const kind = pageOf(route);
    const key = keptKey();
    if (route.path.length === 0) return go("#/playground");
    if (route.path[0] === "sign-in") return showSignIn(route);
    if (opened === null && key === null) return goToSignIn();
    try {
      const asked = opened ?? openConsole(/** @type {string} */ (key));
      const [console] = await Promise.all([asked, kind?.load().catch(unloaded)]);
      if (number !== visits) return;
      opened = shell.console = console;
      if (kind) showPage(console, kind, route);
      else shell.showMissing();
    } catch (error) {
      if (number !== visits) return;
      if (error instanceof ApiError && error.status === 401) goToSignIn("refused");
      else shell.showFailure(error, visit, kind?.name ?? "");
    }
  }

  /**
   * @param {Console} console
   * @param {PageKind} kind
   * @param {Route} route
   */
  function showPage(console, kind, route) {
    if (page?.isConnected && page.localName === kind.tag && page.routeChanged) {
      page.route = route;
      page.routeChanged();
      return;
    }
    setTitle(kind.title);
    page = /** @type {Page} */ (h(kind.tag, { console, route }));
    shell.show(page, kind.name);
  }

  /** @param {Route} route */
  function showSignIn(route) {
    const token = route.query.get("token");
    const refused = route.query.has("refused");
    if (token !== null || refused) { // neither is to be seen, or done again by a reload
      const next = route.query.get("next");
      history.replaceState(null, "", routeHash(["sign-in"], next === null ? {} : { next }));
    }
    if (refused) forgetKey();
    opened = shell.console = null;
    setTitle("Sign in");
    const on = {
      /** @param {CustomEvent<SignedIn>} event */
      signin: ({ detail }) => {
        keepKey(detail.key, detail.remember);
        go(destination(route));
      },
    };
    shell.show(h("sign-in-page", { token, refused, on }), "sign-in");
  }

  /** @param {string} key @returns {Promise<Console>} */
  async function openConsole(key) {
    const api = createApi(key, renewKey);
    const [identity, models] = await Promise.all([api.get("/v1/apiKey"), listModels(api)]);
    /** @type {Console} */
    const console = {
      api,
      identity,
      models,
      refreshModels: async () => console.models = await listModels(api),
      go: (hash) => {
        location.hash = hash;
      },
      notify: (text, type) => shell.notify(text, type),
    };
    return console;
  }

  /** Asks over the page for another key when the one in use is refused; the page stays as it is. */
  function renewKey() {
    if (opened === null) return Promise.resolve(null);
    renewal ??= renew(opened).finally(() => {
      renewal = null;
    });
    return renewal;
  }

  /** @param {Console} console */
  async function renew(console) {
    const signedIn = await askForKey(isRemembered());
    if (signedIn === null) return null;
    keepKey(signedIn.key, signedIn.remember);
    console.identity = signedIn.identity;
    console.models = await listModels(createApi(signedIn.key)).catch(() => console.models);
    shell.console = console;
    return signedIn.key;
  }

  addEventListener("hashchange", visit);
  visit();
}

/** @param {Api} api @returns {Promise<ModelEntry[]>} */
async function listModels(api) {
  return (await api.get("/v1/models?details=true")).data;
}

/** @param {string} hash */
function go(hash) {
  location.replace(hash);
}

/** @param {"refused"} [reason] */
function goToSignIn(reason) {
  go(routeHash(["sign-in"], { next: location.hash, ...(reason && { refused: "" }) }));
}

run(/** @type {AppShell} */ (document.querySelector("app-shell")));
