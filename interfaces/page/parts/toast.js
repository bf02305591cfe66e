// Short messages at the edge of the page, each with what can be done about it.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import { repeat } from "../vendored/lit-html/directives/repeat.js";
import { t } from "../words/words.js";
import { icon } from "./icon.js";

/** @typedef {{name: string, act: () => void, key?: string}} Action `key`: of the command that it undoes */
/** @typedef {{id: number, text: string, action?: Action, bad?: boolean}} Toast */

const SHOWN_MS = 10_000;
const MOST = 3;

export class Toasts {
  /** @type {Toast[]} */
  #toasts = [];
  #count = 0;

  /** @param {() => void} redraw */
  constructor(redraw) {
    this.redraw = redraw;
  }

  /** @param {string} text @param {Action} [action] @param {boolean} [bad] it needs attention */
  show(text, action, bad = false) {
    const toast = { id: (this.#count += 1), text, action, bad };
    this.#toasts = [...this.#toasts, toast].slice(-MOST);
    setTimeout(() => this.#drop(toast), SHOWN_MS);
    this.redraw();
  }

  draw() {
    return html`<div class="toasts" role="status" aria-live="polite">${repeat(this.#toasts, (toast) => toast.id, (toast) => html`<div class=${toast.bad ? "toast bad" : "toast"}>
      <span dir="auto">${toast.text}</span>
      ${toast.action ? html`<button type="button" @click=${() => { this.#drop(toast); toast.action?.act(); }}>${toast.action.name}</button>` : nothing}
      <button type="button" class="shut" aria-label=${t("close")} @click=${() => this.#drop(toast)}>${icon("close")}</button>
    </div>`)}</div>`;
  }

  /** What it says does not hold. @param {string} key */
  takeBack(key) {
    for (const toast of this.#toasts) if (toast.action?.key === key) this.#drop(toast);
  }

  /** @param {Toast} toast */
  #drop(toast) {
    this.#toasts = this.#toasts.filter((other) => other !== toast);
    this.redraw();
  }
}
