/**
 * The public API, asked as any other client asks it.
 * @module
 */

import { ApiError, ConnectionLost, readError } from "./errors.js";
import { createSseParser } from "./sse.js";
import { put } from "./upload.js";

export { ApiError, ConnectionLost };

/** @typedef {{ signal?: AbortSignal, onChunk: (chunk: any) => void }} StreamOptions */

/**
 * Every call rejects with an ApiError, or with ConnectionLost where no whole answer came.
 * @typedef {object} Api
 * @property {(path: string) => Promise<any>} get
 * @property {(path: string, body: unknown) => Promise<any>} post
 * @property {(path: string) => Promise<any>} delete
 * @property {typeof put} put uploads a file to an address that needs no key
 * @property {(path: string, body: unknown, options: StreamOptions) => Promise<void>} stream posts, and
 *   tells each event of the reply; resolves at `[DONE]`; rejects with an ApiError also where the
 *   reply breaks off with an error, with ConnectionLost where it ends without `[DONE]`, and with the
 *   reason of `signal`
 */

/**
 * Makes what asks the server with an API key.
 * @param {string} key
 * @param {() => Promise<string | null>} [renewKey] called when the key is refused: gives another one,
 *   with which the request is made again, or null to leave it at the refusal
 * @returns {Api}
 */
export function createApi(key, renewKey = () => Promise.resolve(null)) {
  let current = key;

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   * @returns {Promise<Response>} one that is well
   */
  async function ask(method, path, body, signal) {
    const asked = current;
    const response = await send(asked, method, path, body, signal);
    if (response.ok) return response;
    const error = await refusal(response);
    if (error.status !== 401) throw error;
    if (asked === current) {
      const renewed = await renewKey();
      if (renewed === null) throw error;
      current = renewed;
    }
    const second = await send(current, method, path, body, signal);
    if (!second.ok) throw await refusal(second);
    return second;
  }

  return {
    get: (path) => ask("GET", path).then(json),
    post: (path, body) => ask("POST", path, body).then(json),
    delete: (path) => ask("DELETE", path).then(json),
    put,
    stream: async (path, body, { signal, onChunk }) =>
      await readStream(await ask("POST", path, body, signal), onChunk, signal),
  };
}

/**
 * @param {string} key
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 */
async function send(key, method, path, body, signal) {
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${key}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent = body === undefined ? null : JSON.stringify(body);
  try {
    return await fetch(path, { method, headers, body: sent, signal: signal ?? null });
  } catch (error) {
    throw lost(error, signal);
  }
}

/** @param {Response} response */
async function json(response) {
  const text = await whole(response);
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    throw new ApiError("The server's answer is no JSON: is a proxy in between?", {
      status: response.status,
    });
  }
}

/** @param {Response} response */
async function refusal(response) {
  const text = await whole(response);
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // a proxy's page: the status has to do
  }
  return readError(response.status, body, response.headers.get("retry-after"));
}

/** @param {Response} response */
async function whole(response) {
  try {
    return await response.text();
  } catch (error) {
    throw lost(error);
  }
}

/**
 * @param {Response} response
 * @param {(chunk: any) => void} onChunk
 * @param {AbortSignal} [signal]
 */
async function readStream(response, onChunk, signal) {
  let done = false;
  const parser = createSseParser((event) => {
    if (event === "[DONE]") done = true;
    else if (!done) take(event, onChunk);
  });
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  try {
    while (!done) {
      const read = await reader.read().catch((error) => {
        throw lost(error, signal);
      });
      if (read.done) throw new ConnectionLost("The connection was lost before the reply's end");
      parser.push(decoder.decode(read.value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {}); // the server stops generating; a broken stream is over anyway
  }
}

/**
 * @param {string} event
 * @param {(chunk: any) => void} onChunk
 */
function take(event, onChunk) {
  const chunk = JSON.parse(event);
  if (chunk.error) throw readError(200, chunk);
  onChunk(chunk);
}

/**
 * What a failed fetch is to be told as.
 * @param {unknown} error
 * @param {AbortSignal} [signal]
 */
function lost(error, signal) {
  return signal?.aborted ? signal.reason ?? error : new ConnectionLost();
}
