// Time: a task as it was at each version, what changed there, by whom and why. Without a task: all changes.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import { Pages } from "../model/reading/pages.js";
import { attempt, call } from "../parts/attempt.js";
import { actionWords, actorWords, differences, fieldName, valueWords } from "../parts/differences.js";
import { changed } from "../routes.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../model/fold.js").Task} Task */

const SHOWN = ["status", "description", "due_at", "due_on", "priority", "tags", "list_id", "estimate"];
const MOST = 200; // entries of a page, the most that the API answers

export class TaskTime {
  /** The task by version, as far as it was read. @type {Map<number, Task>} */
  #states = new Map();
  /** What a change did, in words, by its id; empty while it is read. @type {Map<string, string>} */
  #reasons = new Map();
  /** @type {unknown} */
  #failure = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.id = page.route.parts[0];
    page.title = t("time-of-task");
    this.history = new Pages(`/tasks/${this.id}/history?limit=${MOST}`, () => page.redraw(), page.store);
  }

  close() {
    this.history.close();
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    if (event.subject === this.id) this.history.askAgain(event.position);
  }

  /** The newest version. */
  get #last() {
    return this.history.items[0]?.version ?? 0;
  }

  draw() {
    const { page, history } = this;
    const failure = history.failure ?? this.#failure;
    if (failure) return html`<header><h1>${page.title}</h1></header><p class="notice bad">${problemWords(/** @type {Error} */ (failure))}</p>`;
    if (!history.ready) return html`<header><h1>${page.title}</h1></header><p class="soft">${t("reading")}</p>`;
    const version = this.#version;
    const task = this.#at(version);
    const entry = history.items.find((each) => each.version === version);
    return html`<header><h1>${page.title}</h1><small>${t("version-of", version, this.#last)}</small></header>
      <input class="slider" type="range" min="1" max=${this.#last} step="1" .value=${String(version)} aria-label=${t("version")} aria-valuetext=${t("version-of", version, this.#last)}
        @input=${(/** @type {any} */ event) => this.#show(Number(event.target.value))}>
      <div class="moments">
        <article class="then" aria-label=${t("as-it-was")}>
          ${task ? this.#task(task, entry) : html`<p class="soft">${t("reading")}</p>`}
          ${task && version < this.#last ? html`<p><button type="button" @click=${() => void this.#restore(version)}>${t("make-it-so")}</button></p>` : nothing}
          <p class="links"><a href=${`/tasks/${this.id}`}>${t("open-task")}</a> <a href="/time">${t("all-changes")}</a></p>
        </article>
        <ol class="timeline">${history.items.map((each) => this.#entry(each, each.version === version))}</ol>
      </div>
      ${history.more ? html`<button type="button" class="more" @click=${() => void history.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  get #version() {
    const asked = Number(this.page.route.params.get("version"));
    return asked >= 1 && asked <= this.#last ? Math.trunc(asked) : this.#last;
  }

  /** @param {Task} task @param {any} entry */
  #task(task, entry) {
    return html`<h2 dir="auto">${task.title}</h2>
      <dl class="facts">${SHOWN.filter((name) => /** @type {any} */ (task)[name]?.length).map((name) => html`<dt>${fieldName(name)}</dt>
        <dd class=${entry && name in entry.changes ? "new" : ""} dir="auto">${valueWords(this.page, name, /** @type {any} */ (task)[name])}</dd>`)}</dl>`;
  }

  /** @param {any} entry @param {boolean} here */
  #entry(entry, here) {
    const { page } = this;
    return html`<li class=${here ? "at" : ""}>
      <a href=${changed(page.route, { version: String(entry.version) })} aria-current=${here ? "true" : nothing}>${actionWords(page, entry.action)}</a>
      ${differences(page, entry.changes)}
      <span class="soft">${actorWords(page, entry.actor)} · <time datetime=${entry.recorded_at}>${page.clock.at(entry.recorded_at)}</time></span>
      ${here ? this.#reason(entry) : nothing}</li>`;
  }

  /** Why it happened: the change that it was a part of. @param {any} entry */
  #reason({ change_id }) {
    if (!change_id) return nothing;
    const known = this.#reasons.get(change_id);
    if (known === undefined) void this.#explain(change_id);
    return known ? html`<span class="soft" dir="auto">${t("part-of", known)}</span>` : nothing;
  }

  /** @param {string} id */
  async #explain(id) {
    this.#reasons.set(id, "");
    try {
      this.#reasons.set(id, (await api.get(`/changes/${id}`)).body.summary);
      this.page.redraw();
    } catch {
      // A change of another account, or one that the views do not have: the entry says enough.
    }
  }

  /** @param {number} version @returns {Task | undefined} */
  #at(version) {
    if (!this.#states.has(version) && version) void this.#read(version);
    return this.#states.get(version) ?? this.history.items.find((each) => each.version === version)?.state;
  }

  /** @param {number} version */
  async #read(version) {
    const entry = this.history.items.find((each) => each.version === version);
    if (entry) return void this.#states.set(version, entry.state);
    try {
      this.#states.set(version, (await api.get(`/tasks/${this.id}?version=${version}`)).body);
    } catch (error) {
      this.#failure = error;
    }
    this.page.redraw();
  }

  /** @param {number} version */
  #show(version) {
    history.replaceState(null, "", changed(this.page.route, { version: String(version) }));
    this.page.route.params.set("version", String(version));
    this.page.redraw();
  }

  /** @param {number} version */
  async #restore(version) {
    const answer = await attempt(this.page, () => call("POST", `/tasks/${this.id}/restore?version=${version}`));
    if (!answer) return;
    const missing = answer.body.not_restored ?? [];
    this.page.toasts.show(missing.length ? t("not-restored", missing.map(fieldName).join(", ")) : t("made-so"));
    this.page.route.params.delete("version");
    history.replaceState(null, "", changed(this.page.route, { version: null }));
    void this.history.read(answer.position);
  }
}
