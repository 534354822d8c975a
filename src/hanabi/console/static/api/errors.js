/**
 * What goes wrong between the console and its server.
 * @module
 */

/** The server's own refusal; `message` is its sentence. */
export class ApiError extends Error {
  /**
   * @param {string} message the server's sentence
   * @param {object} about
   * @param {number} about.status of HTTP; of an error within a stream, 200
   * @param {string | number | null} [about.code] the server's name for the kind of error
   * @param {string | null} [about.param] the field that is at fault
   * @param {string | null} [about.type]
   * @param {number | null} [about.retryAfter] seconds after which it is worth asking again
   */
  constructor(message, { status, code = null, param = null, type = null, retryAfter = null }) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.param = param;
    this.type = type;
    this.retryAfter = retryAfter;
  }
}

/** No answer came, or not all of it. */
export class ConnectionLost extends Error {
  /** @param {string} [message] */
  constructor(message = "The connection to the server was lost") {
    super(message);
    this.name = "ConnectionLost";
  }
}

/** What came in place of a module that was asked for. @returns {never} */
export function unloaded() {
  throw new ConnectionLost();
}

/**
 * Reads an error of either shape, `{error: {message, ...}}` or the gateway's `{code, message}`.
 * @param {number} status of HTTP
 * @param {any} body what was sent; anything
 * @param {string | null} [retryAfter] the header
 * @returns {ApiError}
 */
export function readError(status, body, retryAfter = null) {
  const error = body?.error ?? body;
  const sentence = error?.message ?? error?.detail;
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  return new ApiError(
    typeof sentence === "string" ? sentence : `The server answered with the status ${status}`,
    {
      status,
      code: error?.code ?? null,
      param: error?.param ?? null,
      type: error?.type ?? null,
      retryAfter: Number.isNaN(seconds) ? null : seconds,
    },
  );
}
