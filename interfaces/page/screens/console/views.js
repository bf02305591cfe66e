// The readers of the log (views, reactions and others) with their lag, and the events that they parked.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call } from "../../parts/attempt.js";
import { locale, problemWords, t } from "../../words/words.js";
import { Runs } from "./runs.js";

/** @typedef {import("../../page.js").Page} Page */

const ROOT = "/operations";
const AGAIN_MS = 2_000;
const KINDS = ["view", "reaction", "relay", "queue", "other"];

export class Views {
  /** @type {any[]} */
  #readers = [];
  /** @type {any[]} */
  #processes = [];
  /** @type {any[]} */
  #parked = [];
  /** @type {unknown} */
  #failure = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.runs = new Runs(page);
    void this.#read();
    this.timer = setInterval(() => { if (!document.hidden) void this.#read(); }, AGAIN_MS);
  }

  close() {
    clearInterval(this.timer);
    this.runs.close();
  }

  draw() {
    const { page: { clock }, runs } = this;
    return html`${this.#failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (this.#failure))}</p>` : nothing}
      ${this.#parked.length ? html`<section><h2>${t("parked")}</h2><ul class="lines">${this.#parked.map((each) => this.#row(each))}</ul></section>` : nothing}
      ${runs.draw()}
      <div class="table" tabindex="0" role="region" aria-label=${t("console-views")}><table><thead><tr>${["view", "position", "behind", "parked"].map((name) => html`<th scope="col">${t(name)}</th>`)}${runs.may ? html`<td></td>` : nothing}</tr></thead>
        ${KINDS.map((kind) => this.#group(kind, this.#readers.filter((each) => each.kind === kind)))}</table></div>
      <details><summary>${t("processes")} (${this.#processes.length})</summary><ul class="lines">${this.#processes.map((each) => html`<li class="entry"><div><p><code>${each.name}</code></p><p class="soft">${t("since", clock.at(each.connected_since))}</p></div></li>`)}</ul></details>`;
  }

  /** @param {string} kind @param {any[]} readers */
  #group(kind, readers) {
    return readers.length ? html`<tbody><tr><th scope="rowgroup" colspan="5">${t(`kind-${kind}`)}</th></tr>${readers.map((each) => html`<tr><th scope="row"><code>${each.name}</code></th><td>${each.position.toLocaleString(locale)}</td>
      <td>${each.lag_events ? t("lag", each.lag_events, each.lag_seconds) : "0"}</td><td class=${each.parked ? "late" : ""}>${each.parked}</td>
      ${this.runs.may ? html`<td>${kind === "view" ? this.runs.buttons(each.name) : nothing}</td>` : nothing}</tr>`)}</tbody>` : nothing;
  }

  /** @param {any} event */
  #row(event) {
    const may = this.page.session.account.roles.includes("admin");
    const name = `${event.view} ${event.position}`;
    return html`<li class="entry"><div><p class="said"><code>${event.type}</code> <span class="soft"><code>${name}</code></span></p><p class="soft" dir="auto"><code>${event.error}</code></p>
        <p class="soft">${this.page.clock.at(event.parked_at)} · <a href=${`/console/stream/${event.stream}`}>${t("stream")}</a></p></div>
      ${may ? html`<div class="buttons">${["retry", "discard"].map((how) => html`<button type="button" aria-label=${t("act-on", t(how), name)} @click=${() => void this.#settle(event, how)}>${t(how)}</button>`)}</div>` : nothing}</li>`;
  }

  /** @param {any} event @param {string} how */
  async #settle(event, how) {
    const answer = await attempt(this.page, () => call("POST", `${ROOT}/parked-events/${event.view}/${event.position}/${how}`));
    if (answer) this.page.toasts.show(answer.body.error ?? t("act-on", t(how), `${event.view} ${event.position}`), undefined, Boolean(answer.body.error));
    void this.#read();
  }

  async #read() {
    try {
      const [readers, processes, parked] = await Promise.all([`${ROOT}/readers`, `${ROOT}/processes`, `${ROOT}/parked-events`].map((path) => api.get(path)));
      this.#readers = readers.body.items;
      this.#processes = processes.body.items;
      this.#parked = parked.body.items;
      this.#failure = null;
    } catch (error) {
      this.#failure = error;
    }
    this.page.redraw();
  }
}
