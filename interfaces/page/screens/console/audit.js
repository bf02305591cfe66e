// The audit trail: who did what, when, with the values before and after. Filters are in the address; all that matches can be exported.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import { repeat } from "../../vendored/lit-html/directives/repeat.js";
import * as api from "../../model/api.js";
import { Pages } from "../../model/reading/pages.js";
import { attempt, given } from "../../parts/attempt.js";
import { actionWords, actorWords, differences } from "../../parts/differences.js";
import { address } from "../../routes.js";
import { problemWords, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const TYPES = ["task", "series", "list", "search", "account", "notification", "session", "password_reset", "second_factors", "view_run"];
const FILTERS = ["entity_type", "entity_id", "action", "user_id", "from", "to"];
const FORMATS = ["csv", "ndjson"];
const FORGET_AFTER_MS = 60_000; // the browser has begun to write the file by then

export class Audit {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("audit");
    /** They see everybody's. */
    this.everybody = page.session.account.roles.some((role) => role === "auditor" || role === "admin");
    this.list = new Pages(`/audit?limit=50&${this.#filter()}`, () => page.redraw(), page.store);
  }

  close() {
    this.list.close();
  }

  draw() {
    const { list, page } = this;
    const { params } = page.route;
    const given = (/** @type {string} */ name) => params.get(name) ?? "";
    return html`<header><h1>${t("audit")}</h1><small>${t(this.everybody ? "of-everybody" : "of-you")}</small></header>
      <form class="filter-form" @submit=${(/** @type {SubmitEvent} */ event) => this.#find(event)}>
        <label>${t("kind")}<select name="entity_type"><option value="">${t("any")}</option>${TYPES.map((type) => html`<option value=${type} ?selected=${type === given("entity_type")}>${t(`entity-${type}`)}</option>`)}</select></label>
        <label>${t("action")}<input name="action" placeholder="task.completed" pattern="[a-z_]+\\.[a-z_]+" .value=${given("action")}></label>
        <label>${t("from")}<input name="from" type="date" .value=${given("from")}></label>
        <label>${t("until")}<input name="to" type="date" .value=${given("to")}></label>
        <label>${t("entity-id")}<input name="entity_id" .value=${given("entity_id")} pattern="[0-9a-f\\-]{36}"></label>
        ${this.everybody ? html`<label>${t("by-account")}<input name="user_id" .value=${given("user_id")} pattern="[0-9a-f\\-]{36}"></label>` : nothing}
        <button class="primary">${t("filter")}</button></form>
      <p class="buttons">${FORMATS.map((format) => html`<button type="button" class="quiet" @click=${() => void this.#export(format)}>${t("export-as", format.toUpperCase())}</button>`)}</p>
      ${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      <ul class="lines">${repeat(list.items, (entry) => entry.position, (entry) => this.#entry(entry))}</ul>
      ${list.ready && !list.failure && !list.items.length ? html`<div class="empty"><p>${t("no-entries")}</p></div>` : nothing}
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} entry */
  #entry(entry) {
    const { page } = this;
    const name = entry.state.title ?? entry.state.name ?? entry.state.email ?? "";
    return html`<li class="entry"><div>
      <p class="said">${actionWords(page, entry.action)}${name ? html` <span dir="auto">“${name}”</span>` : nothing}</p>
      <p class="soft"><time datetime=${entry.recorded_at}>${page.clock.at(entry.recorded_at)}</time> · ${actorWords(page, entry.actor)} · ${t(`entity-${entry.entity_type}`)} · <a href=${address(["audit"], { entity_type: entry.entity_type, entity_id: entry.entity_id })}>${t("all-of-this")}</a>
        ${entry.entity_type === "task" && entry.owner === page.session.account.id ? html` · <a href=${`/time/${entry.entity_id}?version=${entry.version}`}>${t("as-it-was")}</a>` : nothing}</p>
      <details><summary>${t("details")}</summary>${differences(page, entry.changes)}
        <dl class="facts"><dt>${t("action")}</dt><dd><code>${entry.action}</code></dd><dt>${t("version")}</dt><dd>${entry.version}</dd><dt>${t("position")}</dt><dd>${entry.position}</dd>
          <dt>${t("account")}</dt><dd><code>${entry.owner}</code></dd><dt>${t("by")}</dt><dd><code>${entry.actor}</code></dd>
          <dt>${t("correlation")}</dt><dd><code>${entry.correlation_id}</code></dd><dt>${t("cause")}</dt><dd><code>${entry.causation_id ?? "—"}</code></dd></dl></details>
    </div></li>`;
  }

  /** Days of the address are days in the zone of the account; the last one is included. */
  #filter() {
    const { page } = this;
    const asked = new URLSearchParams();
    for (const name of FILTERS) {
      const value = page.route.params.get(name);
      if (!value) continue;
      const day = name === "from" ? value : name === "to" ? page.clock.plus(value, 1) : null;
      asked.set(name, day ? page.clock.moment(day, "00:00") : value);
    }
    return asked;
  }

  /** @param {SubmitEvent} event */
  #find(event) {
    this.page.go(address(["audit"], given(event)));
  }

  /** @param {string} format */
  #export(format) {
    return attempt(this.page, async () => {
      const { body } = await api.call("GET", `/audit/export?format=${format}&${this.#filter()}`, { file: true });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(body);
      link.download = `annals-audit.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), FORGET_AFTER_MS);
    });
  }
}
