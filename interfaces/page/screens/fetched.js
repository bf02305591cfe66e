// A screen that few people open: its scripts are fetched when it is opened.

import { html } from "../vendored/lit-html/lit-html.js";
import { t } from "../words/words.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../page.js").Screen} Screen */

export class Fetched {
  /** @type {Screen | null} */
  #screen = null;
  #closed = false;

  /** @param {Page} page @param {() => Promise<Screen>} fetch */
  constructor(page, fetch) {
    void (async () => {
      try {
        const screen = await fetch();
        if (this.#closed) return screen.close?.();
        this.#screen = screen;
      } catch (error) {
        page.complain(error);
      }
      page.redraw();
    })();
  }

  close() {
    this.#closed = true;
    this.#screen?.close?.();
  }

  /** @param {import("../model/fold.js").Heard} event */
  heard(event) {
    this.#screen?.heard?.(event);
  }

  draw() {
    return this.#screen?.draw() ?? html`<p class="soft" role="status">${t("reading")}</p>`;
  }
}
