// The saved searches of a person: in the side bar, saved from a list, renamed and deleted.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { parameters } from "../model/filter.js";
import { t } from "../words/words.js";
import { attempt, call, given } from "./attempt.js";
import { icon } from "./icon.js";

/** @typedef {import("../page.js").Page} Page @typedef {{id: string, name: string}} Search */

const BOOLEANS = ["overdue", "recurring"];

export class Searches {
  /** @type {Search[]} */
  #all = [];
  #asked = false;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {string} id */
  named(id) {
    return this.#all.find((search) => search.id === id);
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    if (event.type.startsWith("search.")) void this.#read(event.position);
  }

  /** The searches as places of the side bar. */
  places() {
    if (!this.#asked) void this.#read();
    const { screen, parts } = this.page.route;
    if (!this.#all.length) return nothing;
    return html`<div class="wide lists"><h2>${t("saved")}</h2>${this.#all.map((search) => html`<a href=${`/saved/${search.id}`} aria-current=${screen === "saved" && parts[0] === search.id ? "page" : nothing} dir="auto">${icon("search")}<span>${search.name}</span></a>`)}</div>`;
  }

  /** Saves what a list shows. @param {import("../model/filter.js").Filter} filter */
  saver(filter) {
    return menu(t("save-list"), "plus", html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event, filter)}>${nameField("")}<button class="primary">${t("save")}</button></form>`);
  }

  /** What can be done with a search. @param {string} id */
  tools(id) {
    const search = this.named(id);
    if (!search) return nothing;
    return menu(t("more"), "more", html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#act("PATCH", `/${id}`, given(event))}>${nameField(search.name)}<button>${t("rename")}</button></form>
      <button type="button" @click=${() => void this.#act("DELETE", `/${id}`).then((answer) => answer && this.page.go("/all"))}>${t("delete")}</button>`);
  }

  /** @param {SubmitEvent} event @param {import("../model/filter.js").Filter} filter */
  async #save(event, filter) {
    const { name } = given(event);
    const texts = [...parameters(filter)].map(([key, value]) => [key, BOOLEANS.includes(key) ? value === "true" : value]);
    const answer = await this.#act("POST", "", { name, filter: Object.fromEntries(texts) });
    if (answer) this.page.go(`/saved/${answer.body.id}`);
  }

  /** @param {string} method @param {string} end @param {any} [body] */
  async #act(method, end, body) {
    const answer = await attempt(this.page, () => call(method, `/searches${end}`, body));
    if (answer) await this.#read(answer.position);
    return answer;
  }

  /** @param {number} [position] what the answer must contain */
  async #read(position = 0) {
    this.#asked = true;
    try {
      const { store } = this.page;
      this.#all = await store.seen.items("/searches", position, () => store.whenBegun(() => void this.#read()));
      this.page.redraw();
    } catch {
      // They stay as they were; the next change of a search asks again.
    }
  }
}

/** @param {Event} event */
const shut = ({ type, target, currentTarget }) => {
  if (type === "submit" || /** @type {Element} */ (target).closest(".menu button[type=button]")) /** @type {HTMLDetailsElement} */ (currentTarget).open = false;
};

/** A button that opens a menu, until something in it is done. @param {string} name @param {string} picture @param {unknown} content */
export const menu = (name, picture, content) => html`<details class="tools" @submit=${shut} @click=${shut}><summary class="button quiet" aria-label=${name} title=${name}>${icon(picture)}${picture === "plus" ? html`<span class="words">${name}</span>` : nothing}</summary><div class="menu">${content}</div></details>`;

/** @param {string} name */
const nameField = (name) => html`<label>${t("name")}<input name="name" maxlength="100" required dir="auto" .value=${name}></label>`;
