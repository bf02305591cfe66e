// The lists of a person: in the side bar, as a field of a task, and what can be done with one.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import { t } from "../words/words.js";
import { choice } from "./task/fields.js";
import { dialog } from "./dialog.js";
import { icon } from "./icon.js";
import { menu } from "./searches.js";

/** @typedef {import("../page.js").Page} Page @typedef {{id: string, name: string, archived_at: string | null}} TaskList */

export class Lists {
  /** @type {TaskList[]} */
  all = [];
  #asked = false;
  #adding = false;
  /** The list that is to be deleted, while it is asked what becomes of its tasks. @type {TaskList | null} */
  #leaving = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Those that take new tasks. */
  get current() {
    return this.all.filter((list) => !list.archived_at);
  }

  /** @param {string | undefined | null} id */
  named(id) {
    return this.all.find((list) => list.id === id);
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    if (event.type.startsWith("list.")) void this.read(event.position);
  }

  /** @param {number} [position] what the answer must contain */
  async read(position = 0) {
    this.#asked = true;
    try {
      const { store } = this.page;
      this.all = await store.seen.items("/lists", position, () => store.whenBegun(() => void this.read()));
      this.page.redraw();
    } catch {
      // They stay as they were; the next change of a list asks again.
    }
  }

  /** The lists as places of the side bar. */
  places() {
    if (!this.#asked) void this.read();
    const here = this.page.route.screen === "lists" ? this.page.route.parts[0] : "";
    return html`<div class="wide lists"><h2>${t("lists")}<button type="button" class="shut" aria-label=${t("add-list")} title=${t("add-list")} @click=${() => this.#begin()}>${icon("plus")}</button></h2>
      ${this.#adding ? html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#add(event)}><input name="name" maxlength="100" required dir="auto" aria-label=${t("name-of-list")} placeholder=${t("name-of-list")}></form>` : nothing}
      ${this.current.map((list) => html`<a href=${`/lists/${list.id}`} aria-current=${here === list.id ? "page" : nothing} dir="auto">${icon("list")}<span>${list.name}</span></a>`)}</div>`;
  }

  #begin() {
    this.#adding = !this.#adding;
    this.page.draw();
    /** @type {HTMLElement | null} */ (document.querySelector(".lists input"))?.focus();
  }

  /** The list of a task. @param {import("../model/fold.js").Task} task @param {(list: string | null) => void} choose */
  field(task, choose) {
    const now = task.list_id ?? "";
    const offered = this.all.filter((list) => !list.archived_at || list.id === now);
    return choice(t("list"), [["", t("no-list")], ...offered.map((list) => [list.id, list.name])], now, (value) => choose(value || null));
  }

  /** What can be done with a list. @param {string} id */
  tools(id) {
    const list = this.named(id);
    if (!list) return nothing;
    return html`${menu(t("more"), "more", html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#rename(event, id)}><label>${t("name-of-list")}<input name="name" maxlength="100" required dir="auto" .value=${list.name}></label><button>${t("rename")}</button></form>
        <button type="button" @click=${() => void this.#act("POST", `/${id}/${list.archived_at ? "unarchive" : "archive"}`)}>${t(list.archived_at ? "unarchive" : "archive")}</button>
        <button type="button" @click=${() => void this.#remove(list)}>${t("delete")}</button>`)}
      ${this.#leaving ? this.#question(this.#leaving) : nothing}`;
  }

  /** @param {TaskList} list */
  #question(list) {
    const others = this.current.filter((other) => other !== list);
    const done = () => { this.#leaving = null; this.page.redraw(); };
    const remove = (/** @type {string} */ what) => { done(); void this.#act("DELETE", `/${list.id}?tasks=${what}`).then((worked) => worked && this.page.go("/all")); };
    return dialog(t("delete-list", list.name), html`<p>${t("what-of-tasks")}</p><footer>
      <button type="button" @click=${() => remove("keep")}>${t("keep-tasks")}</button>
      <button type="button" @click=${() => remove("delete")}>${t("delete-tasks")}</button>
      ${others.length ? html`<select aria-label=${t("move-tasks")} @change=${(/** @type {any} */ event) => remove(`move&to=${event.target.value}`)}><option>${t("move-tasks")}</option>${others.map((other) => html`<option value=${other.id}>${other.name}</option>`)}</select>` : nothing}
      <button type="button" class="quiet" @click=${done}>${t("cancel")}</button></footer>`, done);
  }

  /** @param {TaskList} list */
  async #remove(list) {
    try {
      await api.call("DELETE", `/lists/${list.id}`);
      await this.read();
      this.page.go("/all");
    } catch (error) {
      if (!(error instanceof api.Problem && error.kind === "list-not-empty")) return this.page.complain(error);
      this.#leaving = list;
      this.page.redraw();
    }
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (await this.#act("POST", "", { name: String(new FormData(form).get("name")) })) this.#adding = false;
    this.page.redraw();
  }

  /** @param {SubmitEvent} event @param {string} id */
  #rename(event, id) {
    event.preventDefault();
    return this.#act("PATCH", `/${id}`, { name: String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("name")) });
  }

  /** @param {string} method @param {string} end @param {any} [body] @returns {Promise<boolean>} whether it worked */
  async #act(method, end, body) {
    try {
      const answer = await api.call(method, `/lists${end}`, { body, headers: { "Idempotency-Key": crypto.randomUUID() } });
      await this.read(answer.position);
      return true;
    } catch (error) {
      this.page.complain(error);
      return false;
    }
  }
}
