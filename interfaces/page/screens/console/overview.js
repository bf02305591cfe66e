// The state of the server that answers, of the readers of the log, and what waits for an administrator.

import { html } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { locale, t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const AGAIN_MS = 5_000;
const LATE_SECONDS = 30;

export class Overview {
  /** @type {any} */
  #health = null;
  #reachable = true;
  /** @type {string | null} */
  #letters = null;
  /** @type {any[]} */
  #readers = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    void this.#read();
    this.timer = setInterval(() => { if (!document.hidden) void this.#read(); }, AGAIN_MS);
  }

  close() {
    clearInterval(this.timer);
  }

  draw() {
    const health = this.#health;
    if (!health && this.#reachable) return html`<p class="soft" role="status">${t("reading")}</p>`;
    const meters = [
      [t("server"), t(!this.#reachable ? "away" : health.status === "ready" ? "ready" : "not-ready"), !this.#reachable || health.status !== "ready"],
      ...(health ? [
        [t("database"), t(health.database), health.database !== "up"],
        [t("writes"), t(`writes-${health.writes}`), health.writes !== "accepted"],
        [t("schema"), health.schema ?? "—", health.schema !== health.schema_expected],
      ] : []),
      [t("position"), this.page.store.position.toLocaleString(locale), false],
      ...["view", "reaction", "relay", "queue"].flatMap((kind) => this.#behind(kind)),
      ...(this.#readers.length ? [[t("parked"), sum(this.#readers, "parked"), sum(this.#readers, "parked") > 0]] : []),
      ...(this.#letters === null ? [] : [[t("console-dead-letters"), this.#letters, this.#letters !== "0"]]),
    ];
    return html`<dl class="meters">${meters.map(([name, value, bad]) => html`<div class=${bad ? "meter bad" : "meter"}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  /** How many seconds the last reader of a kind is behind. @param {string} kind @returns {[string, string, boolean][]} */
  #behind(kind) {
    const readers = this.#readers.filter((each) => each.kind === kind);
    const seconds = Math.max(...readers.map((each) => (each.lag_events ? each.lag_seconds : 0)));
    return readers.length ? [[t(`kind-${kind}`), seconds < 1 ? t("up-to-date") : `${Math.round(seconds)} s`, seconds > LATE_SECONDS]] : [];
  }

  async #read() {
    try {
      this.#health = await health();
      this.#reachable = true;
      this.#readers = (await api.get("/operations/readers")).body.items;
      if (this.page.session.account.roles.includes("admin")) {
        const { items, next_cursor } = (await api.get("/admin/dead-letters?limit=200")).body;
        this.#letters = `${items.length}${next_cursor ? "+" : ""}`;
      }
    } catch (error) {
      this.#reachable = !(error instanceof api.Unreachable || error instanceof TypeError);
    }
    this.page.redraw();
  }
}

/** @param {any[]} items @param {string} name @returns {number} */
const sum = (items, name) => items.reduce((total, each) => total + each[name], 0);

/** The health of the process that answers: it needs no token, and is outside the API. */
async function health() {
  const answer = await fetch("/health");
  if (!answer.ok) throw new api.Unreachable(`HTTP ${answer.status}`);
  return answer.json();
}
