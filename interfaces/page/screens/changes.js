// Changes: what was done, the latest first, each to be undone as a whole.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { Problem } from "../model/api.js";
import { Pages } from "../model/reading/pages.js";
import { call } from "../parts/attempt.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

const MOST_LINKS = 3;
const NEVER_UNDONE = ["account", "session", "second_factors", "notification", "inbox"];

export class Changes {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("changes");
    this.list = new Pages("/changes?limit=50", () => page.redraw(), page.store);
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
    const tasks = change.streams.filter((/** @type {any} */ each) => each.kind === "task");
    return html`<li class=${change.state === "undone" ? "entry done" : "entry"}>
      <div><p class="said" dir="auto">${change.summary}</p>
        <p class="soft"><time datetime=${change.at}>${page.clock.formats.time.format(new Date(change.at))}</time>
          ${change.via === "token" ? html` · ${t("by-token")}` : nothing}${change.state === "undone" ? html` · ${t("undone")}` : nothing}
          ${change.notifications ? html` · ${t("notified", change.notifications)}` : nothing}
          ${tasks.length > MOST_LINKS ? nothing : tasks.map((/** @type {any} */ each) => html` · <a href=${`/time/${each.id}?version=${each.last_version}`}>${t("history")}</a>`)}</p></div>
      ${change.state === "done" && change.streams.some((/** @type {any} */ each) => !NEVER_UNDONE.includes(each.kind)) ? html`<button type="button" class="quiet" aria-label=${t("act-on", t("undo"), change.summary)} @click=${() => void this.#undo(change)}>${t("undo")}</button>` : nothing}
    </li>`;
  }

  /** Where a part of it was changed since, the rest can be undone. @param {any} change @param {string} [force] */
  async #undo(change, force = "") {
    const { toasts } = this.page;
    try {
      const answer = await call("POST", `/changes/${change.id}/undo${force}`);
      toasts.show(answer.body.notice ?? t("did-undone"));
      void this.list.read(answer.position);
    } catch (error) {
      const clash = error instanceof Problem && error.kind === "cannot-undo" && !force;
      toasts.show(problemWords(/** @type {Error} */ (error)), clash ? { name: t("undo-rest"), act: () => void this.#undo(change, "?force=fields") } : undefined, true);
    }
  }
}
