// The reminders of a task, and why each was sent or not.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { t } from "../../words/words.js";
import { icon } from "../icon.js";
import { lengthWords, minutesOf } from "./lengths.js";
import { dialog } from "../dialog.js";

/** @typedef {import("../../page.js").Page} Page @typedef {import("../../model/fold.js").Task} Task */

const OFFERED = ["PT0S", "PT10M", "PT1H", "P1D"];

export class Reminders {
  /** @type {any[] | null} */
  #items = null;
  /** @type {any} */
  #trace = null;

  /** @param {Page} page @param {string} id */
  constructor(page, id) {
    this.page = page;
    this.id = id;
    this.path = `/tasks/${id}/reminders`;
  }

  /** @param {number} [_position] */
  askAgain(_position) {
    void this.#read();
  }

  /** @param {Task} task */
  draw(task) {
    if (!this.#items) void this.#read();
    const items = (this.#items ??= []);
    return html`<ul class="reminders">${items.filter((each) => each.state !== "cancelled").map((each) => html`<li>
        <span>${this.#words(each)} <span class="soft">${t(each.state)} · ${this.page.clock.at(each.due_at)}</span></span>
        <button type="button" class="link" @click=${() => void this.#explain(each)}>${t("why")}</button>
        ${each.state === "pending" ? html`<button type="button" class="shut" aria-label=${t("remove-reminder")} @click=${() => void this.#act("DELETE", `/${each.id}`)}>${icon("close")}</button>` : nothing}
      </li>`)}</ul>
      ${task.status !== "open" ? nothing : task.due_at || task.due_on ? html`<select aria-label=${t("add-reminder")} @change=${(/** @type {any} */ event) => this.#add(event.target)}>
        <option value="">${t("add-reminder")}</option>${OFFERED.map((length) => html`<option value=${length}>${before(length)}</option>`)}</select>` : html`<span class="soft">${t("needs-due")}</span>`}
      ${this.#trace ? this.#explanation() : nothing}`;
  }

  /** Each time at which it was due, with every channel: the API has the words. */
  #explanation() {
    /** @type {any[]} */
    const moments = [...this.#trace.moments].reverse();
    return dialog(t("why-title"), html`${moments.map((moment) => html`<section class="moment"><h3><time datetime=${moment.at}>${this.page.clock.at(moment.at)}</time></h3>
        <ul>${moment.channels.map((/** @type {any} */ channel) => html`<li><strong>${t(`channel-${channel.channel}`)}${channel.host ? ` (${channel.host})` : ""}</strong><span dir="auto">${channel.text}</span>${channel.detail ? html`<span class="soft" dir="auto">${channel.detail}</span>` : nothing}</li>`)}</ul></section>`)}
      ${moments.length ? nothing : html`<p>${t("nothing-yet")}</p>`}`, () => { this.#trace = null; this.page.redraw(); });
  }

  /** @param {any} reminder */
  #words(reminder) {
    return reminder.at ? t("at-moment", this.page.clock.at(reminder.at)) : before(reminder.before);
  }

  /** @param {HTMLSelectElement} field */
  #add(field) {
    const length = field.value;
    field.value = "";
    if (length) void this.#act("POST", "", { before: length });
  }

  /** @param {string} method @param {string} end @param {any} [body] */
  async #act(method, end, body) {
    try {
      this.page.did(this.id, await api.call(method, this.path + end, { body, headers: { "Idempotency-Key": crypto.randomUUID() } }));
      await this.#read();
    } catch (error) {
      this.page.complain(error);
    }
  }

  /** @param {any} reminder */
  async #explain(reminder) {
    try {
      this.#trace = (await api.get(`/reminders/${reminder.id}/why`)).body;
      this.page.redraw();
    } catch (error) {
      this.page.complain(error);
    }
  }

  async #read() {
    try {
      this.#items = (await api.get(this.path)).body.items;
      this.page.redraw();
    } catch {
      // Without them, the task is shown all the same.
    }
  }
}

/** @param {string} length */
const before = (length) => (minutesOf(length) === 0 ? t("remind-at-due") : t("remind-before", lengthWords(length)));
