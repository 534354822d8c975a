/**
 * PUT of a file, in one piece or where it was cut; the address has the secret, so no key is sent.
 * @module
 */

import { ConnectionLost, readError } from "./errors.js";

/**
 * @typedef {object} PutOptions
 * @property {(bytesSent: number) => void} [onProgress] bytes of the file that are on their way or there
 * @property {AbortSignal} [signal]
 * @property {number} [from] the first byte to send, 0 when left out
 */

/**
 * Sends a file.
 * @param {string} url
 * @param {Blob} blob the whole file
 * @param {PutOptions} [options]
 * @returns {Promise<void>} rejects with ApiError, ConnectionLost or the reason of `signal`
 */
export async function put(url, blob, { onProgress, signal, from = 0 } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (from > 0) headers["content-range"] = `bytes ${from}-${blob.size - 1}/${blob.size}`;
  const reply = await request(url, blob.slice(from), headers, (sent) => {
    onProgress?.(from + sent);
  }, signal);
  if (reply.status >= 300) throw refusal(reply);
}

/**
 * Asks how much of a file has arrived.
 * @param {string} url
 * @param {number} size of the whole file in bytes
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>} bytes; `size` when it is complete
 */
export async function arrived(url, size, signal) {
  const reply = await request(url, null, { "content-range": `bytes */${size}` }, null, signal);
  if (reply.status === 200) return size;
  if (reply.status !== 308) throw refusal(reply);
  const last = /^bytes=0-(\d+)$/.exec(reply.getResponseHeader("range") ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/**
 * One PUT; by XMLHttpRequest, since fetch does not tell how much has been sent.
 * @param {string} url
 * @param {Blob | null} body
 * @param {Record<string, string>} headers
 * @param {((sent: number) => void) | null} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<XMLHttpRequest>}
 */
function request(url, body, headers, onProgress, signal) {
  const asked = new XMLHttpRequest();
  const abort = () => asked.abort();
  const { promise, resolve, reject } = Promise.withResolvers();
  asked.onload = () => resolve(asked);
  asked.onerror = () => reject(new ConnectionLost());
  asked.onabort = () => reject(signal?.reason);
  if (onProgress) asked.upload.onprogress = (event) => onProgress(event.loaded);
  asked.open("PUT", url);
  for (const [name, value] of Object.entries(headers)) asked.setRequestHeader(name, value);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abort);
  asked.send(body);
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}

/** @param {XMLHttpRequest} reply */
function refusal(reply) {
  let body = null;
  try {
    body = JSON.parse(reply.responseText);
  } catch {
    // a proxy's page: the status has to do
  }
  return readError(reply.status, body, reply.getResponseHeader("retry-after"));
}
