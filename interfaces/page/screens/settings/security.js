// How somebody logs in: the password, and second factors with their recovery codes.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, given } from "../../parts/attempt.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const ROOT = "/auth/me/second-factors";

export class Security {
  /** @type {{items: any[], recovery_codes_left: number} | null} */
  #factors = null;
  /** The secret of an app that is not confirmed yet. @type {any} */
  #totp = null;
  /** Shown once. @type {string[]} */
  #codes = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void this.#read();
  }

  draw() {
    return html`<section><h2>${t("password")}</h2><p class="soft">${t("password-change-hint")}</p>
        <form @submit=${(/** @type {SubmitEvent} */ event) => void this.#password(event)}>
          <input class="hidden" name="username" autocomplete="username" aria-label=${t("email")} tabindex="-1" readonly .value=${this.page.session.account.email}>
          <label>${t("old-password")}<input name="old_password" type="password" autocomplete="current-password" required></label>
          <label>${t("new-password")}<input name="new_password" type="password" autocomplete="new-password" minlength="10" maxlength="128" required></label>
          <button>${t("change-password")}</button></form></section>
      <section><h2>${t("second-factors")}</h2><p class="soft">${t("second-factors-hint")}</p>
        ${this.#codes.length ? html`<div class="notice" role="status"><p>${t("codes-once")}</p><ol class="codes">${this.#codes.map((code) => html`<li><code>${code}</code></li>`)}</ol></div>` : nothing}
        ${this.#factors?.items.length ? html`<ul class="lines">${this.#factors.items.map((factor) => html`<li class="entry"><div><p dir="auto">${factor.name}</p><p class="soft">${t(`factor-${factor.kind}`)} · ${this.page.clock.at(factor.added_at)}</p></div></li>`)}</ul>
          <p class="soft">${t("codes-left", this.#factors.recovery_codes_left)}</p>` : nothing}
        ${this.#totp ? this.#confirmation() : this.#ways()}</section>`;
  }

  /** Each way asks for the password: an access token alone may be stolen. */
  #ways() {
    const factors = this.#factors?.items ?? [];
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#begin(event)}>
      <label>${t("password")}<input name="password" type="password" autocomplete="current-password"></label>
      <div class="buttons"><button name="way" value="totp">${t("add-app")}</button>
        ${"PublicKeyCredential" in window ? html`<button name="way" value="passkey">${t("add-passkey")}</button>` : nothing}
        ${factors.length ? html`<button name="way" value="codes">${t("new-codes")}</button>` : nothing}
        ${factors.map((factor) => html`<button class="danger" name="way" value=${factor.id}>${t("act-on", t("remove"), factor.name)}</button>`)}</div></form>`;
  }

  #confirmation() {
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#confirm(given(event))}>
      <p>${t("scan-secret")}</p><p><code>${this.#totp.secret}</code> <a target="_self" href=${this.#totp.otpauth_uri}>${t("open-app")}</a></p>
      <label>${t("name")}<input name="name" maxlength="100" dir="auto" required value=${t("factor-totp")}></label>
      <label>${t("code-of-app")}<input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
      <button class="primary">${t("confirm")}</button> <button type="button" class="quiet" @click=${() => { this.#totp = null; this.page.redraw(); }}>${t("cancel")}</button></form>`;
  }

  /** @param {SubmitEvent} event */
  async #password(event) {
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const { old_password, new_password } = given(event);
    if (await attempt(this.page, () => api.call("POST", "/auth/password", { body: { old_password, new_password } }), t("password-changed"))) form.reset();
  }

  /** @param {SubmitEvent} event */
  async #begin(event) {
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const way = /** @type {HTMLButtonElement} */ (event.submitter).value;
    const body = given(event);
    const worked = await attempt(this.page, async () => {
      if (way === "totp") this.#totp = (await api.call("POST", `${ROOT}/totp`, { body })).body;
      else if (way === "passkey") this.#codes = await addPasskey(body.password);
      else if (way === "codes") this.#codes = (await api.call("POST", "/auth/me/recovery-codes", { body })).body.recovery_codes;
      else await api.call("DELETE", `${ROOT}/${way}`, { body });
      return true;
    });
    if (!worked) return;
    form.reset();
    void this.#read();
  }

  /** @param {any} body */
  async #confirm(body) {
    const answer = await attempt(this.page, () => api.call("POST", `${ROOT}/totp/${this.#totp.id}/confirm`, { body }));
    if (!answer) return;
    this.#totp = null;
    this.#codes = answer.body.recovery_codes;
    void this.#read();
  }

  #read() {
    return attempt(this.page, async () => { this.#factors = (await api.get(ROOT)).body; });
  }
}

/** Add a passkey of this device. @param {string} password @returns {Promise<string[]>} recovery codes, with the first factor */
async function addPasskey(password) {
  const { state, options } = (await api.call("POST", "/auth/me/passkeys/options", { body: { password } })).body;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey ?? options);
  const made = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  return (await api.call("POST", "/auth/me/passkeys", { body: { state, credential: made.toJSON() } })).body.recovery_codes;
}
