// The log: its events without their data, the newest first, followed live; and what caused what.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { Pages } from "../../model/reading/pages.js";
import { attempt, given } from "../../parts/attempt.js";
import { actorWords } from "../../parts/differences.js";
import { address } from "../../routes.js";
import { problemWords, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

/** The parameters that filter, with their words. @type {Record<string, string>} */
const FILTERS = { type: "action", actor: "by", stream: "log-stream", correlation: "log-correlation" };
const FOLLOW_MS = 1_000;
const MOST = 500; // lines that are kept while following

export class Log {
  /** What one request and the reactions to it recorded. @type {any[] | null} */
  #caused = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.asked = new URLSearchParams(Object.keys(FILTERS).flatMap((name) => { const value = page.route.params.get(name); return value ? [[name, value]] : []; }));
    this.list = new Pages(`/operations/log?limit=50&${this.asked}`, () => page.redraw(), null);
    this.timer = setInterval(() => { if (!document.hidden) void this.#follow(); }, FOLLOW_MS);
    const correlation = this.asked.get("correlation");
    if (correlation) void attempt(page, async () => { this.#caused = (await api.get(`/operations/correlations/${correlation}`)).body.items; });
  }

  close() {
    this.list.close();
    clearInterval(this.timer);
  }

  draw() {
    const { list, page } = this;
    return html`<form class="filter-form" @submit=${(/** @type {SubmitEvent} */ event) => page.go(address(["console", "log"], given(event)))}>
        ${Object.entries(FILTERS).map(([name, words]) => html`<label>${t(words)}<input name=${name} .value=${this.asked.get(name) ?? ""}></label>`)}<button class="primary">${t("filter")}</button></form>
      ${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      ${this.#caused ? html`<section><h2>${t("what-caused-what")}</h2>${this.#tree(this.#caused, null)}</section>` : nothing}
      <ul class="lines">${list.items.map((each) => html`<li class="entry"><div>${this.#event(each, each.stream)}${each.error ? html`<p class="soft late"><code>${each.error}</code></p>` : nothing}</div></li>`)}</ul>
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} event @param {string} stream */
  #event(event, stream) {
    const { page } = this;
    return html`<p><code>${event.type}</code></p><p class="soft">${event.position}${event.recorded_at ? html` · ${page.clock.at(event.recorded_at)}` : nothing}${event.actor ? html` · ${actorWords(page, event.actor)}` : nothing}
      · <a href=${`/console/stream/${stream}`}>${t("stream")} ${event.version}</a>${event.correlation_id ? html` · <a href=${address(["console", "log"], { correlation: event.correlation_id })}>${t("what-caused-what")}</a>` : nothing}</p>`;
  }

  /** The events that an event caused; null: those that no event of the list caused. @param {any[]} items @param {string | null} cause @returns {unknown} */
  #tree(items, cause) {
    const ids = new Set(items.map((each) => each.id));
    const caused = items.filter((each) => (cause === null ? !ids.has(each.causation_id) : each.causation_id === cause));
    return caused.length ? html`<ul class="tree">${caused.map((each) => html`<li>${this.#event(each, each.entity_id)}${this.#tree(items, each.id)}</li>`)}</ul>` : nothing;
  }

  async #follow() {
    const position = this.list.items[0]?.position ?? this.list.body?.position;
    if (!this.list.ready || position === undefined || position === null) return;
    try {
      const { items } = (await api.get(`/operations/log?after=${position}&limit=50&${this.asked}`)).body;
      if (!items.length) return;
      this.list.items = [...items.toReversed(), ...this.list.items].slice(0, MOST);
      this.page.redraw();
    } catch {
      // The next time may be better; what is shown stays.
    }
  }
}
