// A list of the API that is read page by page: changes, notifications, entries of the audit trail.

import * as api from "../api.js";

const AGAIN_AFTER_MS = 250;

/** @template [T=any] */
export class Pages {
  /** @type {T[]} */
  items = [];
  /** What the first page says beside its items. @type {any} */
  body = null;
  /** @type {unknown} */
  failure = null;
  ready = false;
  /** @type {string | null} */
  #cursor = null;
  #reading = false;
  #closed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {import("../store.js").Store | null} */
  #store;
  #restart = () => this.askAgain(this.#store?.position ?? 0);

  /**
   * It must contain what was heard so far; before anything was, it is read again once the stream has begun.
   * @param {string} path with its parameters @param {() => void} changed @param {import("../store.js").Store | null} store
   */
  constructor(path, changed, store) {
    this.path = path;
    this.changed = changed;
    void this.read(store?.position);
    this.#store = store;
    store?.restarts.add(this.#restart);
    if (store?.position === 0) store.whenBegun(() => this.#closed || this.askAgain(store.position));
  }

  get more() {
    return this.#cursor !== null;
  }

  /** Read the first page again, a moment after the last of several events. @param {number} position what it must contain */
  askAgain(position) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(position), AGAIN_AFTER_MS);
  }

  /** Read the first page. @param {number} [position] what it must contain */
  async read(position = 0) {
    await this.#get(null, position);
  }

  async readMore() {
    if (this.#cursor && !this.#reading) await this.#get(this.#cursor, 0);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#store?.restarts.delete(this.#restart);
  }

  /** @param {string | null} cursor @param {number} position */
  async #get(cursor, position) {
    this.#reading = true;
    try {
      const path = cursor ? `${this.path}${this.path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : this.path;
      const { body } = await api.get(path, position ? { "Annals-Min-Position": String(position) } : {});
      if (!cursor) this.body = body;
      this.items = cursor ? [...this.items, ...body.items] : body.items;
      this.#cursor = body.next_cursor ?? null;
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
    this.#reading = false;
    this.ready = true;
    if (!this.#closed) this.changed();
  }
}
