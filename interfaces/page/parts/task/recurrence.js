// How a task repeats: in words, with the next occurrences, and the editor of the rule.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import * as commands from "../../model/commands.js";
import { language, problemWords, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page @typedef {import("../../model/fold.js").Task} Task */

const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
/** @type {[string, (day: string) => string][]} */
const PRESETS = [
  ["daily", () => "FREQ=DAILY"],
  ["weekdays", () => "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
  ["weekly", (day) => `FREQ=WEEKLY;BYDAY=${weekday(day)}`],
  ["two-weeks", (day) => `FREQ=WEEKLY;INTERVAL=2;BYDAY=${weekday(day)}`],
  ["monthly", (day) => `FREQ=MONTHLY;BYMONTHDAY=${Number(day.slice(8))}`],
  ["yearly", (day) => `FREQ=YEARLY;BYMONTH=${Number(day.slice(5, 7))};BYMONTHDAY=${Number(day.slice(8))}`],
];
const PREVIEWED = 5;
const PREVIEW_AFTER_MS = 200;

export class Recurrence {
  /** The body of GET /tasks/{id}/recurrence. @type {any} */
  #known = null;
  /** Which series was read, so that another is read when the task moves to it. */
  #read = "";
  #editing = false;
  #kind = "weekly";
  #rule = "";
  /** What is in the field, so that a late answer for other words is left out. */
  #typed = "";
  /** What the field begins with. */
  #first = "";
  #scope = "following";
  /** @type {{text: string, occurrences: any[]} | null} */
  #preview = null;
  #message = "";
  /** What a changed rule would do, as the API answers it without recording anything. @type {any} */
  #effects = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Page} page @param {string} id */
  constructor(page, id) {
    this.page = page;
    this.id = id;
  }

  askAgain() {
    this.#read = "";
    this.page.redraw();
  }

  /** @param {Task} task */
  draw(task) {
    const series = task.series_id ?? "";
    if (series && series !== "…" && this.#read !== series) {
      this.#read = series;
      void this.#readSeries();
    }
    if (this.#editing) return this.#editor(task);
    const known = series ? this.#known?.series : null;
    return html`<span dir="auto">${known ? known.text : t(series ? "recurring" : "never")}</span>
      ${known?.next ? html`<span class="soft">${t("next")}: ${this.#at(known.next)}</span>` : nothing}
      <span class="links"><button type="button" class="link" @click=${() => this.#edit(task)}>${t("change")}</button>
        ${series && task.status === "open" ? html`<button type="button" class="link" @click=${() => this.page.ask(commands.skip(task))}>${t("skip-this")}</button>` : nothing}
        ${series && known && !known.ended_at ? html`<button type="button" class="link" @click=${() => void this.#end()}>${t("end-recurrence")}</button>` : nothing}</span>`;
  }

  /** @param {Task} task */
  #editor(task) {
    if (!this.page.clock.dayOf(task)) return html`<p class="notice">${t("needs-date")}</p><button type="button" class="link" @click=${() => this.#leave()}>${t("cancel")}</button>`;
    const field = this.#kind === "in-words" || this.#kind === "by-rule";
    return html`<form class="recurrence" aria-label=${t("change-recurrence")} @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event, task)}>
      <select aria-label=${t("change-recurrence")} @change=${(/** @type {any} */ event) => this.#choose(event.target.value, task)}>
        ${[...PRESETS.map(([name]) => name), "in-words", "by-rule"].map((name) => html`<option value=${name} ?selected=${name === this.#kind}>${t(name)}</option>`)}</select>
      ${field ? html`<input aria-label=${t(this.#kind)} dir="auto" placeholder=${this.#kind === "in-words" ? t("in-words-hint") : "FREQ=WEEKLY;BYDAY=MO,TH"} .value=${this.#first}
        @input=${(/** @type {any} */ event) => this.#type(event.target.value, task)}>` : nothing}
      ${this.#preview ? html`<p dir="auto">${this.#preview.text}</p><ol>${this.#preview.occurrences.map((each) => html`<li>${this.#at(each)}</li>`)}</ol>` : nothing}
      ${task.series_id ? html`<fieldset><legend>${t("applies-to")}</legend>${["this", "following", "all"].map((scope) => html`<label class="inline"><input type="radio" name="scope" value=${scope} ?checked=${scope === this.#scope}
        @change=${() => { this.#scope = scope; this.#effects = null; this.page.redraw(); }}> ${t(`scope-${scope}`)}</label>`)}</fieldset>` : nothing}
      ${this.#effects ? this.#outlook(this.#effects) : nothing}
      <p class="message bad" role="alert">${this.#message}</p>
      <p class="buttons"><button class="primary" ?disabled=${!this.#rule}>${t(task.series_id && !this.#effects ? "try-it" : "save")}</button> <button type="button" @click=${() => this.#leave()}>${t("cancel")}</button></p>
    </form>`;
  }

  /** @param {Task} task */
  #edit(task) {
    this.#editing = true;
    const rule = this.#known && task.series_id ? this.#known.series.rrule : "";
    this.#choose(rule ? "by-rule" : "weekly", task, rule);
  }

  /** What would change within a year. @param {any} effects */
  #outlook({ vanish, move, appear }) {
    const day = (/** @type {any} */ each) => this.page.clock.due(each);
    const lines = [["would-vanish", vanish.map(day)], ["would-appear", appear.map(day)], ["would-move", move.map((/** @type {any} */ each) => `${day(each.before)} → ${day(each.after)}`)]];
    return html`<div class="notice" role="status">${lines.map(([name, days]) => (days.length ? html`<p>${t(name, days.length)}: <span class="soft">${days.slice(0, PREVIEWED).join(" · ")}${days.length > PREVIEWED ? " …" : ""}</span></p>` : nothing))}
      ${lines.some(([, days]) => days.length) ? nothing : t("would-stay")}</div>`;
  }

  #leave() {
    this.#editing = false;
    this.#preview = this.#effects = null;
    this.#message = "";
    this.page.redraw();
  }

  /** @param {string} kind @param {Task} task @param {string} [rule] */
  #choose(kind, task, rule) {
    this.#kind = kind;
    this.#first = kind === "by-rule" ? rule ?? this.#rule : "";
    const preset = PRESETS.find(([name]) => name === kind);
    const day = this.page.clock.dayOf(task);
    if (preset && day) this.#rule = preset[1](day);
    else this.#rule = rule ?? "";
    void this.#show(task);
  }

  /** @param {string} text @param {Task} task */
  #type(text, task) {
    this.#typed = text;
    clearTimeout(this.#timer);
    this.#rule = ""; // not to be saved before it is understood
    this.#preview = null;
    this.page.redraw();
    this.#timer = setTimeout(() => void (async () => {
      const rule = this.#kind === "by-rule" ? text.trim() : await this.#understand(text);
      if (text !== this.#typed) return;
      this.#rule = rule;
      await this.#show(task);
    })(), PREVIEW_AFTER_MS);
  }

  /** The rule that words mean, as quick add reads them; empty if they mean none. @param {string} words */
  async #understand(words) {
    if (!words.trim()) return "";
    try {
      const draft = (await api.get(`/tasks/quick?${new URLSearchParams({ text: `x ${words}` })}`)).body;
      this.#message = draft.recurrence ? "" : t("not-understood");
      return draft.recurrence?.rrule ?? "";
    } catch (error) {
      this.#message = problemWords(/** @type {Error} */ (error));
      return "";
    }
  }

  /** @param {Task} task */
  async #show(task) {
    this.#preview = this.#effects = null;
    if (this.#rule)
      try {
        const given = new URLSearchParams({ rrule: this.#rule, dtstart: this.#start(task), count: String(PREVIEWED), timezone: this.page.clock.zone, language });
        this.#preview = (await api.get(`/recurrence/preview?${given}`)).body;
        this.#message = "";
      } catch (error) {
        this.#message = problemWords(/** @type {Error} */ (error));
      }
    this.page.redraw();
  }

  /** When the task is due, as the wall time or day that a rule starts from. @param {Task} task */
  #start(task) {
    const day = /** @type {string} */ (this.page.clock.dayOf(task));
    return task.due_at ? `${day}T${this.page.clock.timeOf(task.due_at)}:00` : day;
  }

  /** @param {SubmitEvent} event @param {Task} task */
  async #save(event, task) {
    event.preventDefault();
    const scope = task.series_id ? `?scope=${this.#scope}` : "";
    try {
      if (scope && !this.#effects) {
        this.#effects = (await api.call("PUT", `/tasks/${this.id}/recurrence${scope}&dry_run=true`, { body: { rrule: this.#rule } })).body;
        return this.page.redraw();
      }
      this.page.did(this.id, await api.call("PUT", `/tasks/${this.id}/recurrence${scope}`, { body: { rrule: this.#rule }, headers: { "Idempotency-Key": crypto.randomUUID() } }));
      this.#leave();
      this.askAgain();
    } catch (error) {
      this.#message = problemWords(/** @type {Error} */ (error));
      this.page.redraw();
    }
  }

  async #end() {
    try {
      this.page.did(this.id, await api.call("DELETE", `/tasks/${this.id}/recurrence`, { headers: { "Idempotency-Key": crypto.randomUUID() } }));
      this.askAgain();
    } catch (error) {
      this.page.complain(error);
    }
  }

  async #readSeries() {
    try {
      this.#known = (await api.get(`/tasks/${this.id}/recurrence?language=${language}`)).body;
      this.page.redraw();
    } catch (error) {
      if (!(error instanceof api.Problem)) this.#read = "";
    }
  }

  /** An occurrence in words. @param {{day: string | null, utc: string | null}} occurrence */
  #at({ day, utc }) {
    return this.page.clock.due({ due_on: day, due_at: utc });
  }
}

/** @param {string} day */
const weekday = (day) => DAYS[new Date(`${day}T00:00:00Z`).getUTCDay()];
