/**
 * A conversation in a link: `1.` (the version) and the JSON of `portable`, deflated, as base64url.
 * It stands in the fragment, which browsers do not send to any server.
 */

import { FormatError, portable, readConversation } from "./conversation-file.js";

/** @import { Conversation } from "./conversation.js" */

const VERSION = "1";
/** The most characters of the code, which any browser takes in an address, and of what it unfolds to. */
const MAX_CODE = 32_000;
const MAX_BYTES = 4 * 1024 * 1024;
const DAMAGED = "The link is damaged: was it copied as a whole?";

/**
 * The code of a conversation. Throws FormatError where it is too long for a link.
 *
 * @param {Conversation} conversation
 * @returns {Promise<string>}
 */
export async function shareCode(conversation) {
  const { updated: _, ...shared } = portable(conversation);
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const packed = await through(bytes, new CompressionStream("deflate-raw"), Infinity);
  const code = `${VERSION}.${packed.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  if (code.length <= MAX_CODE) return code;
  throw new FormatError(
    `The conversation is too long for a link: it would have ${code.length} characters, and ` +
      `${MAX_CODE} are the most; export it as a file instead`,
  );
}

/**
 * The conversation of a code, under a new id. Throws FormatError for any code that is not whole.
 *
 * @param {string} code
 * @returns {Promise<Conversation>}
 */
export async function readShareCode(code) {
  const [version, packed = "", ...rest] = code.split(".");
  if (version !== VERSION && /^\d+$/.test(version ?? "")) {
    throw new FormatError(`The link is of version ${version}; this console reads ${VERSION}`);
  }
  if (code.length > MAX_CODE) {
    throw new FormatError(`The link has ${code.length} characters; at most ${MAX_CODE} are read`);
  }
  if (version !== VERSION || rest.length > 0) throw new FormatError(DAMAGED);
  return readConversation(await unpack(packed), "link");
}

/**
 * @param {string} packed
 * @returns {Promise<unknown>}
 */
async function unpack(packed) {
  try {
    const bytes = Uint8Array.fromBase64(packed, { alphabet: "base64url" });
    const json = await through(bytes, new DecompressionStream("deflate-raw"), MAX_BYTES);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(DAMAGED);
  }
}

/**
 * Bytes after a stream has worked on them; no more than `most` are ever held.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {CompressionStream | DecompressionStream} stream
 * @param {number} most
 */
async function through(bytes, stream, most) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const pieces = [];
  let size = 0;
  for await (const piece of new Blob([bytes]).stream().pipeThrough(stream)) {
    size += piece.length;
    if (size > most) throw new FormatError(`The link unfolds to more than ${most} bytes`);
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
