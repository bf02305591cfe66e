// Dead letters: notifications that could not be delivered. Look at the attempts, retry or discard.

import { html, nothing } from "../../vendored/lit-html/lit-html.js";
import { repeat } from "../../vendored/lit-html/directives/repeat.js";
import * as api from "../../model/api.js";
import { Pages } from "../../model/reading/pages.js";
import { attempt, call } from "../../parts/attempt.js";
import { actionWords, fieldLabel, valueWords } from "../../parts/differences.js";
import { problemWords, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

export class DeadLetters {
  /** The steps of those that were opened, by id. @type {Map<string, any[]>} */
  #steps = new Map();

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.list = new Pages("/admin/dead-letters?limit=50", () => page.redraw(), page.store);
  }

  close() {
    this.list.close();
  }

  draw() {
    const { list } = this;
    return html`${list.failure ? html`<p class="notice bad">${problemWords(/** @type {Error} */ (list.failure))}</p>` : nothing}
      <ul class="lines">${repeat(list.items, (letter) => letter.id, (letter) => this.#row(letter))}</ul>
      ${list.ready && !list.failure && !list.items.length ? html`<div class="empty"><p>${t("no-dead-letters")}</p></div>` : nothing}
      ${list.more ? html`<button type="button" class="more" @click=${() => void list.readMore()}>${t("read-more")}</button>` : nothing}`;
  }

  /** @param {any} letter */
  #row(letter) {
    const { clock } = this.page;
    const steps = this.#steps.get(letter.id);
    return html`<li class="entry"><div><p class="said" dir="auto">${letter.title}</p>
        <p class="soft">${t(`channel-${letter.channel}`)} · ${t("attempts", letter.attempts)} · ${clock.at(letter.settled_at ?? letter.requested_at)} · <span dir="auto">${letter.reason}</span></p>
        <details @toggle=${(/** @type {Event} */ event) => this.#open(event, letter.id)}><summary>${t("attempts-made")}</summary>
          <ol class="differences">${steps?.map(({ at, event }) => html`<li class="soft"><time datetime=${at}>${clock.at(at)}</time> · ${actionWords(this.page, event.type)}
            <span dir="auto">${facts(this.page, event)}</span></li>`)}</ol></details></div>
      <div class="buttons"><button type="button" aria-label=${t("act-on", t("retry"), letter.title)} @click=${() => void this.#settle(letter, "retry")}>${t("retry")}</button>
        <button type="button" class="quiet" aria-label=${t("act-on", t("discard"), letter.title)} @click=${() => void this.#settle(letter, "discard")}>${t("discard")}</button></div></li>`;
  }

  /** @param {Event} event @param {string} id */
  #open(event, id) {
    if (!(/** @type {HTMLDetailsElement} */ (event.currentTarget).open) || this.#steps.has(id)) return;
    this.#steps.set(id, []);
    void attempt(this.page, async () => { this.#steps.set(id, (await api.get(`/admin/dead-letters/${id}`)).body.steps); });
  }

  /** @param {any} letter @param {"retry" | "discard"} how */
  async #settle(letter, how) {
    const answer = await attempt(this.page, () => call("POST", `/admin/dead-letters/${letter.id}/${how}`), t("act-on", t(how), letter.title));
    if (answer) void this.list.read(answer.position);
  }
}

/** @param {Page} page @param {Record<string, unknown>} event */
const facts = (page, event) => Object.entries(event).filter(([name, value]) => value !== null && value !== "" && !/^(type|tag)$|_id$/.test(name)).map(([name, value]) => html` · ${fieldLabel(name)} ${valueWords(page, name, value)}`);
