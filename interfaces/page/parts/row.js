// One task in a list: tick, title, what matters of it, and what can be done at once.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { guard } from "../vendored/lit-html/directives/guard.js";
import * as commands from "../model/commands.js";
import { changed } from "../routes.js";
import { t } from "../words/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../model/fold.js").Task} Task @typedef {import("../page.js").Page} Page */

/**
 * @param {Page} page @param {Task} task
 * @param {{selected: boolean, isOpen: boolean, timeAlone: boolean, place: string}} how `timeAlone`: the day is clear from the heading; `place`: names all else that the row shows
 */
export function row(page, task, { selected, isOpen, timeAlone, place }) {
  return guard([task, selected, isOpen, timeAlone, place], () => {
    const done = task.status === "completed";
    const late = page.clock.isOverdue(task);
    const classes = ["row", task.priority, done && "done", task.status === "deleted" && "deleted", late && "late", task.waiting && "waiting", selected && "selected"].filter(Boolean).join(" ");
    return html`<li class=${classes} data-row=${page.store.keyOf(task.id)} aria-current=${isOpen ? "true" : nothing}>
      ${task.status === "deleted" ? html`<span class="tick gone">${icon("bin")}</span>` : html`<button class="tick" type="button" role="checkbox" aria-checked=${done ? "true" : "false"} aria-label=${t(done ? "reopen" : "complete", task.title)}
        @click=${() => toggle(page, task)}><span>${done ? icon("check") : nothing}</span></button>`}
      <div class="what">
        <a class="title" dir="auto" href=${changed(page.route, { task: task.id })}>${task.title}</a>
        ${details(page, task, timeAlone)}
      </div>
      ${task.status === "deleted" ? html`<div class="acts"><button type="button" class="quiet" @click=${() => page.ask(commands.restore(task))}>${t("restore")}</button></div>` : acts(page, task)}
    </li>`;
  });
}

/** @param {Page} page @param {Task} task @param {boolean} timeAlone */
function details(page, task, timeAlone) {
  const due = page.clock.due(task, timeAlone);
  if (!due && !task.series_id && !task.tags.length && !task.waiting && task.priority === "medium") return nothing;
  return html`<div class="details">
    ${due ? html`<span class="due">${task.due_at ? icon("clock") : icon("calendar")}${due}</span>` : nothing}
    ${task.priority === "high" ? html`<span class="priority">${t(task.priority)}</span>` : nothing}
    ${task.series_id ? html`<span>${icon("repeat")}<span class="hidden">${t("recurring")}</span></span>` : nothing}
    ${task.tags.slice(0, 4).map((tag) => html`<a class="tag" dir="auto" href=${`/tags/${encodeURIComponent(tag)}`}>${tag}</a>`)}
    ${task.waiting ? html`<span class="sending">${t("sending")}</span>` : nothing}
  </div>`;
}

/** @param {Page} page @param {Task} task */
const acts = (page, task) => html`<div class="acts">
  <button type="button" aria-label=${t("move-tomorrow")} title=${t("move-tomorrow")} @click=${() => postpone(page, task, 1)}>${icon("calendar")}</button>
  <button type="button" aria-label=${t("move-next-week")} title=${t("move-next-week")} @click=${() => postpone(page, task, 7)}>${icon("week")}</button>
  <button type="button" aria-label=${t("delete")} title=${t("delete")} @click=${() => page.ask(commands.remove(task))}>${icon("bin")}</button>
</div>`;

/** @param {Page} page @param {Task} task */
export function toggle(page, task) {
  if (task.status === "deleted") return;
  page.ask(task.status === "completed" ? commands.reopen(task) : commands.complete(task));
}

/** Move a task by days from today. @param {Page} page @param {Task} task @param {number} days */
export const postpone = (page, task, days) => void page.ask(moved(page, task, page.clock.plus(page.clock.today, days)));

/** Moves a task to a day; a time of day stays. @param {Page} page @param {Task} task @param {string} day */
export const moved = ({ clock }, task, day) => commands.reschedule(task, task.due_at ? { due_at: clock.moment(day, clock.timeOf(task.due_at)) } : { due_on: day });
