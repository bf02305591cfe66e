// Today: what is overdue, what is due today and in the next seven days, and what was done.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { List } from "../model/lists.js";
import { QuickAdd } from "../parts/quick-add.js";
import { section } from "../parts/task-list.js";
import { verifyNotice } from "../parts/verify-notice.js";
import { t } from "../words/words.js";
import { byDay, more } from "./upcoming.js";

/** @typedef {import("../page.js").Page} Page */

const OVERDUE_SHOWN = 10; // so that many overdue tasks do not push today off the screen

export class Today {
  #allOverdue = false;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("today");
    const { clock, store } = page;
    const today = clock.today, tomorrow = clock.plus(today, 1);
    this.add = new QuickAdd(page, "", today);
    this.overdue = new List(store, { due_before: today, sort: "due_at" }, clock);
    this.now = new List(store, { due_after: today, due_before: tomorrow, sort: "due_at" }, clock);
    this.done = new List(store, { status: ["completed"], due_after: today, due_before: tomorrow, sort: "due_at" }, clock);
    this.next = new List(store, { due_after: tomorrow, due_before: clock.plus(today, 8), sort: "due_at" }, clock);
    this.lists = [this.overdue, this.now, this.done, this.next];
  }

  close() {
    for (const list of this.lists) list.close();
  }

  draw() {
    const { page, overdue, now, done, next } = this;
    const today = page.clock.today;
    const late = this.#allOverdue ? overdue.tasks : overdue.tasks.slice(0, OVERDUE_SHOWN);
    const hidden = overdue.tasks.length - late.length;
    return html`<header><h1>${t("today")}</h1><time datetime=${today}>${page.clock.longDay(today)}</time></header>
      ${verifyNotice(page)}
      ${this.add.draw()}
      ${section(page, late, { name: t("overdue"), late: true, count: `${overdue.tasks.length}${overdue.more ? "+" : ""}` })}
      ${hidden ? html`<button type="button" class="more" @click=${() => { this.#allOverdue = true; page.redraw(); }}>${t("all-overdue")}</button>` : more(overdue)}
      ${section(page, now.tasks, { name: t("today"), timeAlone: true })}
      ${more(now)}
      ${section(page, done.tasks, { name: t("done-today"), timeAlone: true })}
      ${byDay(page, next)}
      ${more(next)}
      ${this.lists.every((list) => list.ready && !list.tasks.length) ? this.#empty() : nothing}`;
  }

  #empty() {
    if (this.page.counts.of("all")) return html`<div class="empty"><p>${t("nothing-due")}</p><p>${t("nothing-due-hint")}</p></div>`;
    return html`<div class="empty"><p>${t("first-visit")}</p><ul>${[1, 2, 3].map((number) => html`<li>
      <button type="button" class="example" @click=${() => this.add.fill(t(`example${number}`))}>${t(`example${number}`)}</button></li>`)}</ul></div>`;
  }
}
