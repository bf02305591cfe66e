// What an event changed, field by field: the value before and the value after.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { has, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const NAMED = /^(no|status|priority|kind|state)$/;

/** @param {Page} page @param {Record<string, {before: unknown, after: unknown}>} changes */
export function differences(page, changes) {
  const fields = Object.entries(changes);
  if (!fields.length) return nothing;
  return html`<ul class="differences">${fields.map(([name, { before, after }]) => html`<li><span class="soft">${fieldName(name)}</span>
    ${isEmpty(before) ? nothing : html`<del dir="auto">${valueWords(page, name, before)}</del>`}
    ${isEmpty(before) || isEmpty(after) ? nothing : "→"}
    ${isEmpty(after) ? nothing : html`<ins dir="auto">${valueWords(page, name, after)}</ins>`}</li>`)}</ul>`;
}

/** @param {string} name */
export const fieldName = (name) => {
  const words = FIELDS[name] ?? name;
  return has(words) ? t(words) : name.replaceAll("_", " ");
};

/** @type {Record<string, string>} */
const FIELDS = { due_on: "day", due_at: "due", completed_at: "completed", deleted_at: "status-deleted", list_id: "list", series_id: "repeats" };

/** @param {unknown} value */
const isEmpty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

/** @param {Page} page @param {string} name @param {any} value @returns {string} */
export function valueWords(page, name, value) {
  if (isEmpty(value)) return "—";
  if (name === "status" && has(`status-${value}`)) return t(`status-${value}`);
  if (NAMED.test(name) && has(String(value))) return t(String(value));
  if (name === "list_id") return page.lists.named(value)?.name ?? value;
  if (name === "due_on") return page.clock.day(value);
  if (typeof value === "string" && MOMENT.test(value)) return page.clock.at(value);
  if (Array.isArray(value)) return value.map((each) => valueWords(page, "", each)).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Who did it, in words. @param {Page} page @param {string} actor an account id, or `system:` and a process */
export function actorWords(page, actor) {
  if (actor === page.session.account.id) return t("you");
  return actor.startsWith("system:") ? `Annals (${actor.slice(7)})` : actor;
}

/** What an event did, in words. @param {string} action its tag, such as task.completed */
export const actionWords = (action) => (has(action) ? t(action) : action);
