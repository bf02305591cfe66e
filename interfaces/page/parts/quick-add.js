// Adds a task from one line: what the API reads in the words becomes chips as one types.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { live } from "../vendored/lit-html/directives/live.js";
import * as api from "../model/api.js";
import * as commands from "../model/commands.js";
import { language, t } from "../words/words.js";
import { icon } from "./icon.js";
import { lengthWords } from "./task/lengths.js";

/** @typedef {import("../page.js").Page} Page */

const READ_AFTER_MS = 120;
/** @type {Record<string, string>} */
const ICONS = { recurrence: "repeat", reminder: "bell", tag: "tag", due: "calendar", start: "calendar", until: "calendar", list: "list", estimate: "clock" };

export class QuickAdd {
  #text = "";
  /** How the API reads the text. @type {any} */
  #draft = null;
  /** Parts of the text that stay title. @type {{start: number, end: number, text: string}[]} */
  #kept = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {AbortController | undefined} */
  #reading;

  /**
   * @param {Page} page @param {string} [suffix] words that each task of this screen gets, such as "#home"
   * @param {string | null} [day] when a task is due that has no date in its words
   */
  constructor(page, suffix = "", day = null) {
    this.page = page;
    this.suffix = suffix;
    this.day = day;
  }

  /** Put a line into the field. @param {string} text */
  fill(text) {
    this.#change(text);
    /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=quick]"))?.focus();
  }

  draw() {
    const spans = this.#draft?.text === this.#line ? this.#draft.spans : [];
    return html`<form class="add" @submit=${(/** @type {SubmitEvent} */ event) => this.#submit(event)}>
      <div class="line">${icon("plus")}<input name="quick" autocomplete="off" maxlength="500" dir="auto" .value=${live(this.#text)} aria-label=${t("add-task")} placeholder=${t("add-task")}
        @input=${(/** @type {any} */ event) => this.#change(event.target.value)}><button class=${this.#text.trim() ? "primary" : "hidden"}>${t("add")}</button></div>
      ${spans.length ? html`<div class="chips">${spans.map((/** @type {any} */ span) => this.#chip(span))}</div>` : nothing}
    </form>`;
  }

  /** @param {any} span */
  #chip(span) {
    const shown = (span.kind === "recurrence" ? this.#draft.recurrence?.text : span.value) || span.text;
    return html`<button type="button" class="chip" dir="auto" aria-label=${t("stays-title", span.text)} title=${t("stays-title", span.text)} @click=${() => this.#keep(span)}>
      ${icon(ICONS[span.kind] ?? "tag")}${this.#words(span, shown)}${icon("close")}</button>`;
  }

  /** @param {any} span @param {string} shown */
  #words(span, shown) {
    if (/^\d{4}-\d\d-\d\d$/.test(shown)) return this.page.clock.day(shown);
    if (/^\d{4}-\d\d-\d\dT/.test(shown)) return this.page.clock.due({ due_at: shown, due_on: null });
    if (span.kind === "priority") return t(shown);
    if (span.kind === "estimate") return lengthWords(shown);
    return span.kind === "reminder" ? span.text : shown;
  }

  /** @param {any} span */
  #keep(span) {
    this.#kept.push({ start: span.start, end: span.end, text: span.text });
    this.#read();
  }

  /** @param {string} text */
  #change(text) {
    this.#text = text;
    const characters = [...text];
    this.#kept = this.#kept.filter((kept) => characters.slice(kept.start, kept.end).join("") === kept.text);
    clearTimeout(this.#timer);
    if (text.trim()) this.#timer = setTimeout(() => this.#read(), READ_AFTER_MS);
    else this.#draft = null;
    this.page.redraw();
  }

  get #line() {
    return this.suffix ? `${this.#text} ${this.suffix}` : this.#text;
  }

  get #keepText() {
    return this.#kept.map(({ start, end }) => `${start}-${end}`).join(",");
  }

  async #read() {
    this.#reading?.abort();
    const reading = (this.#reading = new AbortController());
    const given = new URLSearchParams({ text: this.#line, recurrence_language: language });
    if (this.#kept.length) given.set("keep", this.#keepText);
    try {
      this.#draft = (await api.get(`/tasks/quick?${given}`, {}, reading.signal)).body;
    } catch {
      return; // no chips: the words are read when the task is added
    }
    this.page.redraw();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const line = this.#line, keep = this.#keepText, known = this.#draft;
    if (!this.#text.trim()) return;
    this.#text = "";
    this.#draft = null;
    this.#kept = [];
    clearTimeout(this.#timer);
    this.page.redraw();
    // Who typed may have been faster than the answer.
    this.page.ask(known?.text === line ? commands.quick(line, known, keep, this.day) : commands.quick(line, null, "", this.day));
  }
}
