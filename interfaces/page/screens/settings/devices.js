// Where somebody is logged in: end one session, or all others.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt } from "../../parts/attempt.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

export class Devices {
  /** @type {any[] | null} */
  #sessions = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void this.#read();
  }

  draw() {
    const { clock } = this.page;
    const sessions = this.#sessions ?? [];
    return html`<section><h2>${t("settings-sessions")}</h2><ul class="lines">${sessions.map((each) => html`<li class="entry"><div>
        <p dir="auto">${each.device.replace(" on ", " · ") || t("unknown-device")} ${each.current ? html`<strong>${t("this-one")}</strong>` : nothing}</p>
        <p class="soft">${t(`by-${each.method}`)} · ${t("last-used", clock.at(each.last_used_at))} · ${t("since", clock.at(each.started_at))}</p></div>
        ${each.current ? nothing : html`<button type="button" class="quiet" aria-label=${t("act-on", t("end-session"), each.device.replace(" on ", " · "))} @click=${() => void this.#end(`/${each.id}`)}>${t("end-session")}</button>`}</li>`)}</ul>
      <div class="buttons">${sessions.length > 1 ? html`<button type="button" @click=${() => void this.#end("?except=current")}>${t("end-others")}</button>` : nothing}
        <button type="button" @click=${() => void this.#endAll()}>${t("end-all")}</button></div></section>`;
  }

  /** @param {string} which */
  async #end(which) {
    await attempt(this.page, () => api.call("DELETE", `/auth/sessions${which}`), t("saved-it"));
    void this.#read();
  }

  /** All, and with them this one. */
  async #endAll() {
    if (await attempt(this.page, () => api.call("DELETE", "/auth/sessions"))) await this.page.leave();
  }

  #read() {
    return attempt(this.page, async () => { this.#sessions = (await api.get("/auth/sessions")).body.items; });
  }
}
