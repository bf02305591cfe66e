// A list of tasks by filters: all, of a tag, found by words, or deleted.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { List } from "../model/lists.js";
import { filters } from "../parts/filters.js";
import { QuickAdd } from "../parts/quick-add.js";
import { section } from "../parts/task-list.js";
import { changed } from "../routes.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../model/filter.js").Filter} Filter */

const SEARCH_AFTER_MS = 150;
const NEAR_END = "600px"; // the next page is read before a person reaches it

export class ListScreen {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #observer = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) void this.list?.readMore(); }, { rootMargin: NEAR_END });
  /** @type {Element | null} */
  #end = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    const { screen, parts } = page.route;
    page.title = screen === "lists" ? t("list") : screen === "saved" ? t("saved") : parts[0] ?? t(screen);
    const filter = (this.filter = filterOf(page));
    /** A search without words finds nothing. */
    this.list = screen === "search" && !filter.q ? null : new List(page.store, filter, page.clock);
    this.add = ["search", "saved", "trash"].includes(screen) ? null : new QuickAdd(page, suffixOf(page));
    if (screen === "search") requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector("input[type=search]"))?.focus());
  }

  close() {
    this.list?.close();
    this.#observer.disconnect();
    clearTimeout(this.#timer);
  }

  draw() {
    const { page, list } = this;
    const { screen, parts } = page.route;
    if (screen === "lists") page.title = page.lists.named(parts[0])?.name ?? t("list");
    if (screen === "saved") page.title = page.searches.named(parts[0] ?? "")?.name ?? t("saved");
    requestAnimationFrame(() => this.#watchEnd());
    return html`<header><h1 dir="auto">${page.title}</h1>${list?.ready ? html`<small>${t("found", list.tasks.length, list.more)}</small>` : nothing}${this.#tools()}</header>
      ${screen === "search" ? this.#field() : nothing}
      ${this.add?.draw() ?? nothing}
      ${["saved", "trash"].includes(screen) ? nothing : filters(page)}
      ${list?.failure && !list.ready && !list.tasks.length ? html`<p class="notice bad">${problemWords(list.failure)}</p>` : nothing}
      ${list ? section(page, list.tasks) : nothing}
      ${list?.ready && !list.tasks.length ? html`<div class="empty"><p>${t(screen === "trash" ? "trash-empty" : this.#filters ? "no-tasks" : "none-yet")}</p></div>` : nothing}
      ${list?.more ? html`<button type="button" class="more" id="end" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** How many filters the address has, beside the place. */
  get #filters() {
    const { screen, params } = this.page.route;
    return Number(screen === "saved") + [...params.keys()].filter((name) => name !== "task" && name !== "sort").length;
  }

  #tools() {
    const { page } = this;
    const { screen, parts, params } = page.route;
    if (screen === "lists") return page.lists.tools(parts[0] ?? "");
    if (screen === "saved") return page.searches.tools(parts[0] ?? "");
    return screen !== "trash" && (params.size - Number(params.has("task")) || parts.length) ? page.searches.saver(this.filter) : nothing;
  }

  #field() {
    return html`<form class="search" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <input type="search" name="q" maxlength="500" dir="auto" autocomplete="off" aria-label=${t("search-for")} placeholder=${t("search-hint")} .value=${this.page.route.params.get("q") ?? ""}
        @input=${(/** @type {any} */ event) => this.#search(event.target.value)}></form>`;
  }

  /** @param {string} words */
  #search(words) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      history.replaceState(null, "", changed(this.page.route, { q: words, task: null }));
      this.page.go(location.pathname + location.search);
    }, SEARCH_AFTER_MS);
  }

  #watchEnd() {
    const end = document.getElementById("end");
    if (end === this.#end) return;
    if (this.#end) this.#observer.unobserve(this.#end);
    if (end) this.#observer.observe(end);
    this.#end = end;
  }
}

/** The words that put a new task where the screen is. @param {Page} page */
function suffixOf({ route: { screen, parts }, lists }) {
  if (screen === "tags" && !/\s/.test(parts[0] ?? "")) return `#${parts[0]}`;
  const name = screen === "lists" ? lists.named(parts[0])?.name : undefined;
  return name ? `@${name.replace(/\s+/g, "-")}` : "";
}

/** @param {Page} page @returns {Filter} */
function filterOf({ route: { screen, parts, params } }) {
  if (screen === "saved") return { saved: parts[0] };
  if (screen === "trash") return { status: ["deleted"], sort: "-updated_at" };
  const several = (/** @type {string} */ name) => params.get(name)?.split(",").filter(Boolean);
  const on = (/** @type {string} */ name) => (params.get(name) === "true" ? true : undefined);
  const q = params.get("q") ?? undefined;
  const tags = [...(screen === "tags" && parts[0] ? [parts[0]] : []), ...(several("tags") ?? [])];
  return {
    q,
    status: several("status") ?? ["open"],
    priority: several("priority"),
    list: screen === "lists" ? parts[0] ?? "none" : undefined,
    tags: tags.length ? tags : undefined,
    overdue: on("overdue"),
    undated: on("undated"),
    recurring: on("recurring"),
    due_after: params.get("due_after") ?? undefined,
    due_before: params.get("due_before") ?? undefined,
    sort: params.get("sort") ?? (q ? undefined : "-created_at"),
  };
}
