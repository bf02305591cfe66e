// Does what a person asked for that is no change of a task: says that it worked, or why not.

import * as api from "../model/api.js";

/** @typedef {import("../page.js").Page} Page */

/**
 * @template T
 * @param {Page} page @param {() => Promise<T>} act @param {string} [said] when it worked
 * @returns {Promise<T | undefined>} undefined: it was refused, and the page says why
 */
export async function attempt(page, act, said) {
  try {
    const result = await act();
    if (said) page.toasts.show(said);
    return result;
  } catch (error) {
    if (!closed(error)) page.complain(error);
    return undefined;
  } finally {
    page.redraw();
  }
}

/** Whether the person closed a dialog of the browser. @param {unknown} error */
export const closed = (error) => error instanceof DOMException && /^(NotAllowed|Abort)Error$/.test(error.name);

/** @param {string} method @param {string} path @param {any} [body] a request that may be repeated: it has a key of its own */
export const call = (method, path, body) => api.call(method, path, { body, headers: { "Idempotency-Key": crypto.randomUUID() } });

/** What a form holds, by the names of its fields. @param {SubmitEvent} event @returns {Record<string, any>} */
export function given(event) {
  event.preventDefault();
  return Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)));
}
