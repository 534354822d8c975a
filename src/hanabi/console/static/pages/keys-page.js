/**
 * The API keys of an account: made, looked at and revoked by admins.
 * @module
 */

import { h, icon } from "../dom.js";
import { accountField } from "../elements/account-field.js";
import { KeyForm } from "../elements/key-form.js";
import { keyTable } from "../elements/key-table.js";
import "../elements/copy-button.js";
import { confirmAction, openDialog } from "../elements/modal-dialog.js";
import { NoticeBar } from "../elements/notice-bar.js";

/** @import { Console } from "../console.js" */
/** @import { Route } from "../lib/route.js" */
/** @import { ApiKey } from "../lib/api-key.js" */

/** `<keys-page>`. */
export class KeysPage extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected
  route = /** @type {Route} */ (/** @type {unknown} */ (null)); // likewise
  #account = "";
  #asked = 0; // of several lists under way only the last is shown
  #notice = new NoticeBar();
  #list = h("div", { "aria-live": "polite" });

  connectedCallback() {
    this.className = "page";
    const { identity } = this.console;
    this.#account = identity.account;
    const create = h(
      "button",
      {
        type: "button",
        class: "primary",
        hidden: !identity.admin,
        on: { click: () => this.#create() },
      },
      icon("plus"),
      "New key",
    );
    const choose = accountField(this.console, (account) => {
      this.#account = account;
      this.#refresh();
    });
    const tools = h("div", { class: "row" }, choose, create);
    this.replaceChildren(
      h("header", { class: "page-head" }, h("h1", null, "API keys"), tools),
      this.#notice,
      this.#list,
    );
    if (identity.admin) this.#refresh();
    else this.#list.replaceChildren(h("p", null, "Only admin keys see and make API keys."));
  }

  get #path() {
    return `/v1/accounts/${encodeURIComponent(this.#account)}/apiKeys`;
  }

  async #refresh() {
    const asked = ++this.#asked;
    const account = this.#account;
    this.#notice.clear();
    try {
      const { apiKeys } = await this.console.api.get(this.#path);
      if (asked === this.#asked) this.#show(apiKeys, account);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#list.replaceChildren();
      this.#notice.showError(error, () => this.#refresh());
    }
  }

  /** @param {ApiKey[]} keys @param {string} account */
  #show(keys, account) {
    const shown = {
      keys,
      account,
      ownKeyId: this.console.identity.keyId,
      now: new Date(),
      onRevoke: (/** @type {ApiKey} */ key) => this.#revoke(key),
    };
    const text = `The account ${account} has no API keys. It comes into being with its first one.`;
    this.#list.replaceChildren(
      keys.length > 0 ? keyTable(shown) : h("div", { class: "card empty" }, h("p", null, text)),
    );
  }

  #create() {
    const form = new KeyForm();
    form.console = this.console;
    form.account = this.#account;
    form.addEventListener("create", (event) => {
      dialog.close();
      showNewKey(/** @type {CustomEvent<ApiKey & { key: string }>} */ (event).detail);
      this.#refresh();
    });
    const dialog = openDialog(`New key of ${this.#account}`, form);
  }

  /** @param {ApiKey} key */
  async #revoke(key) {
    const path = `${this.#path}/${encodeURIComponent(key.keyId)}`;
    const own = key.keyId === this.console.identity.keyId;
    const confirmed = await confirmAction({
      heading: `Revoke ${key.displayName}?`,
      text: own
        ? "You have signed in with this key: you will have to sign in with another one. It is" +
          " useless from now on, and cannot be brought back."
        : "Programs that use this key are refused from now on. It cannot be brought back.",
      action: "Revoke",
    });
    if (!confirmed) return;
    try {
      await this.console.api.delete(path);
      this.console.notify(`The key ${key.displayName} is revoked`);
      this.#refresh();
    } catch (error) {
      this.#notice.showError(error);
    }
  }
}

/** Shows the text of a new key, which no list ever does.
 * @param {ApiKey & { key: string }} created
 */
function showNewKey({ displayName, key }) {
  const done = h("button", { type: "button", class: "primary" }, "Done");
  const dialog = openDialog("Your new key", [
    h(
      "p",
      null,
      `Copy the key ${displayName} now: this is the only time that it is shown. The server keeps`,
      " only its hash.",
    ),
    h(
      "div",
      { class: "key-secret" },
      h("code", null, key),
      h("copy-button", { text: key }),
    ),
    h("div", { class: "dialog-actions" }, done),
  ]);
  done.addEventListener("click", () => dialog.close());
  done.focus();
}

customElements.define("keys-page", KeysPage);
