/**
 * Names that are taken by nothing else.
 * @module
 */

/**
 * A random UUID, version 4 (RFC 9562). `crypto.randomUUID` does the same, but browsers have it on
 * https and on this machine alone, and the console is also opened by plain http in a network.
 * @returns {string}
 */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] ?? 0) & 0x0f | 0x40; // the version
  bytes[8] = (bytes[8] ?? 0) & 0x3f | 0x80; // the variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
