// Dialogs over the page: the keys, and two versions of one task to choose from.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { KEYS } from "../keys.js";
import { t } from "../words/words.js";
import { fieldName, valueWords } from "./differences.js";
import { icon } from "./icon.js";

/** @typedef {import("../page.js").Page} Page */

/** A dialog; `close` is called when it is left. @param {string} name @param {unknown} content @param {() => void} close */
export const dialog = (name, content, close) => html`<dialog class="dialog" aria-label=${name} @close=${close} @cancel=${close}
  @click=${(/** @type {MouseEvent} */ event) => { if (event.target === event.currentTarget) close(); }}>
  <header><h2>${name}</h2><button type="button" class="shut" aria-label=${t("close")} @click=${close}>${icon("close")}</button></header>
  ${content}
</dialog>`;

/** Show every dialog that was drawn: a dialog that is open keeps the focus inside. */
export function openDialogs() {
  for (const each of document.querySelectorAll("dialog")) if (!each.open) each.showModal();
}

/** @param {Page} page */
export const keysDialog = (page) => dialog(t("keys"), html`<dl class="keys">${KEYS.map(({ keys, shown, name }) => html`<div>
  <dt>${shown.map((key, index) => html`${index ? ` ${t(keys.includes(" ") ? "and" : "or")} ` : nothing}<kbd>${key}</kbd>`)}</dt><dd>${t(name)}</dd></div>`)}</dl>`, () => page.showKeys(false));

/**
 * @typedef {object} Conflict
 * @property {import("../model/overlay.js").Command} command what was refused
 * @property {any} theirs the task as it is now
 * @property {{at: string, words: string}[]} meanwhile what happened since
 */

/** @param {Page} page @param {Conflict} conflict */
export function conflictDialog(page, conflict) {
  const { command, theirs, meanwhile } = conflict;
  const fields = Object.keys(command.body ?? {});
  return dialog(t("conflict-title"), html`<p>${t("conflict-text", theirs.title)}</p>
    <table class="versions"><thead><tr><th scope="col">${t("field")}</th><th scope="col">${t("conflict-mine")}</th><th scope="col">${t("conflict-theirs")}</th></tr></thead>
      <tbody>${fields.map((field) => html`<tr><th scope="row">${fieldName(field)}</th><td dir="auto">${valueWords(page, field, command.body[field])}</td><td dir="auto">${valueWords(page, field, theirs[field])}</td></tr>`)}</tbody></table>
    ${meanwhile.length ? html`<ul class="meanwhile">${meanwhile.map((event) => html`<li dir="auto">${event.words} <span class="soft">${page.clock.at(event.at)}</span></li>`)}</ul>` : nothing}
    <footer><button type="button" class="primary" @click=${() => page.resolve(conflict, true)}>${t("keep-mine")}</button>
      <button type="button" @click=${() => page.resolve(conflict, false)}>${t("keep-theirs")}</button></footer>`, () => page.resolve(conflict, false));
}
