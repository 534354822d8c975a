/**
 * How far an upload is.
 * @module
 */

import { h } from "../dom.js";
import { formatBytes, formatDuration } from "../lib/format.js";
import { createTransfer } from "../lib/transfer.js";

/** `<upload-progress>`: a bar and a line of bytes, rate and time; hidden until it follows an upload. */
export class UploadProgress extends HTMLElement {
  #bar = h("progress", { "aria-label": "Upload" });
  #text = h("p", { class: "hint numbers" });
  #sent = 0;
  #total = 0;

  connectedCallback() {
    if (this.childElementCount === 0) this.append(this.#bar, this.#text);
  }

  /**
   * Begins anew.
   * @param {number} total bytes
   * @returns {(sent: number) => void} takes the bytes that have been sent
   */
  follow(total) {
    const transfer = createTransfer(total);
    this.hidden = false;
    this.#total = total;
    const show = (/** @type {number} */ sent) => {
      const { bytesPerSecond, secondsLeft } = transfer(sent, performance.now());
      this.#draw(
        sent,
        bytesPerSecond === null ? "" : ` · ${formatBytes(Math.round(bytesPerSecond))}/s`,
        secondsLeft === null ? "" : ` · ${timeLeft(Math.ceil(secondsLeft))} left`,
      );
    };
    this.#draw(0);
    return show;
  }

  /** Everything has been sent, and the server looks at it. */
  checking() {
    this.#bar.removeAttribute("value");
    this.#text.textContent = "The server checks the file";
  }

  /** It does not go on for now. */
  pause() {
    this.#draw(this.#sent, " were sent");
  }

  /** Takes it away. */
  clear() {
    this.hidden = true;
  }

  /**
   * @param {number} sent
   * @param {...string} behind
   */
  #draw(sent, ...behind) {
    this.#sent = sent;
    this.#bar.max = this.#total || 1;
    this.#bar.value = sent;
    this.#text.textContent = [`${formatBytes(sent)} of ${formatBytes(this.#total)}`, ...behind]
      .join("");
  }
}

/** Whole seconds: tenths would only flicker. @param {number} seconds */
function timeLeft(seconds) {
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

customElements.define("upload-progress", UploadProgress);
