// Reads an address of the page: which screen it names, and with which parts and parameters.

/** The first part of the address of each screen; the server answers the page at each of them. */
export const SCREENS = [
  "today", "upcoming", "all", "tags", "lists", "saved", "search", "tasks", "time", "trash",
  "inbox", "settings", "audit", "console", "sign-in",
];

/**
 * @typedef {object} Route
 * @property {string} screen one of SCREENS
 * @property {string[]} parts what follows in the path, decoded
 * @property {URLSearchParams} params
 */

/** @param {URL | Location} address @returns {Route} */
export function read(address) {
  const [screen, ...parts] = address.pathname.split("/").filter(Boolean).map(decoded);
  return {
    screen: SCREENS.includes(screen) ? screen : "today",
    parts,
    params: new URLSearchParams(address.search),
  };
}

/**
 * The address of a screen. Parameters that are null or empty are left out.
 * @param {string[]} path
 * @param {Record<string, string | number | boolean | null | undefined> | URLSearchParams} [params]
 */
export function address(path, params = {}) {
  const given = params instanceof URLSearchParams ? params : new URLSearchParams();
  if (!(params instanceof URLSearchParams))
    for (const [name, value] of Object.entries(params))
      if (value !== null && value !== undefined && value !== "" && value !== false) given.set(name, String(value));
  const query = given.toString();
  return `/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

/** The address of a route with some parameters changed; null removes one. @param {Route} route @param {Record<string, string | null>} changes */
export function changed(route, changes) {
  const params = new URLSearchParams(route.params);
  for (const [name, value] of Object.entries(changes)) value === null || value === "" ? params.delete(name) : params.set(name, value);
  return address([route.screen, ...route.parts], params);
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
