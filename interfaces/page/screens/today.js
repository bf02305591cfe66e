// Today: what is overdue, what is due today and in the next seven days, and what was done.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { List } from "../model/lists.js";
import { QuickAdd } from "../parts/quick-add.js";
import { section } from "../parts/task-list.js";
import { t } from "../words/words.js";
import { verifyNotice } from "../parts/verify-notice.js";

/** @typedef {import("../page.js").Page} Page */

export class Today {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("today");
    const today = page.clock.today;
    this.add = new QuickAdd(page, "", today);
    this.open = new List(page.store, { due_before: page.clock.plus(today, 8), sort: "due_at" }, page.clock);
    this.done = new List(page.store, { status: ["completed"], due_after: today, due_before: page.clock.plus(today, 1), sort: "due_at" }, page.clock);
  }

  close() {
    this.open.close();
    this.done.close();
  }

  draw() {
    const { page } = this;
    const today = page.clock.today;
    /** @type {Map<string, import("../model/fold.js").Task[]>} */
    const days = new Map();
    for (const task of this.open.tasks) {
      const day = /** @type {string} */ (page.clock.dayOf(task));
      const place = day < today ? "late" : day;
      days.set(place, [...(days.get(place) ?? []), task]);
    }
    const late = days.get("late") ?? [], now = days.get(today) ?? [];
    const later = [...days.keys()].filter((day) => day !== "late" && day > today).sort();
    const empty = this.open.ready && !this.open.tasks.length && !this.done.tasks.length;
    return html`<header><h1>${t("today")}</h1><time datetime=${today}>${page.clock.longDay(today)}</time></header>
      ${verifyNotice(page)}
      ${this.add.draw()}
      ${section(page, late, { name: t("overdue"), late: true })}
      ${section(page, now, { name: t("today"), timeAlone: true })}
      ${section(page, this.done.tasks, { name: t("done-today"), timeAlone: true })}
      ${later.map((day) => section(page, days.get(day) ?? [], { name: page.clock.day(day), timeAlone: true }))}
      ${empty ? this.#empty() : nothing}
      ${this.open.more ? html`<button type="button" class="more" @click=${() => void this.open.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  #empty() {
    if (this.page.counts.of("all")) return html`<div class="empty"><p>${t("nothing-due")}</p><p>${t("nothing-due-hint")}</p></div>`;
    return html`<div class="empty"><p>${t("first-visit")}</p><ul>${[1, 2, 3].map((number) => html`<li>
      <button type="button" class="example" @click=${() => this.add.fill(t(`example${number}`))}>${t(`example${number}`)}</button></li>`)}</ul></div>`;
  }
}
