// The filters of a list as chips. Each is a parameter of the address, so that it can be linked.

import { html } from "../vendored/lit-html/lit-html.js";
import { changed } from "../routes.js";
import { language, t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page */

const PRIORITIES = ["high", "medium", "low"];
const STATUSES = ["open", "completed", "skipped"];
const SORTS = ["due_at", "-priority", "-created_at", "-updated_at", "title"];

/** @param {Page} page @param {{statuses?: boolean}} [how] */
export function filters(page, { statuses = true } = {}) {
  const { params } = page.route;
  const sort = params.get("sort") ?? (params.get("q") ? "best" : "-created_at");
  return html`<div class="filters" role="group" aria-label=${t("filters")}>
    ${statuses ? STATUSES.map((status) => several(page, "status", status, t(`status-${status}`), "open")) : ""}
    ${PRIORITIES.map((priority) => several(page, "priority", priority, t(priority)))}
    ${flag(page, "overdue", t("overdue").toLocaleLowerCase(language))} ${flag(page, "undated", t("without-date"))} ${flag(page, "recurring", t("recurring"))}
    <label class="sort"><span class="hidden">${t("sort")}</span><select @change=${(/** @type {any} */ event) => page.go(changed(page.route, { sort: event.target.value === "best" ? null : event.target.value, task: null }))}>
      ${[...(params.get("q") ? ["best"] : []), ...SORTS].map((each) => html`<option value=${each} ?selected=${each === sort}>${t(`sort-${each}`)}</option>`)}</select></label>
  </div>`;
}

/** One value of a parameter that takes several. @param {Page} page @param {string} name @param {string} value @param {string} words @param {string} [standard] what holds without the parameter */
function several(page, name, value, words, standard = "") {
  const now = (page.route.params.get(name) ?? standard).split(",").filter(Boolean);
  const on = now.includes(value);
  const then = on ? now.filter((each) => each !== value) : [...now, value];
  return chip(page, words, on, { [name]: then.length && then.join(",") !== standard ? then.join(",") : null });
}

/** @param {Page} page @param {string} name @param {string} words */
function flag(page, name, words) {
  const on = page.route.params.get(name) === "true";
  return chip(page, words, on, { [name]: on ? null : "true" });
}

/** @param {Page} page @param {string} words @param {boolean} on @param {Record<string, string | null>} changes */
const chip = (page, words, on, changes) => html`<button type="button" class="chip" aria-pressed=${on ? "true" : "false"}
  @click=${() => page.go(changed(page.route, { ...changes, task: null }))}>${words}</button>`;
