/**
 * Whose keys or usage an admin looks at.
 * @module
 */

import { h } from "../dom.js";

/** @import { Console } from "../console.js" */

/**
 * A field for the name of an account, with those suggested that have models; other keys than an
 * admin's have their own account alone, and no field.
 * @param {Console} console
 * @param {(account: string) => void} onChange
 * @returns {HTMLElement | null}
 */
export function accountField({ identity, models }, onChange) {
  if (!identity.admin) return null;
  const owners = new Set([identity.account, ...models.map((model) => model.owned_by)]);
  const suggestions = h(
    "datalist",
    { id: "accounts" },
    [...owners].sort().map((value) => h("option", { value })),
  );
  const input = h("input", { value: identity.account, spellcheck: false, autocomplete: "off" });
  input.setAttribute("list", suggestions.id); // the property is read-only
  input.addEventListener("change", () => {
    input.value = input.value.trim() || identity.account;
    onChange(input.value);
  });
  return h("label", { class: "account-field" }, "Account", input, suggestions);
}
