// Settings: one section at a time, each with an address of its own.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import { PLACES } from "../screens.js";
import { t } from "../../words/words.js";
import { Account } from "./account.js";
import { Devices } from "./devices.js";
import { Notifications } from "./notifications.js";
import { Security } from "./security.js";
import { Tokens } from "./tokens.js";
import { Webhooks } from "./webhooks.js";

/** @typedef {import("../../page.js").Page} Page */

/** @type {Record<string, new (page: Page) => {draw: () => unknown}>} */
const SECTIONS = { account: Account, security: Security, sessions: Devices, notifications: Notifications, webhooks: Webhooks, tokens: Tokens };

export class Settings {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("settings");
    this.name = page.route.parts[0] in SECTIONS ? page.route.parts[0] : "account";
    this.section = new SECTIONS[this.name](page);
  }

  draw() {
    return html`<header><h1>${t("settings")}</h1></header>
      <nav class="tabs" aria-label=${t("sections")}>${Object.keys(SECTIONS).map((name) => html`<a href=${`/settings/${name}`} aria-current=${name === this.name ? "page" : nothing}>${t(`settings-${name}`)}</a>`)}</nav>
      <div class="settings">${this.section.draw()}</div>
      ${this.#places()}`;
  }

  /** On a phone, the bar has no room for every place: the others are here. */
  #places() {
    const { page } = this;
    const others = PLACES.filter((place) => !place.phone && (!place.role || place.role.some((role) => page.session.account.roles.includes(role))));
    return html`<nav class="phone-places" aria-label=${t("more")}>${others.map((place) => html`<a class="button" href=${`/${place.screen}`}>${t(place.name ?? place.screen)}</a>`)}
      <button type="button" @click=${() => void page.leave()}>${t("log-out")}</button></nav>`;
  }
}
