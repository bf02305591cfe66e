// The fields of a task. A change is sent when a field is left, for the version that was edited.

import { html, noChange, nothing } from "../../vendored/lit-html/lit-html.js";
import { live } from "../../vendored/lit-html/directives/live.js";
import * as commands from "../../model/commands.js";
import { t } from "../../words/words.js";
import { icon } from "../icon.js";
import { minutesOf, lengthWords } from "./lengths.js";

/** @typedef {import("../../page.js").Page} Page @typedef {import("../../model/fold.js").Task} Task */

const ESTIMATES = ["PT5M", "PT15M", "PT30M", "PT1H", "PT2H", "PT4H", "PT8H"];
const PRIORITIES = ["low", "medium", "high"];

/** The version at which a person began to edit a field, by the field. @type {WeakMap<EventTarget, number>} */
const begun = new WeakMap();

/** @param {Page} page @param {Task} task @param {"title" | "description"} name @param {{rows: number, most: number, lost?: (fields: Partial<Task>) => void}} how `lost`: keeps what is written, as the server has no such task */
export function textField(page, task, name, { rows, most, lost }) {
  const save = (/** @type {any} */ event) => {
    const text = name === "title" ? event.target.value.trim().replace(/\s*\n\s*/g, " ") : event.target.value;
    if (text === task[name] || (name === "title" && !text)) return void (event.target.value = task[name]);
    if (lost) return lost({ [name]: text });
    page.ask(commands.change(task, { [name]: text }, { version: begun.get(event.target) ?? task.version }));
  };
  const key = page.store.keyOf(task.id);
  return html`<textarea class=${name} name=${name} rows=${rows} maxlength=${most} dir="auto" aria-label=${t(name)} placeholder=${name === "description" ? t("add-description") : nothing}
    .value=${isEdited(name) ? noChange : live(task[name])} data-key=${key}
    @focus=${(/** @type {FocusEvent} */ event) => begun.set(/** @type {EventTarget} */ (event.target), page.store.heard(task.id)?.version ?? task.version)}
    @keydown=${(/** @type {KeyboardEvent} */ event) => { if (name === "title" && event.key === "Enter") { event.preventDefault(); /** @type {HTMLElement} */ (event.target).blur(); } }}
    @change=${save}></textarea>`;

  /** What a person writes is not overwritten by what is heard. @param {string} field */
  function isEdited(field) {
    const here = document.activeElement;
    return here instanceof HTMLTextAreaElement && here.name === field && here.dataset.key === key;
  }
}

/** @param {Page} page @param {Task} task */
export function dueField(page, task) {
  const day = page.clock.dayOf(task) ?? "";
  const time = task.due_at ? page.clock.timeOf(task.due_at) : "";
  const move = (/** @type {string} */ newDay, /** @type {string} */ newTime) =>
    page.ask(commands.reschedule(task, !newDay ? { due_on: null } : newTime ? { due_at: page.clock.moment(newDay, newTime) } : { due_on: newDay }));
  const foreign = page.clock.zone !== Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<div class="due-field">
    <input type="date" aria-label=${t("day")} .value=${live(day)} @change=${(/** @type {any} */ event) => move(event.target.value, time)}>
    ${day ? html`<input type="time" aria-label=${t("time")} .value=${live(time)} @change=${(/** @type {any} */ event) => move(day, event.target.value)}>
      <button type="button" class="shut" aria-label=${t("clear-date")} title=${t("clear-date")} @click=${() => move("", "")}>${icon("close")}</button>` : nothing}
    ${day ? html`<span class=${page.clock.isOverdue(task) ? "soft late" : "soft"}>${page.clock.due(task)}${time && foreign ? ` ${t("in-zone", page.clock.zone)}` : ""}</span>` : nothing}
  </div>`;
}

/** @param {Page} page @param {Task} task */
export const priorityField = (page, task) => choice(t("priority"), PRIORITIES.map((each) => [each, t(each)]), task.priority,
  (value) => page.ask(commands.change(task, { priority: value })));

/** @param {Page} page @param {Task} task */
export function estimateField(page, task) {
  const known = ESTIMATES.some((each) => minutesOf(each) === minutesOf(task.estimate ?? ""));
  const options = [["", t("no-estimate")], ...[...ESTIMATES, ...(task.estimate && !known ? [task.estimate] : [])].map((each) => [each, lengthWords(each)])];
  const now = ESTIMATES.find((each) => minutesOf(each) === minutesOf(task.estimate ?? "")) ?? task.estimate ?? "";
  return choice(t("estimate"), options, now, (value) => page.ask(commands.change(task, { estimate: value || null })));
}

/** @param {Page} page @param {Task} task */
export function tagField(page, task) {
  const add = (/** @type {any} */ event) => {
    event.preventDefault();
    const field = event.target.elements.tag;
    const tag = field.value.trim().replace(/^#/, "");
    if (tag && !task.tags.includes(tag)) page.ask(commands.tag(task, tag));
    field.value = "";
  };
  return html`<div class="tags-field">
    ${task.tags.map((tag) => html`<span class="chip" dir="auto"><a href=${`/tags/${encodeURIComponent(tag)}`}>${tag}</a>
      <button type="button" aria-label=${t("remove-tag", tag)} @click=${() => page.ask(commands.untag(task, tag))}>${icon("close")}</button></span>`)}
    <form @submit=${add}><input name="tag" list="known-tags" maxlength="50" dir="auto" aria-label=${t("add-tag")} placeholder=${t("add-tag")}></form>
    <datalist id="known-tags">${page.store.knownTags().filter((tag) => !task.tags.includes(tag)).map((tag) => html`<option value=${tag}></option>`)}</datalist>
  </div>`;
}

/** @param {string} name @param {string[][]} options value and words @param {string} now @param {(value: string) => void} choose */
export const choice = (name, options, now, choose) => html`<select aria-label=${name} .value=${live(now)} @change=${(/** @type {any} */ event) => choose(event.target.value)}>
  ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === now}>${words}</option>`)}</select>`;
