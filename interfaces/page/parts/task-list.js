// Tasks under a heading, and what can be done with all that are selected.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { guard } from "../vendored/lit-html/directives/guard.js";
import { repeat } from "../vendored/lit-html/directives/repeat.js";
import * as commands from "../model/commands.js";
import { changed } from "../routes.js";
import { t } from "../words/words.js";
import { given } from "./attempt.js";
import { moved, row } from "./row.js";

/** @typedef {import("../model/fold.js").Task} Task @typedef {import("../page.js").Page} Page */

const LONGEST_CHUNK = 60;

/**
 * @param {Page} page @param {Task[]} tasks
 * @param {{name?: string, late?: boolean, timeAlone?: boolean, count?: string}} [how] `name`: of the section;
 *   `count`: how many tasks it has, if not all are shown
 */
export function section(page, tasks, { name, late = false, timeAlone = false, count = String(tasks.length) } = {}) {
  if (!tasks.length) return nothing;
  const { clock, route, selection, store } = page;
  const open = store.keyOf(route.params.get("task") ?? "");
  const place = `${clock.today} ${changed(route, { task: null })}`;
  const key = (/** @type {Task} */ task) => store.keyOf(task.id);
  /** What a row shows beside its task; the same for as long as that is the same. @param {Task} task */
  const state = (task) => Number(selection.has(key(task))) + 2 * Number(key(task) === open);
  return html`<section class=${late ? "late" : ""}>
    ${name ? html`<h2>${name} <span class="count">${count}</span></h2>` : nothing}
    ${repeat(chunks(tasks, key), (some) => key(some[some.length - 1]), (some) => html`<ul class="rows">${guard([place, timeAlone, ...some, ...some.map(state)], () =>
      repeat(some, key, (task) => row(page, task, { selected: selection.has(key(task)), isOpen: key(task) === open, timeAlone, place })))}</ul>`)}
  </section>`;
}

/**
 * Parts of a list: a browser lays out only those that are near the view. A part ends at a task whose key ends in 0, one of sixteen,
 * so that a task more or less changes a single part, and not all after it.
 * @param {Task[]} tasks @param {(task: Task) => string} key
 */
function chunks(tasks, key) {
  /** @type {Task[][]} */
  const found = [];
  let ended = true;
  for (const task of tasks) {
    if (ended) found.push([]);
    ended = found[found.length - 1].push(task) === LONGEST_CHUNK || key(task).endsWith("0");
  }
  return found;
}

/** What can be done with the selection. @param {Page} page */
export function bulk(page) {
  const count = page.selection.size;
  if (!count) return nothing;
  return html`<div class="bulk" role="toolbar" aria-label=${t("selected", count)}>
    <strong>${t("selected", count)}</strong>
    <button type="button" @click=${() => all(page, { complete: true }, commands.complete)}>${t("complete-all")}</button>
    <button type="button" @click=${() => moveAll(page, page.clock.plus(page.clock.today, 1))}>${t("tomorrow-all")}</button>
    <form @submit=${(/** @type {SubmitEvent} */ event) => moveAll(page, given(event).day)}><input type="date" name="day" aria-label=${t("day")} required><button>${t("move-all")}</button></form>
    <form @submit=${(/** @type {SubmitEvent} */ event) => tagAll(page, event)}>
      <input name="tag" aria-label=${t("add-tag")} placeholder=${t("add-tag")} maxlength="50" required><button>${t("tag-all")}</button></form>
    <button type="button" @click=${() => all(page, { delete: true }, commands.remove)}>${t("delete-all")}</button>
    <button type="button" class="quiet" @click=${() => page.select(null)}>${t("clear-selection")}</button>
  </div>`;
}

/** @param {Page} page @param {SubmitEvent} event */
function tagAll(page, event) {
  const tag = given(event).tag.trim();
  if (tag) all(page, { add_tags: [tag] }, (task) => commands.change(task, { tags: [...new Set([...task.tags, tag])] }));
}

/** @param {Page} page @param {string} day */
const moveAll = (page, day) => all(page, { move_due: day }, (task) => moved(page, task, day));

/** The same change of all that are selected. @param {Page} page @param {any} change as in POST /tasks/bulk @param {(task: Task) => import("../model/commands.js").Wish} single it for one task */
function all(page, change, single) {
  const tasks = selected(page);
  if (tasks.length) page.ask(commands.bulk(tasks, change, (task) => single(task).shown));
}

/** The tasks that are selected, no longer: those that the API has not answered yet stay so. @param {Page} page */
function selected(page) {
  const tasks = [...page.selection].flatMap((id) => page.store.show(id) ?? []).filter((task) => task.version);
  for (const task of tasks) page.selection.delete(page.store.keyOf(task.id));
  page.redraw();
  return tasks;
}
