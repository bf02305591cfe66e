// What an event changed, field by field: the value before and the value after.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import { has, language, t } from "../words/words.js";
import { lengthWords, minutesOf } from "./task/lengths.js";

/** @typedef {import("../page.js").Page} Page */

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** The status says the same. */
const SAID = /^(completed|deleted|skipped)_at$/;
/** Fields whose values have words, each with what the names of these words begin with. @type {Record<string, string>} */
const NAMED = { status: "status-", priority: "", kind: "", state: "delivery-", method: "by-", channel: "channel-" };

/** @param {Page} page @param {Record<string, {before: unknown, after: unknown}>} changes */
export function differences(page, changes) {
  const fields = Object.entries(changes).filter(([name, { before, after }]) => !(isEmpty(before) && isEmpty(after)) && !("status" in changes && SAID.test(name)));
  if (!fields.length) return nothing;
  return html`<ul class="differences">${fields.map(([name, { before, after }]) => html`<li>${fieldLabel(name)}
    ${isEmpty(before) ? nothing : html`<del dir="auto">${valueWords(page, name, before)}</del>`}
    ${isEmpty(before) || isEmpty(after) ? nothing : "→"}
    ${isEmpty(after) ? nothing : html`<ins dir="auto">${valueWords(page, name, after)}</ins>`}</li>`)}</ul>`;
}

/** The name of a field; what operators alone see has no words. @param {string} name */
export const fieldLabel = (name) => (has(FIELDS[name] ?? name) ? html`<span class="soft">${fieldName(name)}</span>` : html`<code>${name}</code>`);

/** @param {string} name */
export const fieldName = (name) => {
  const words = FIELDS[name] ?? name;
  return has(words) ? t(words) : name.replaceAll("_", " ");
};

/** @type {Record<string, string>} */
const FIELDS = { due_on: "day", due_at: "due", list_id: "list", series_id: "repeats" };

/** @param {unknown} value */
const isEmpty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

/** @param {Page} page @param {string} name @param {any} value @returns {string} */
export function valueWords(page, name, value) {
  if (isEmpty(value)) return "—";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name in NAMED && has(NAMED[name] + value)) return t(NAMED[name] + value);
  if (name === "device") return value.replace(" on ", " · ");
  if (name === "list_id") return page.lists.named(value)?.name ?? value;
  if (name === "series_id") return t("recurring");
  if (name === "due_on") return page.clock.day(value);
  if (typeof value === "string" && !Number.isNaN(minutesOf(value))) return lengthWords(value);
  if (typeof value === "string" && MOMENT.test(value)) return page.clock.at(value);
  if (Array.isArray(value)) return value.map((each) => valueWords(page, "", each)).join(", ");
  return typeof value === "object" ? Object.entries(value).map(([field, part]) => `${fieldName(field)}: ${valueWords(page, field, part)}`).join(", ") : String(value);
}

/** Who did it, in words. @param {Page} page @param {string} actor an account id, or `system:` and a process */
export function actorWords(page, actor) {
  if (actor === page.session.account.id) return t("you");
  return actor.startsWith("system:") ? "Annals" : actor;
}

/** The sentences of the API for events that the page has no words of, by their tags. @type {any} */
let sentences = null;

/** What an event did, in words. @param {Page} page @param {string} action its tag, such as task.completed */
export function actionWords(page, action) {
  if (has(action)) return t(action);
  if (!sentences) {
    sentences = {};
    void api.get("/stream/types").then(({ body }) => { sentences = body.words; page.redraw(); }, () => { sentences = null; });
  }
  return sentences?.[action]?.[language] ?? "…";
}
