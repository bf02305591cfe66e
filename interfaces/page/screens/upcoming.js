// Upcoming: every open task with a date from tomorrow on, by day, and those without a date.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { List } from "../model/lists.js";
import { QuickAdd } from "../parts/quick-add.js";
import { section } from "../parts/task-list.js";
import { t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

export class Upcoming {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("upcoming");
    this.add = new QuickAdd(page);
    this.dated = new List(page.store, { due_after: page.clock.plus(page.clock.today, 1), sort: "due_at" }, page.clock);
    this.undated = new List(page.store, { undated: true, sort: "-created_at" }, page.clock);
  }

  close() {
    this.dated.close();
    this.undated.close();
  }

  draw() {
    const { page } = this;
    const nothingHere = this.dated.ready && this.undated.ready && !this.dated.tasks.length && !this.undated.tasks.length;
    return html`<header><h1>${t("upcoming")}</h1></header>
      ${this.add.draw()}
      ${byDay(page, this.dated)}
      ${more(this.dated)}
      ${section(page, this.undated.tasks, { name: t("no-date") })}
      ${more(this.undated)}
      ${nothingHere ? html`<div class="empty"><p>${t("none-yet")}</p></div>` : nothing}`;
  }
}

/** A section for each day of a list that is sorted by its due dates. @param {Page} page @param {List} list */
export function byDay(page, list) {
  /** @type {Map<string, import("../model/fold.js").Task[]>} */
  const days = new Map();
  for (const task of list.tasks) {
    const day = /** @type {string} */ (page.clock.dayOf(task));
    days.set(day, [...(days.get(day) ?? []), task]);
  }
  return [...days.keys()].sort().map((day) => section(page, days.get(day) ?? [], { name: page.clock.day(day), timeAlone: true }));
}

/** @param {List} list */
export const more = (list) =>
  list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing;
