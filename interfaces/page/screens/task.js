// One task: beside the list it was opened from, or a page of its own.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import * as commands from "../model/commands.js";
import { dueField, estimateField, priorityField, tagField, textField } from "../parts/task/fields.js";
import { icon } from "../parts/icon.js";
import { Recurrence } from "../parts/task/recurrence.js";
import { Reminders } from "../parts/task/reminders.js";
import { toggle } from "../parts/row.js";
import { changed } from "../routes.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../model/fold.js").Task} Task */

/** The task that is open, with what is read of it beside its fields. */
export class OpenTask {
  /** @type {any} */
  failure = null;

  /** @param {Page} page @param {string} id */
  constructor(page, id) {
    this.page = page;
    this.id = id;
    this.epoch = page.store.epoch;
    this.recurrence = new Recurrence(page, id);
    this.reminders = new Reminders(page, id);
    if (!this.#isNew) void this.#read();
  }

  /** The API does not know it yet. */
  get #isNew() {
    return this.page.store.show(this.id)?.version === 0;
  }

  /** The task changed: read what is not folded. @param {import("../model/fold.js").Heard} event */
  heard(event) {
    if (event.type.startsWith("series.") && event.subject === this.page.store.show(this.id)?.series_id) this.recurrence.askAgain();
    if (event.subject !== this.id) return;
    if (event.type.startsWith("reminder.") || event.type === "task.rescheduled") this.reminders.askAgain(event.position);
    if (/recurring|single|skipped/.test(event.type)) this.recurrence.askAgain();
  }

  async #read() {
    try {
      this.page.store.absorb([(await api.get(`/tasks/${this.id}`)).body]);
      this.page.store.seen.keep([this.id]);
      this.failure = null;
    } catch (error) {
      this.failure = error;
      if (api.isAway(error)) {
        this.page.store.whenBegun(() => void this.#read());
        await this.page.store.seen.recall();
      }
    }
    this.page.redraw();
  }

  /** Everything is to be read again. */
  #restart() {
    this.epoch = this.page.store.epoch;
    if (!this.#isNew) void this.#read();
    this.reminders.askAgain();
    this.recurrence.askAgain();
  }

  /** The server has lost the task, which is still shown: add it once more, as it is here. */
  #again() {
    const { title, description, priority, tags, due_on, due_at, estimate } = /** @type {Task} */ (this.page.store.show(this.id));
    const due = due_at ? { due_at } : due_on ? { due_on } : {};
    const { key } = this.page.ask(commands.create({ title, description, priority, tags, ...due, ...(estimate ? { estimate } : {}) }));
    this.page.go(this.page.route.screen === "tasks" ? `/tasks/${key}` : changed(this.page.route, { task: key }));
  }

  draw() {
    const { page } = this;
    if (this.epoch !== page.store.epoch) this.#restart();
    const task = page.store.show(this.id);
    const lost = task && this.failure instanceof api.Problem && this.failure.status === 404 && !page.store.heard(this.id) ? (/** @type {Partial<Task>} */ fields) => page.store.lost(this.id, fields) : undefined;
    if (!task) return this.failure ? html`<p class="notice">${problemWords(this.failure)}</p>${this.#history()}` : nothing;
    if (task.status === "deleted")
      return html`<h2 dir="auto">${task.title}</h2><p class="notice">${t("task-is-deleted")} <button type="button" class="link" @click=${() => page.ask(commands.restore(task))}>${t("restore")}</button></p>${this.#history()}`;
    return html`${lost ? html`<p class="notice">${t("task-gone")} <button type="button" class="link" @click=${() => this.#again()}>${t("add-again")}</button></p>` : nothing}
      <div class=${`heading ${task.priority} ${task.status === "completed" ? "done" : ""}`}>
        <button class="tick" type="button" role="checkbox" aria-checked=${task.status === "completed" ? "true" : "false"} aria-label=${t(task.status === "completed" ? "reopen" : "complete", task.title)}
          @click=${() => toggle(page, task)}><span>${task.status === "completed" ? icon("check") : nothing}</span></button>
        ${textField(page, task, "title", { rows: 1, most: 500, lost })}
      </div>
      ${textField(page, task, "description", { rows: 3, most: 20_000, lost })}
      <dl class="facts">
        <dt>${t("due")}</dt><dd>${dueField(page, task)}</dd>
        ${this.#isNew ? nothing : html`<dt>${t("repeats")}</dt><dd>${this.recurrence.draw(task)}</dd>
        <dt>${t("reminders")}</dt><dd>${this.reminders.draw(task)}</dd>`}
        <dt>${t("priority")}</dt><dd>${priorityField(page, task)}</dd>
        <dt>${t("tags")}</dt><dd>${tagField(page, task)}</dd>
        <dt>${t("list")}</dt><dd>${page.lists.field(task, (list) => page.ask(commands.change(task, { list_id: list })))}</dd>
        <dt>${t("estimate")}</dt><dd>${estimateField(page, task)}</dd>
      </dl>
      <p class="soft times">${t("created")} ${page.clock.at(task.created_at)} · ${t("changed")} ${page.clock.at(task.updated_at)}${task.completed_at ? ` · ${t("completed")} ${page.clock.at(task.completed_at)}` : ""}</p>
      ${this.#isNew ? nothing : this.#history()}
      <p><button type="button" class="quiet" @click=${() => page.ask(commands.remove(task))}>${icon("bin")} ${t("delete")}</button></p>`;
  }

  #history() {
    return html`<p><a href=${`/time/${this.id}`}>${t("history")}</a></p>`;
  }
}

/** @type {OpenTask | null} */
let open = null;

/** The task that an id names, read once for as long as it is open. @param {Page} page @param {string} id */
export function openTask(page, id) {
  if (open?.id !== id || open.page !== page) open = new OpenTask(page, id);
  return open;
}

/** The panel beside a list. @param {Page} page @param {string} id */
export function panel(page, id) {
  const task = openTask(page, id);
  page.panel = task;
  return html`<aside class="panel" tabindex="-1" aria-label=${t("task")}>
    <a class="shut" href=${changed(page.route, { task: null })} aria-label=${t("close")}>${icon("close")}</a>
    ${task.draw()}</aside>`;
}

export class TaskScreen {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("task");
    this.task = openTask(page, page.route.parts[0] ?? "");
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    this.task.heard(event);
  }

  draw() {
    return html`<h1 class="hidden">${t("task")}</h1><article class="panel alone">${this.task.draw()}</article>`;
  }
}
