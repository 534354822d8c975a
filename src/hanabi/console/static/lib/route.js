/**
 * Addresses within the console: `#/models/accounts/a/models/m`, `#/playground?mode=chat`.
 * @module
 */

/** @typedef {{ path: string[], query: URLSearchParams }} Route */

/**
 * Reads the fragment of an address; one that is none of ours has an empty path.
 * @param {string} hash with its `#`, or ""
 * @returns {Route}
 */
export function parseRoute(hash) {
  if (!hash.startsWith("#/")) return { path: [], query: new URLSearchParams() };
  const mark = hash.indexOf("?");
  const path = mark < 0 ? hash.slice(2) : hash.slice(2, mark);
  return {
    path: path.split("/").filter((part) => part !== "").map(decoded),
    query: new URLSearchParams(mark < 0 ? "" : hash.slice(mark + 1)),
  };
}

/**
 * Writes a fragment that `parseRoute` reads.
 * @param {readonly string[]} path
 * @param {Record<string, string>} [query]
 * @returns {string}
 */
export function routeHash(path, query = {}) {
  const written = `#/${path.map(encodeURIComponent).join("/")}`;
  const asked = new URLSearchParams(query).toString();
  return asked === "" ? written : `${written}?${asked}`;
}

/**
 * The page of a model.
 * @param {string} id its full name
 * @returns {string} the fragment
 */
export function modelHash(id) {
  return routeHash(["models", ...id.split("/")]);
}

/**
 * Where to go after a sign-in: only what is within the console.
 * @param {Route} route of the sign-in page
 * @returns {string} the fragment
 */
export function destination(route) {
  const wanted = route.query.get("next") ?? "";
  const first = parseRoute(wanted).path[0];
  return first === undefined || first === "sign-in" ? "#/playground" : wanted;
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % was typed: it means itself
  }
}
