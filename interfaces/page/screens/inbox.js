// The inbox: notifications, the newest first, read and unread.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { Pages } from "../model/reading/pages.js";
import { attempt, call } from "../parts/attempt.js";
import { changed } from "../routes.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

export class Inbox {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("inbox");
    this.unread = page.route.params.get("unread") === "true";
    this.list = new Pages(`/inbox?limit=50${this.unread ? "&unread=true" : ""}`, () => this.#taken(), page.store);
  }

  close() {
    this.list.close();
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    if (/^(notification|inbox)\./.test(event.type)) this.list.askAgain(event.position);
  }

  draw() {
    const { list, page } = this;
    const count = page.unread.count;
    return html`<header><h1>${t("inbox")}</h1><small>${t("unread-count", count)}</small></header>
      <div class="filters"><button type="button" class="chip" aria-pressed=${this.unread ? "true" : "false"}
        @click=${() => page.go(changed(page.route, { unread: this.unread ? null : "true", task: null }))}>${t("unread")}</button>
        <button type="button" class="quiet" ?disabled=${!count} @click=${() => void this.#mark("/read-all")}>${t("read-all")}</button></div>
      ${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      <ul class="lines">${list.items.map((item) => this.#row(item))}</ul>
      ${list.ready && !list.failure && !list.items.length ? html`<div class="empty"><p>${t("no-notifications")}</p><p>${t("no-notifications-hint")}</p></div>` : nothing}
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} item */
  #row(item) {
    const { page } = this;
    return html`<li class=${item.read ? "entry" : "entry unread"}>
      <div>${item.task_id ? html`<a class="said" dir="auto" href=${changed(page.route, { task: item.task_id })} @click=${() => void (item.read || this.#mark(`/${item.id}/read`))}>${item.title}</a>` : html`<p class="said" dir="auto">${item.title}</p>`}
        ${item.text && item.text !== item.title ? html`<p class="soft" dir="auto">${item.text}</p>` : nothing}
        <p class="soft"><time datetime=${item.came_at}>${page.clock.at(item.came_at)}</time>${item.read ? nothing : html` · ${t("is-unread")}`}</p></div>
      <button type="button" class="quiet" @click=${() => void this.#mark(`/${item.id}/${item.read ? "unread" : "read"}`)}>${t(item.read ? "mark-unread" : "mark-read")}</button>
    </li>`;
  }

  /** @param {string} end */
  async #mark(end) {
    const answer = await attempt(this.page, () => call("POST", `/inbox${end}`));
    if (answer) void this.list.read(answer.position);
  }

  #taken() {
    if (this.list.body) this.page.unread.count = this.list.body.unread;
    this.page.redraw();
  }
}
