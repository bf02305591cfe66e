// The state of the connection, in words and not only by colour.

import { html } from "../vendored/lit-html/lit-html.js";
import { t } from "../words/words.js";

/** @param {import("../model/store.js").Store} store */
export function status(store) {
  const { state, waiting } = store;
  const words = waiting && state !== "connecting" ? t(`${state}-waiting`, waiting) : t(state);
  return html`<p class="state ${state}" role="status">${words}</p>`;
}
