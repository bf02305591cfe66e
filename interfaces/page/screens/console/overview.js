// The state of the server that answers: database, schema, position, and what waits for an administrator.

import { html } from "../../vendored/lit-html/lit-html.js";
import * as api from "../../model/api.js";
import { t } from "../../words/words.js";

/** @typedef {import("../../page.js").Page} Page */

const AGAIN_MS = 5_000;

export class Overview {
  /** @type {any} */
  #health = null;
  #reachable = true;
  /** @type {string | null} */
  #letters = null;

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
      [t("position"), this.page.store.position.toLocaleString(), false],
      ...(this.#letters === null ? [] : [[t("console-dead-letters"), this.#letters, this.#letters !== "0"]]),
    ];
    return html`<dl class="meters">${meters.map(([name, value, bad]) => html`<div class=${bad ? "meter bad" : "meter"}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  async #read() {
    try {
      this.#health = await health();
      this.#reachable = true;
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

/** The health of the process that answers: it needs no token, and is outside the API. */
async function health() {
  const answer = await fetch("/health");
  if (!answer.ok) throw new api.Unreachable(`HTTP ${answer.status}`);
  return answer.json();
}
