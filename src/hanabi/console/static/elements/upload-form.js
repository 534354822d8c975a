/**
 * Making a model of a GGUF file: what it is to be, then the upload.
 * @module
 */

import { ApiError } from "../api/client.js";
import { beginModel, discardUpload, finishModel, sendWeights } from "../api/models.js";
import { h } from "../dom.js";
import { shortName } from "../lib/model-list.js";
import { proposedId } from "../lib/model-name.js";
import { modelHash } from "../lib/route.js";
import { FileField } from "./file-field.js";
import { ModelFields } from "./model-fields.js";
import { NoticeBar } from "./notice-bar.js";
import { UploadProgress } from "./upload-progress.js";

/** @import { Console } from "../console.js" */

/**
 * `<upload-form>`: event `uploadend` when the server's list of models may have changed, and
 * `formclose` when it is to go; both bubble. What has arrived of an upload that was cut stays on the
 * server, and the form goes on with it; a file that the server refuses is deleted there.
 */
export class UploadForm extends HTMLElement {
  console = /** @type {Console} */ (/** @type {unknown} */ (null)); // set before it is connected

  #file = new FileField();
  #fields = new ModelFields();
  #notice = new NoticeBar();
  #progress = new UploadProgress();
  #submit = h("button", { class: "primary" }, "Create");
  #cancel = h("button", { type: "button", on: { click: () => this.#stop() } }, "Cancel");
  #heading = h("h2");
  /** @type {string | null} the model that has been begun on the server */
  #begun = null;
  /** @type {AbortController | null} of the upload that runs */
  #running = null;

  connectedCallback() {
    if (this.childElementCount > 0) return;
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#upload();
    };
    this.#file.addEventListener("change", () => {
      this.#fields.propose(proposedId(this.#file.file?.name ?? ""));
    });
    this.append(
      h(
        "form",
        { class: "card pad stack", "aria-label": "Create a model", on: { submit } },
        this.#heading,
        this.#file,
        this.#fields,
        this.#progress,
        this.#notice,
        h("div", { class: "row" }, this.#submit, this.#cancel),
      ),
    );
    this.#reset();
  }

  disconnectedCallback() {
    this.#running?.abort(new Error("another page was opened"));
  }

  /** Takes a file that was dropped. @param {File} file */
  choose(file) {
    if (this.#running === null) this.#file.choose(file);
  }

  /** Where a keyboard begins. */
  focusFirst() {
    this.#file.focusButton();
  }

  /**
   * Goes on with an upload that was cut; asks for its file.
   * @param {string} name the model's, in full
   */
  goOn(name) {
    if (this.#running !== null) return;
    this.#reset();
    this.#begin(name);
    this.#notice.show("Choose the same file again: only what is missing is sent.", "warn");
  }

  async #upload() {
    const file = this.#file.file;
    if (file === null) {
      this.#notice.show("Choose a GGUF file first.");
      this.#file.focusButton();
      return;
    }
    const stop = new AbortController();
    const onProgress = this.#progress.follow(file.size);
    let useless = this.#begun === null; // what has arrived, once the server refuses it
    this.#run(stop);
    try {
      const name = this.#begun ?? await this.#beginNew();
      await sendWeights(this.console.api, name, file, { onProgress, signal: stop.signal });
      this.#progress.checking();
      useless = true;
      await finishModel(this.console.api, name);
      if (this.isConnected) stop.signal.throwIfAborted(); // cancelled while the server looked
      this.#run(null);
      this.console.notify(`Created ${name}`);
      if (this.isConnected) this.console.go(modelHash(name));
    } catch (error) {
      this.#run(null);
      if (stop.signal.aborted) await this.#stopped();
      else await this.#failed(error, useless);
    }
  }

  async #beginNew() {
    const { api, identity } = this.console;
    const { modelId, model } = this.#fields.value;
    const name = await beginModel(api, identity.account, modelId, model);
    this.#begin(name);
    return name;
  }

  async #stopped() {
    if (this.isConnected) return await this.#discard();
    if (this.#begun === null) return;
    const name = shortName(this.#begun);
    const text = `The upload of ${name} was interrupted: go on with it on the page Models`;
    this.console.notify(text, "error");
  }

  /**
   * @param {unknown} error
   * @param {boolean} useless whether a refusal is of the file, and not of how one goes on with it
   */
  async #failed(error, useless) {
    if (this.#begun === null) this.#progress.clear();
    else if (useless && error instanceof ApiError && error.status === 400) {
      if (!await this.#discard()) return;
    } else this.#progress.pause();
    this.#notice.showError(error);
    this.#submit.focus();
  }

  /** Cancel: of a running upload, of one that was cut, or of the form. */
  #stop() {
    if (this.#running) this.#running.abort(new Error("cancelled"));
    else if (this.#begun !== null) this.#discard();
    else {
      this.#reset();
      this.dispatchEvent(new CustomEvent("formclose", { bubbles: true }));
    }
  }

  /** Deletes on the server what has arrived. @returns {Promise<boolean>} whether it could */
  async #discard() {
    if (this.#begun === null) return true;
    this.#cancel.disabled = true;
    try {
      await discardUpload(this.console.api, this.#begun);
      this.#begin(null);
      this.#notice.clear();
      this.#progress.clear();
      this.dispatchEvent(new CustomEvent("uploadend", { bubbles: true }));
      return true;
    } catch (error) {
      this.#notice.showError(error);
      return false;
    } finally {
      this.#cancel.disabled = false;
    }
  }

  /** The model whose upload the form is about, or null where it makes one. @param {string | null} name */
  #begin(name) {
    this.#begun = name;
    this.#fields.hidden = name !== null;
    this.#heading.textContent = name === null ? "Create a model" : `Upload of ${shortName(name)}`;
    this.#submit.textContent = name === null ? "Create" : "Go on";
    this.#cancel.textContent = name === null ? "Cancel" : "Cancel and delete";
  }

  /** @param {AbortController | null} running */
  #run(running) {
    this.#running = running;
    if (running) addEventListener("beforeunload", askBeforeLeaving);
    else removeEventListener("beforeunload", askBeforeLeaving);
    this.#notice.clear();
    this.#file.disabled = this.#fields.disabled = running !== null;
    this.#submit.hidden = this.#submit.disabled = running !== null;
    if (running) this.#cancel.focus(); // the button before is gone
  }

  #reset() {
    this.#begin(null);
    this.#run(null);
    this.#file.clear();
    this.#fields.clear();
    this.#progress.clear();
  }
}

/** The browser asks, in words of its own. @param {Event} event */
function askBeforeLeaving(event) {
  event.preventDefault();
}

customElements.define("upload-form", UploadForm);
