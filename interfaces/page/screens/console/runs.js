// Runs: rebuild and verify views, after a question; their progress live, and the results of the last ones.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call } from "../../parts/attempt.js";
import { dialog } from "../../parts/dialog.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const ROOT = "/operations";
const LAST = 10;
const OPEN_MS = 1_000; // between two looks while a run is open
const IDLE_MS = 10_000;
const SILENT_SECONDS = 5; // the process that carries a run out writes each second

export class Runs {
  /** @type {any[]} */
  #runs = [];
  /** What is about to be requested. @type {{view: string, how: string} | null} */
  #asked = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #closed = false;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.may = page.session.account.roles.includes("admin");
    void this.#read();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** What an administrator may do with a view, or how far its run is. @param {string} view */
  buttons(view) {
    const run = this.#runs.find((each) => each.view === view && !each.ended_at);
    if (run) return bar(run.progress, t("act-on", t(run.kind), view));
    return this.may ? html`<div class="buttons">${["rebuild", "verify"].map((how) => html`<button type="button" class="quiet" aria-label=${t("act-on", t(how), view)} @click=${() => this.#ask({ view, how })}>${t(how)}</button>`)}</div>` : nothing;
  }

  draw() {
    return html`${this.#runs.length ? html`<section><h2>${t("runs")}</h2><ul class="lines">${this.#runs.map((run) => this.#row(run))}</ul></section>` : nothing}
      ${this.#asked ? this.#question(this.#asked) : nothing}`;
  }

  /** @param {any} run */
  #row(run) {
    const { clock } = this.page;
    const name = t("act-on", t(run.kind), run.view);
    const open = !run.ended_at;
    return html`<li class="entry"><div><p class="said">${name} <span class=${run.state === "failed" || run.different || run.parked ? "soft late" : "soft"}>${t(open && run.cancelled_at ? "run-stopping" : `run-${run.state}`)}</span></p>
        ${run.progress ? this.#progress(run.progress, name) : nothing}
        <p class="soft">${clock.at(run.requested_at)}${run.state === "succeeded" ? html` · ${results(run).join(" · ")}` : nothing}${run.error ? html` · <span class="soft late">${run.error}</span>` : nothing}</p>
        ${run.differences.length ? html`<ul class="differences">${run.differences.map((/** @type {any} */ each) => html`<li><code>${each.key}</code> ${each.missing_in ? t(`missing-in-${each.missing_in}`) : each.columns.join(", ")}</li>`)}</ul>` : nothing}</div>
      ${open && this.may && !run.cancelled_at ? html`<button type="button" class="quiet" aria-label=${t("act-on", t("cancel"), name)} @click=${() => void this.#cancel(run)}>${t("cancel")}</button>` : nothing}</li>`;
  }

  /** @param {any} progress @param {string} name */
  #progress({ phase, done, total, remaining_seconds, silent_seconds }, name) {
    const parts = [t(`phase-${phase.replace(" ", "-")}`)];
    if (total) parts.push(t("done-of", done, total));
    if (remaining_seconds) parts.push(t("time-left", remaining_seconds));
    if (silent_seconds > SILENT_SECONDS) parts.push(t("run-silent"));
    return html`<p>${bar({ done, total }, name)} <span class="soft">${parts.join(" · ")}</span></p>`;
  }

  /** @param {{view: string, how: string}} asked */
  #question({ view, how }) {
    return dialog(t("act-on", t(how), view), html`<p>${t(`${how}-hint`)}</p>
      <footer><button type="button" class="primary" @click=${() => void this.#request(view, how)}>${t(how)}</button> <button type="button" class="quiet" @click=${() => this.#ask(null)}>${t("cancel")}</button></footer>`, () => this.#ask(null));
  }

  /** @param {{view: string, how: string} | null} asked */
  #ask(asked) {
    this.#asked = asked;
    this.page.redraw();
  }

  /** @param {string} view @param {string} how */
  async #request(view, how) {
    this.#ask(null);
    const answer = await attempt(this.page, () => call("POST", `${ROOT}/views/${view}/${how}`));
    if (answer) await this.#read(answer.position);
  }

  /** @param {any} run */
  async #cancel(run) {
    const answer = await attempt(this.page, () => call("POST", `${ROOT}/runs/${run.id}/cancel`));
    if (answer) await this.#read(answer.position);
  }

  /** @param {number} [position] what it must contain */
  async #read(position) {
    clearTimeout(this.#timer);
    try {
      if (!document.hidden) this.#show((await api.get(`${ROOT}/runs?limit=${LAST}`, position ? { "Annals-Min-Position": String(position) } : {})).body.items);
    } catch {
      // What is shown stays; the screen says that the server is away.
    }
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), this.#runs.some((run) => !run.ended_at) ? OPEN_MS : IDLE_MS);
    this.page.redraw();
  }

  /** @param {any[]} runs */
  #show(runs) {
    const open = new Set(this.#runs.filter((run) => !run.ended_at).map((run) => run.id));
    for (const run of runs) if (run.ended_at && open.has(run.id)) this.page.toasts.show(`${t("act-on", t(run.kind), run.view)}: ${t(`run-${run.state}`)}`, undefined, run.state === "failed");
    this.#runs = runs;
  }
}

/** @param {{done: number, total: number} | null} progress @param {string} name */
const bar = (progress, name) => html`<progress aria-label=${name} max=${progress?.total || 1} value=${progress?.total ? progress.done : nothing}></progress>`;

/** What came of a run that succeeded. @param {any} run */
const results = ({ rows, different, parked, position }) => [
  ...(rows === null ? [t("up-to", position)] : [t("rows-differ", different, rows)]),
  ...(parked ? [t("events-parked", parked)] : []),
];
