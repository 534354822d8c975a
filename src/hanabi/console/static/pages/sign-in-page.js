/**
 * The page of who has not signed in.
 * @module
 */

import { createApi } from "../api/client.js";
import { h } from "../dom.js";
import { SignInForm } from "../elements/sign-in-form.js";

/** @import { SignedIn } from "../elements/sign-in-form.js" */

/**
 * `<sign-in-page>`: signs in by the one-time `token` of the printed link where there is one, else by
 * the form; the event `signin` of either has a SignedIn as its detail.
 */
export class SignInPage extends HTMLElement {
  /** @type {string | null} of the printed link */
  token = null;
  /** Whether the key that was kept has just been refused. */
  refused = false;

  #form = new SignInForm();

  connectedCallback() {
    this.className = "sign-in";
    const logo = h("img", { src: "/console/images/favicon.svg", alt: "", width: 40, height: 40 });
    this.replaceChildren(
      h(
        "div",
        { class: "card pad stack" },
        h("div", { class: "row" }, logo, h("h1", null, "Sign in to Hanabi")),
        this.#form,
      ),
    );
    if (this.refused) {
      this.#form.explain("The server does not take the API key that was kept here.");
    }
    if (this.token !== null) this.#exchange(this.token);
  }

  /** @param {string} token */
  async #exchange(token) {
    try {
      const { api_key: key } = await createApi("").post("/console/sign-in", { token });
      const identity = await createApi(key).get("/v1/apiKey");
      /** @type {SignedIn} */
      const detail = { key, remember: false, identity };
      this.dispatchEvent(new CustomEvent("signin", { bubbles: true, detail }));
    } catch (error) {
      this.#form.explain(error, () => this.#exchange(token));
    }
  }
}

customElements.define("sign-in-page", SignInPage);
