// Webhooks: addresses that Annals sends notifications to, with what was delivered last.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { attempt, call, given } from "../../parts/attempt.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const ROOT = "/me/webhooks";
const DELIVERIES = 50; // read, of all webhooks
const SHOWN = 5; // of each

export class Webhooks {
  /** @type {any[]} */
  #webhooks = [];
  /** @type {any[]} */
  #deliveries = [];
  /** Shown once. @type {{url: string, secret: string} | null} */
  #made = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void this.#read();
  }

  draw() {
    return html`<section><h2>${t("settings-webhooks")}</h2><p class="soft">${t("webhooks-hint")}</p>
      ${this.#made ? html`<div class="notice" role="status"><p dir="auto">${t("shown-once", this.#made.url)}</p><p><code class="secret">${this.#made.secret}</code></p></div>` : nothing}
      <ul class="lines">${this.#webhooks.map((each) => this.#row(each))}</ul></section>
      <section><h2>${t("new-webhook")}</h2><form @submit=${(/** @type {SubmitEvent} */ event) => void this.#add(event)}>
        <label>${t("url")}<input name="url" type="url" maxlength="2048" placeholder="https://" required autocomplete="off"></label>
        <button class="primary">${t("new-webhook")}</button></form></section>`;
  }

  /** @param {any} webhook */
  #row(webhook) {
    const last = this.#deliveries.filter((each) => each.endpoint_id === webhook.id).slice(0, SHOWN);
    return html`<li class="entry"><div><p dir="ltr">${webhook.url}</p>
        <p class=${webhook.on ? "soft" : "soft late"}>${t(webhook.on ? "is-on" : "is-off")}${webhook.why_off ? html` · <span dir="auto">${webhook.why_off}</span>` : nothing}</p>
        ${last.length ? html`<details><summary>${t("last-deliveries")}</summary><ul class="differences">${last.map((each) => html`<li class="soft"><time datetime=${each.requested_at}>${this.page.clock.at(each.requested_at)}</time> · <strong>${t(`delivery-${each.state}`)}</strong> · <span dir="auto">${each.title}</span> · ${each.reason.text}</li>`)}</ul></details>` : nothing}</div>
      <div class="buttons">${webhook.on ? nothing : html`<button type="button" class="quiet" @click=${() => void this.#act("POST", `/${webhook.id}/enable`)}>${t("switch-on")}</button>`}
        <button type="button" class="quiet" @click=${() => void this.#act("POST", `/${webhook.id}/rotate`)}>${t("new-secret")}</button>
        <button type="button" class="quiet" aria-label=${t("act-on", t("remove"), webhook.url)} @click=${() => void this.#act("DELETE", `/${webhook.id}`)}>${t("remove")}</button></div></li>`;
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const body = given(event);
    if (await this.#act("POST", "", body)) form.reset();
  }

  /** @param {string} method @param {string} end @param {any} [body] */
  async #act(method, end, body) {
    const answer = await attempt(this.page, () => call(method, ROOT + end, body));
    if (answer?.body.secret) this.#made = answer.body;
    if (answer) void this.#read();
    return answer;
  }

  #read() {
    return attempt(this.page, async () => {
      const [webhooks, deliveries] = await Promise.all([api.get(ROOT), api.get(`/notifications?channel=webhook&limit=${DELIVERIES}`)]);
      this.#webhooks = webhooks.body.items;
      this.#deliveries = deliveries.body.items;
    });
  }
}
