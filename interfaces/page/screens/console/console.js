// The console: for administrators and auditors. One section at a time, each with an address of its own.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import { t } from "../../words/words.js";
import { Accounts } from "./accounts.js";
import { Audit } from "./audit.js";
import { DeadLetters } from "./dead-letters.js";
import { Overview } from "./overview.js";

/** @typedef {import("../../page.js").Page} Page */
/** @typedef {{draw: () => unknown, close?: () => void, heard?: (event: any) => void}} Section */

/** `role`: who may see it; without one, everybody who may open the console. @type {Record<string, {section: new (page: Page) => Section, role?: string}>} */
const SECTIONS = {
  overview: { section: Overview },
  "dead-letters": { section: DeadLetters, role: "admin" },
  accounts: { section: Accounts, role: "admin" },
};

/** The audit trail is a screen of its own, for everybody; it is fetched together with the console. @param {Page} page */
export const audit = (page) => new Audit(page);

export class Console {
  /** @type {Section | null} */
  #section = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.title = t("console");
    const { roles } = page.session.account;
    if (!roles.includes("admin") && !roles.includes("auditor")) return;
    this.names = Object.keys(SECTIONS).filter((name) => roles.includes(SECTIONS[name].role ?? roles[0]));
    this.name = this.names.includes(page.route.parts[0]) ? page.route.parts[0] : "overview";
    this.#section = new SECTIONS[this.name].section(page);
  }

  close() {
    this.#section?.close?.();
  }

  /** @param {import("../../model/fold.js").Heard} event */
  heard(event) {
    this.#section?.heard?.(event);
  }

  draw() {
    if (!this.#section) return html`<header><h1>${t("console")}</h1></header><p class="notice">${t("problem-not-permitted")}</p>`;
    return html`<header><h1>${t("console")}</h1></header>
      <nav class="tabs" aria-label=${t("sections")}>${this.names?.map((name) => html`<a href=${`/console/${name}`} aria-current=${name === this.name ? "page" : nothing}>${t(`console-${name}`)}</a>`)}
        <a href="/audit">${t("audit")}</a></nav>
      ${this.#section.draw()}`;
  }
}
