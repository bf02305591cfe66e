// Settings of the account: name, address, time zone, languages, and its end.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call, given } from "../../parts/attempt.js";
import { changeLanguage, language, LANGUAGES, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

export class Account {
  #leaving = false;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void attempt(page, async () => { page.session.account = (await api.get("/auth/me")).body; });
  }

  draw() {
    const { account, preferences } = this.page.session;
    const pending = /** @type {any} */ (account).pending_email;
    return html`<section><h2>${t("profile")}</h2>
        <form @submit=${(/** @type {SubmitEvent} */ event) => void this.#rename(given(event))}>
          <label>${t("name")}<input name="name" maxlength="200" dir="auto" autocomplete="name" required .value=${account.name}></label>
          <button>${t("save")}</button></form></section>
      <section><h2>${t("zone-and-language")}</h2><p class="soft">${t("zone-hint")}</p>
        <form @submit=${(/** @type {SubmitEvent} */ event) => void this.#place(given(event))}>
          <label>${t("zone")}<select name="timezone">${zones(preferences.timezone).map((zone) => html`<option value=${zone} ?selected=${zone === preferences.timezone}>${zone.replaceAll("_", " ")}</option>`)}</select></label>
          <label>${t("language-of-messages")}<select name="language">${languages(preferences.language).map((each) => html`<option value=${each} ?selected=${each === preferences.language}>${languageName(each)}</option>`)}</select></label>
          <label>${t("language-of-page")}<select name="page">${LANGUAGES.map((each) => html`<option value=${each} ?selected=${each === language}>${languageName(each)}</option>`)}</select></label>
          <button>${t("save")}</button></form></section>
      <section><h2>${t("email")}</h2><p dir="auto">${account.email} <span class="soft">${t(account.email_verified ? "confirmed" : "not-confirmed")}</span></p>
        ${pending ? html`<p class="notice">${t("address-waits", pending)}</p>` : nothing}
        <form @submit=${(/** @type {SubmitEvent} */ event) => void this.#readdress(event)}>
          <label>${t("new-address")}<input name="email" type="email" autocomplete="email" required></label>
          <label>${t("password")}<input name="password" type="password" autocomplete="current-password"></label>
          <button>${t("change-address")}</button></form></section>
      <section><h2>${t("delete-account")}</h2><p class="soft">${t("delete-account-hint")}</p>
        ${this.#leaving ? html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#delete(given(event))}>
          <label>${t("password")}<input name="password" type="password" autocomplete="current-password"></label>
          <button class="danger">${t("delete-for-good")}</button> <button type="button" class="quiet" @click=${() => this.#ask(false)}>${t("cancel")}</button></form>`
        : html`<button type="button" class="danger" @click=${() => this.#ask(true)}>${t("delete-account")}</button>`}</section>`;
  }

  /** @param {boolean} leaving */
  #ask(leaving) {
    this.#leaving = leaving;
    this.page.redraw();
  }

  /** @param {any} form */
  #rename({ name }) {
    return attempt(this.page, async () => { this.page.session.account = (await call("PATCH", "/auth/me", { name })).body; }, t("saved-it"));
  }

  /** The clock of the page is made of the zone: it loads again. @param {any} form */
  async #place({ page, ...wanted }) {
    if (await attempt(this.page, () => call("PUT", "/me/notifications", wanted))) changeLanguage(page);
  }

  /** @param {SubmitEvent} event */
  async #readdress(event) {
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const wanted = given(event);
    const answer = await attempt(this.page, () => api.call("PUT", "/auth/me/email", { body: wanted }), t("link-to-address", wanted.email));
    if (!answer) return;
    this.page.session.account = answer.body;
    form.reset();
    this.page.redraw();
  }

  /** @param {any} form */
  async #delete({ password }) {
    if (await attempt(this.page, () => api.call("DELETE", "/auth/me", { body: { password } }))) await this.page.leave();
  }
}

/** @param {string} kept */
const zones = (kept) => [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), kept])].sort();

/** @param {string} kept */
const languages = (kept) => [...new Set([...LANGUAGES, kept])];

/** @param {string} tag */
const languageName = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
