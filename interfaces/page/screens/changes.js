// Changes: what was done, the latest first, each to be undone as a whole.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { Pages } from "../model/reading/pages.js";
import { attempt, call } from "../parts/attempt.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

const SHOWN_TASKS = 3;

export class Changes {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("changes");
    this.list = new Pages("/changes?limit=50", () => page.redraw());
  }

  close() {
    this.list.close();
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    this.list.askAgain(event.position);
  }

  draw() {
    const { list, page } = this;
    /** @type {Map<string, any[]>} */
    const days = new Map();
    for (const change of list.items) {
      const day = page.clock.dayAt(new Date(change.at));
      days.set(day, [...(days.get(day) ?? []), change]);
    }
    return html`<header><h1>${t("changes")}</h1></header>
      ${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      ${[...days].map(([day, changes]) => html`<section><h2>${page.clock.day(day)}</h2><ul class="lines">${changes.map((change) => this.#row(change))}</ul></section>`)}
      ${list.ready && !list.failure && !list.items.length ? html`<div class="empty"><p>${t("no-changes")}</p></div>` : nothing}
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} change */
  #row(change) {
    const { page } = this;
    const tasks = change.streams.filter((/** @type {any} */ each) => each.kind === "task").slice(0, SHOWN_TASKS);
    return html`<li class=${change.state === "undone" ? "line done" : "line"}>
      <div><p class="said" dir="auto">${change.summary}</p>
        <p class="soft"><time datetime=${change.at}>${page.clock.formats.time.format(new Date(change.at))}</time>
          ${change.via === "token" ? html` · ${t("by-token")}` : nothing}${change.state === "undone" ? html` · ${t("undone")}` : nothing}
          ${change.notifications ? html` · ${t("notified", change.notifications)}` : nothing}
          ${tasks.map((/** @type {any} */ each, /** @type {number} */ index) => html` · <a href=${`/time/${each.id}?version=${each.last_version}`}>${t(tasks.length > 1 ? "history-of" : "history", index + 1)}</a>`)}</p></div>
      ${change.state === "done" ? html`<button type="button" class="quiet" aria-label=${t("act-on", t("undo"), change.summary)} @click=${() => void this.#undo(change)}>${t("undo")}</button>` : nothing}
    </li>`;
  }

  /** @param {any} change */
  async #undo(change) {
    const answer = await attempt(this.page, () => call("POST", `/changes/${change.id}/undo`), t("did-undone"));
    if (answer) void this.list.read(answer.position);
  }
}
