// The accounts: find, disable and enable them.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import { Pages } from "../../model/reading/pages.js";
import { attempt, call, given } from "../../parts/attempt.js";
import { dialog } from "../../parts/dialog.js";
import { address } from "../../routes.js";
import { problemWords, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const STATES = ["existing", "active", "disabled", "deleted"];

export class Accounts {
  /** The one that is about to be disabled. @type {any} */
  #leaving = null;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    const { params } = page.route;
    const asked = new URLSearchParams({ limit: "50", state: params.get("state") ?? "existing" });
    if (params.get("q")) asked.set("q", params.get("q") ?? "");
    this.list = new Pages(`/accounts?${asked}`, () => page.redraw(), page.store);
  }

  close() {
    this.list.close();
  }

  draw() {
    const { list, page } = this;
    const { params } = page.route;
    return html`<form class="filter-form" @submit=${(/** @type {SubmitEvent} */ event) => page.go(address(["console", "accounts"], given(event)))}>
        <label>${t("part-of-address")}<input name="q" maxlength="254" .value=${params.get("q") ?? ""}></label>
        <label>${t("status")}<select name="state">${STATES.map((state) => html`<option value=${state} ?selected=${state === (params.get("state") ?? "existing")}>${t(`accounts-${state}`)}</option>`)}</select></label>
        <button class="primary">${t("filter")}</button></form>
      ${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      <ul class="lines">${list.items.map((account) => this.#row(account))}</ul>
      ${list.ready && !list.failure && !list.items.length ? html`<div class="empty"><p>${t("no-accounts")}</p></div>` : nothing}
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}
      ${this.#leaving ? this.#question(this.#leaving) : nothing}`;
  }

  /** @param {any} account */
  #row(account) {
    const { page } = this;
    const name = account.email || account.name;
    const end = account.deleted_at ? ["accounts-deleted", account.deleted_at] : account.disabled_at ? ["accounts-disabled", account.disabled_at] : null;
    return html`<li class="entry"><div><p class="said" dir="auto">${name} ${account.email && account.name !== account.email ? html`<span class="soft">${account.name}</span>` : nothing}</p>
        <p class="soft">${account.email ? t(account.email_verified ? "confirmed" : "not-confirmed") : t("machine")} · ${account.roles.join(", ")} · ${t("since", page.clock.at(account.registered_at))}
          ${end ? html` · <strong>${t(end[0])} ${page.clock.at(end[1])}</strong>` : nothing} · <a href=${address(["audit"], { user_id: account.id })}>${t("audit")}</a></p></div>
      ${account.deleted_at || account.id === page.session.account.id ? nothing : account.disabled_at
        ? html`<button type="button" aria-label=${t("act-on", t("enable"), name)} @click=${() => void this.#act(account, "enable")}>${t("enable")}</button>`
        : html`<button type="button" class="danger" aria-label=${t("act-on", t("disable"), name)} @click=${() => this.#ask(account)}>${t("disable")}</button>`}</li>`;
  }

  /** @param {any} account */
  #question(account) {
    return dialog(t("act-on", t("disable"), account.email || account.name), html`<p>${t("disable-hint")}</p>
      <form class="settings" @submit=${(/** @type {SubmitEvent} */ event) => { const body = given(event); this.#ask(null); void this.#act(account, "disable", body); }}>
        <label>${t("reason")}<input name="reason" maxlength="500" dir="auto" autocomplete="off"></label>
        <footer><button class="danger">${t("disable")}</button> <button type="button" class="quiet" @click=${() => this.#ask(null)}>${t("cancel")}</button></footer></form>`, () => this.#ask(null));
  }

  /** @param {any} account null: no longer */
  #ask(account) {
    this.#leaving = account;
    this.page.redraw();
  }

  /** @param {any} account @param {"enable" | "disable"} how @param {any} [body] */
  async #act(account, how, body) {
    const answer = await attempt(this.page, () => call("POST", `/accounts/${account.id}/${how}`, body), t("saved-it"));
    if (answer) void this.list.read(answer.position);
  }
}
