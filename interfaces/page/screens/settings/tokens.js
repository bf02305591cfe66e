// Personal access tokens: for programs. Each is shown once.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call, given } from "../../parts/attempt.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const SCOPES = ["tasks:read", "tasks:write", "notifications:read", "notifications:write", "audit:read", "account:read"];

export class Tokens {
  /** @type {any[]} */
  #tokens = [];
  /** The one that was just made. @type {{name: string, token: string} | null} */
  #made = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void this.#read();
  }

  draw() {
    const scopes = this.page.session.account.roles.includes("admin") ? [...SCOPES, "admin"] : SCOPES;
    return html`<section><h2>${t("settings-tokens")}</h2><p class="soft">${t("tokens-hint")}</p>
      ${this.#made ? html`<div class="notice" role="status"><p>${t("shown-once", this.#made.name)}</p><p><code class="secret">${this.#made.token}</code></p>
        <button type="button" @click=${() => void this.#copy()}>${t("copy")}</button></div>` : nothing}
      <ul class="lines">${this.#tokens.map((token) => html`<li class="entry"><div><p dir="auto">${token.name}</p><p class="soft">${token.scopes.join(", ")}</p>
        <p class="soft">${this.#times(token)}</p></div>
        <button type="button" class="quiet" aria-label=${t("act-on", t("revoke"), token.name)} @click=${() => void this.#revoke(token)}>${t("revoke")}</button></li>`)}</ul></section>
      <section><h2>${t("new-token")}</h2><form @submit=${(/** @type {SubmitEvent} */ event) => void this.#create(event)}>
        <label>${t("name")}<input name="name" maxlength="100" dir="auto" required autocomplete="off"></label>
        <fieldset><legend>${t("scopes")}</legend>${scopes.map((scope) => html`<label class="inline"><input type="checkbox" name="scopes" value=${scope} ?checked=${scope === "tasks:read"}><code>${scope}</code></label>`)}</fieldset>
        <label>${t("expires-on")}<input name="expires" type="date" min=${this.page.clock.plus(this.page.clock.today, 1)}></label>
        <button class="primary">${t("new-token")}</button></form></section>`;
  }

  /** @param {any} token */
  #times({ created_at, last_used_at, expires_at }) {
    const { clock } = this.page;
    const used = last_used_at ? t("last-used", clock.at(last_used_at)) : t("never-used");
    return [t("since", clock.at(created_at)), used, ...(expires_at ? [t("expires", clock.at(expires_at))] : [])].join(" · ");
  }

  /** @param {SubmitEvent} event */
  async #create(event) {
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const scopes = new FormData(form).getAll("scopes");
    const { name, expires } = given(event);
    const until = expires ? { expires_at: this.page.clock.moment(expires, "00:00") } : {};
    const answer = await attempt(this.page, () => call("POST", "/auth/tokens", { name, scopes, ...until }));
    if (!answer) return;
    this.#made = answer.body;
    form.reset();
    void this.#read();
  }

  /** @param {any} token */
  #revoke(token) {
    return attempt(this.page, async () => {
      this.#tokens = (await call("DELETE", `/auth/tokens/${token.id}`)).body.items;
    }, t("saved-it"));
  }

  #copy() {
    return attempt(this.page, () => navigator.clipboard.writeText(this.#made?.token ?? ""), t("copied"));
  }

  #read() {
    return attempt(this.page, async () => { this.#tokens = (await api.get("/auth/tokens")).body.items; });
  }
}
