/**
 * A model's id from the name of its file.
 * @module
 */

const LONGEST = 63; // characters of an id, as the server has it

/** What an id may be; the server's rule, for the field's own check. */
export const ID_PATTERN = "[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?";

/** The rule in words. */
export const ID_RULE = "1 to 63 of a-z, 0-9 and -, which is neither first nor last.";

/**
 * Proposes an id: `My Model.Q4_K_M.gguf` becomes `my-model-q4-k-m`.
 * @param {string} fileName
 * @returns {string} "" where nothing of the name can be kept
 */
export function proposedId(fileName) {
  return fileName.replace(/\.gguf$/i, "").toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "").slice(0, LONGEST).replace(/-$/, "");
}
