// How somebody is notified: channels, events, quiet hours, default reminders, browsers with web push.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { canSubscribe, subscribe, subscribed, unsubscribe } from "../../worker.js";
import { attempt, call, given } from "../../parts/attempt.js";
import { lengthWords } from "../../parts/task/lengths.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const TOPICS = ["reminder", "task.created", "task.rescheduled", "task.completed", "task.reopened", "task.deleted"];
const LENGTHS = ["PT0S", "PT10M", "PT1H", "P1D"];

export class Notifications {
  /** The body of GET /me/push-subscriptions. @type {{public_key: string | null, items: any[]}} */
  #push = { public_key: null, items: [] };

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void attempt(page, async () => {
      const [preferences, browsers] = await Promise.all([api.get("/me/notifications"), api.get("/me/push-subscriptions")]);
      page.session.preferences = preferences.body;
      this.#push = browsers.body;
    });
  }

  draw() {
    const now = this.page.session.preferences;
    const quiet = now.quiet_hours;
    const lengths = [...new Set([...LENGTHS, ...now.default_reminders])];
    return html`<form @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event)}>
      <section><h2>${t("channels")}</h2>
        ${box("in_app", "true", t("channel-in_app"), now.in_app)}
        ${use("email", t("channel-email"), now.email)} ${use("web_push", t("channel-web_push"), now.web_push)}
        ${box("webhook", "true", t("channel-webhook"), now.webhook)}
        <label>${t("mail-address")}<input name="address" type="email" .value=${now.address ?? ""} autocomplete="email" aria-describedby="mail-hint"></label>
        <p class="soft" id="mail-hint">${now.address ? t(now.address_verified ? "confirmed" : "link-to-address", now.address) : t("no-mail")}</p></section>
      <section><h2>${t("topics")}</h2>${TOPICS.map((topic) => box("topics", topic, t(topic), now.topics.includes(topic)))}</section>
      <section><h2>${t("default-reminders")}</h2><p class="soft">${t("default-reminders-hint")}</p>
        ${lengths.map((length) => box("default_reminders", length, length === "PT0S" ? t("remind-at-due") : t("remind-before", lengthWords(length)), now.default_reminders.includes(length)))}
        <label>${t("day-starts")}<input name="day_starts_at" type="time" required .value=${now.day_starts_at}></label></section>
      <section><h2>${t("quiet-hours")}</h2><p class="soft">${t("quiet-hint")}</p>
        <div class="fields"><label>${t("quiet-from")}<input name="quiet_from" type="time" .value=${quiet?.start ?? ""}></label>
          <label>${t("quiet-until")}<input name="quiet_until" type="time" .value=${quiet?.end ?? ""}></label></div>
        ${box("digest", "true", t("digest"), now.digest)}</section>
      <button class="primary">${t("save")}</button></form>
      ${this.#browsers()}`;
  }

  /** Those that get notifications while no page is open, and this one among them. */
  #browsers() {
    const { items, public_key: key } = this.#push;
    const mine = items.some((each) => each.id === subscribed());
    if (!items.length && !(canSubscribe && key)) return nothing;
    return html`<section><h2>${t("push-browsers")}</h2><ul class="lines">${items.map((each) => html`<li class="entry"><div><p>${each.host} ${each.id === subscribed() ? t("this-one") : nothing}</p><p class="soft">${t(each.on ? "is-on" : "is-off")} · ${this.page.clock.at(each.added_at)}</p></div>
      <button type="button" class="quiet" @click=${() => void this.#remove(each)}>${t("remove")}</button></li>`)}</ul>
      ${canSubscribe && key && !mine ? html`<button type="button" @click=${() => void this.#subscribe(key)}>${t("notify-here")}</button>` : nothing}</section>`;
  }

  /** @param {SubmitEvent} event */
  #save(event) {
    const all = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const form = given(event);
    const { session } = this.page;
    const wanted = {
      in_app: "in_app" in form, webhook: "webhook" in form, digest: "digest" in form,
      email: chosen(form.email), web_push: chosen(form.web_push),
      topics: all.getAll("topics"), default_reminders: all.getAll("default_reminders"), day_starts_at: form.day_starts_at,
      quiet_hours: form.quiet_from && form.quiet_until ? { start: form.quiet_from, end: form.quiet_until } : null,
      ...(form.address === (session.preferences.address ?? "") ? {} : { address: form.address || null }),
    };
    return attempt(this.page, async () => { session.preferences = (await call("PUT", "/me/notifications", wanted)).body; }, t("saved-it"));
  }

  /** @param {string} key */
  async #subscribe(key) {
    try {
      if (!await subscribe(key)) return this.page.toasts.show(t("push-refused"), undefined, true);
      this.#push = (await api.get("/me/push-subscriptions")).body;
      this.page.redraw();
    } catch (error) {
      if (error instanceof DOMException) this.page.toasts.show(t("push-away"), undefined, true);
      else this.page.complain(error);
    }
  }

  /** @param {any} browser */
  #remove(browser) {
    return attempt(this.page, async () => {
      if (browser.id === subscribed()) await unsubscribe();
      this.#push = (await call("DELETE", `/me/push-subscriptions/${browser.id}`)).body;
    });
  }
}

/** @param {string} name @param {string} value @param {string} words @param {boolean} on */
const box = (name, value, words, on) => html`<label class="inline"><input type="checkbox" name=${name} value=${value} .checked=${on}>${words}</label>`;

/** A channel that can be off, on, or on while no page is open. @param {string} name @param {string} words @param {any} now */
const use = (name, words, now) => {
  const state = now === true ? "always" : now ? "offline" : "off";
  return html`<label class="inline">${words}<select name=${name}>${["always", "offline", "off"].map((each) => html`<option value=${each} ?selected=${each === state}>${t(`use-${each}`)}</option>`)}</select></label>`;
};

/** @param {string} state */
const chosen = (state) => (state === "offline" ? { when: "offline" } : state === "always");
