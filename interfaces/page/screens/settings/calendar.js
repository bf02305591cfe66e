// The calendar feed: a secret address at which other calendars read the tasks.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call } from "../../parts/attempt.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

export class Calendar {
  /** Null while the calendar is closed. @type {string | null} */
  #url = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void attempt(page, async () => { this.#url = (await api.get("/calendar")).body.url; });
  }

  draw() {
    const url = this.#url;
    return html`<section><h2>${t("settings-calendar")}</h2><p class="soft">${t("calendar-hint")}</p>
      ${url ? html`<p><code class="secret">${url}</code></p>` : nothing}
      <div class="buttons">${url ? html`<button type="button" @click=${() => void attempt(this.page, () => navigator.clipboard.writeText(url), t("copied"))}>${t("copy")}</button>` : nothing}
        <button type="button" @click=${() => void this.#act("POST")}>${t(url ? "new-calendar" : "open-calendar")}</button>
        ${url ? html`<button type="button" class="danger" @click=${() => void this.#act("DELETE")}>${t("close-calendar")}</button>` : nothing}</div></section>`;
  }

  /** @param {"POST" | "DELETE"} method */
  #act(method) {
    return attempt(this.page, async () => { this.#url = (await call(method, "/calendar")).body.url; });
  }
}
