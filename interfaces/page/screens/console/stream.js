// One stream: its events with their data, and the state after each. Reading it is recorded, with the reason.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, given } from "../../parts/attempt.js";
import { actorWords } from "../../parts/differences.js";
import { address } from "../../routes.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

export class Stream {
  /** @type {any[]} */
  #events = [];
  #reason = "";
  /** @type {number | null} */
  #next = 0;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.id = page.route.parts[1] ?? "";
  }

  draw() {
    return html`<form class="filter-form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#ask(given(event))}>
        <label>${t("log-stream")}<input name="id" required .value=${this.id}></label>
        <label>${t("reason")}<input name="reason" minlength="3" maxlength="200" required aria-describedby="reason-hint"></label><button class="primary">${t("show")}</button></form>
      <p class="soft" id="reason-hint">${t("reading-recorded")}</p>
      ${this.#events.map((each, index) => this.#event(each, this.#events[index - 1]?.state ?? {}))}
      ${this.#events.length && this.#next ? html`<button type="button" class="more" @click=${() => void this.#read()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} event @param {Record<string, unknown>} before the state before it */
  #event(event, before) {
    const lines = JSON.stringify(event.state, null, 2)?.split("\n") ?? [];
    const fresh = (/** @type {string} */ text) => { const name = /^ {2}"(\w+)":/.exec(text)?.[1]; return name && JSON.stringify(event.state[name]) !== JSON.stringify(before[name]); };
    return html`<section><h2><code>${event.type}</code> <span class="count">${event.version} · ${this.page.clock.at(event.recorded_at)} · ${actorWords(this.page, event.actor)}</span></h2>
      <p class="soft"><a href=${address(["console", "log"], { correlation: event.correlation_id })}>${t("what-caused-what")}</a></p>
      <div class="moments"><pre tabindex="0" aria-label=${t("event-data")}>${JSON.stringify(event.data, null, 2)}</pre>
        ${event.state ? html`<pre tabindex="0" aria-label=${t("state-after")}>${lines.map((text) => (fresh(text) ? html`<ins>${text}</ins>\n` : `${text}\n`))}</pre>` : nothing}</div></section>`;
  }

  /** @param {Record<string, string>} form */
  async #ask({ id, reason }) {
    if (id !== this.id) history.replaceState(null, "", `/console/stream/${encodeURIComponent(id)}`);
    [this.id, this.#reason, this.#events, this.#next] = [id, reason, [], 0];
    await this.#read();
  }

  #read() {
    return attempt(this.page, async () => {
      const { items, next_version } = (await api.get(`/operations/streams/${encodeURIComponent(this.id)}?limit=50&after=${this.#next}&reason=${encodeURIComponent(this.#reason)}`)).body;
      this.#events = [...this.#events, ...items];
      this.#next = next_version;
    });
  }
}
