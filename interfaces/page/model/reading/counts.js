// How many tasks the places of the side bar hold, asked for again when tasks move.

import * as api from "../api.js";
import { parameters } from "../filter.js";

const AGAIN_AFTER_MS = 1_000;

export class Counts {
  /** @type {Map<string, number>} */
  #numbers = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Record<string, () => import("../filter.js").Filter>} filters by screen @param {() => void} changed */
  constructor(filters, changed) {
    this.filters = filters;
    this.changed = changed;
  }

  /** @param {string} screen @returns {number} 0 where it is not known */
  of(screen) {
    return this.#numbers.get(screen) ?? 0;
  }

  /** @param {number} position what the numbers must contain @param {number} [wait] ms */
  ask(position, wait = AGAIN_AFTER_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(position), wait);
  }

  /** @param {number} position */
  async #read(position) {
    try {
      await Promise.all(Object.entries(this.filters).map(async ([screen, filter]) => {
        const given = parameters(filter());
        given.set("page", "1");
        given.set("limit", "1");
        const answer = await api.get(`/tasks?${given}`, position ? { "Annals-Min-Position": String(position) } : {});
        this.#numbers.set(screen, answer.body.total ?? 0);
      }));
      this.changed();
    } catch {
      // The numbers stay as they were; the next change asks again.
    }
  }
}
