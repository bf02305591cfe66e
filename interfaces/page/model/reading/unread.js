// How many notifications of the inbox are unread.

import * as api from "../api.js";

const AGAIN_AFTER_MS = 500;

export class Unread {
  count = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.ask(0, 0);
  }

  /** @param {import("../fold.js").Heard} event */
  heard(event) {
    if (event.type.startsWith("notification.") || event.type.startsWith("inbox.")) this.ask(event.position, AGAIN_AFTER_MS);
  }

  /** @param {number} position @param {number} wait ms */
  ask(position, wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(position), wait);
  }

  /** @param {number} position */
  async #read(position) {
    try {
      this.count = (await api.get("/inbox?unread=true&limit=1", position ? { "Annals-Min-Position": String(position) } : {})).body.unread;
      this.changed();
    } catch {
      // The number stays as it was; the next notification asks again.
    }
  }
}
