// Listens to the live stream: a ticket for each connection, and a reconnect by a timer of its own.

import * as api from "./api.js";

/** @typedef {import("./fold.js").Heard} Heard */
/** @typedef {"connecting" | "live" | "offline"} Line */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/**
 * @typedef {object} Listener
 * @property {(event: Heard) => void} event
 * @property {(position: number, resumed: boolean) => void} listening the stream begins after this
 *   position; `resumed`: it goes on where the last one broke, so that nothing was missed
 * @property {(position: number) => void} resync events were lost: read everything again
 * @property {(line: Line) => void} line
 */

export class Stream {
  /** @type {EventSource | null} */
  #source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #delay = FIRST_DELAY_MS;
  #stopped = true;
  #device;
  #listener;
  /** The last position that was heard. @type {number | null} */
  #after = null;
  #online = () => this.#connectNow();
  #offline = () => this.#lost();

  /** @param {string} device names the browser @param {Listener} listener */
  constructor(device, listener) {
    this.#device = device;
    this.#listener = listener;
  }

  /** @param {number | null} after the position to resume after; null: from now on */
  start(after) {
    this.#stopped = false;
    this.#after = after;
    addEventListener("online", this.#online);
    addEventListener("offline", this.#offline);
    this.#connectNow();
  }

  stop() {
    this.#stopped = true;
    removeEventListener("online", this.#online);
    removeEventListener("offline", this.#offline);
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #connectNow() {
    clearTimeout(this.#timer);
    this.#delay = FIRST_DELAY_MS;
    if (!this.#source) void this.#connect();
  }

  async #connect() {
    this.#listener.line("connecting");
    let ticket;
    try {
      ticket = (await api.call("POST", "/stream/tickets")).body.ticket;
    } catch (error) {
      if (error instanceof api.Problem && error.status === 401) return; // the session ended: others say so
      return this.#lost();
    }
    if (this.#stopped || this.#source) return;
    const after = this.#after === null ? "" : `&after=${this.#after}`;
    const source = new EventSource(`/api/v1/stream?named=no&ticket=${ticket}&device=${this.#device}${after}`);
    this.#source = source;
    source.onmessage = (message) => this.#hear(JSON.parse(message.data), Number(message.lastEventId));
    source.addEventListener("replaced", () => this.#lost());
    source.onerror = () => this.#lost(); // a ticket opens one stream: get another
  }

  /** @param {any} said @param {number} position */
  #hear(said, position) {
    if (said.type === "expired") {
      this.#source?.close();
      this.#source = null;
      return void this.#connect();
    }
    const resumed = this.#after !== null;
    this.#after = position;
    if (said.type === "listening") {
      this.#delay = FIRST_DELAY_MS;
      this.#listener.line("live");
      this.#listener.listening(position, resumed);
    } else if (said.type === "resync") this.#listener.resync(position);
    else this.#listener.event({ type: said.type, subject: said.subject, time: said.time, data: said.data, position });
  }

  #lost() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#listener.line("offline");
    if (!navigator.onLine) return; // the browser says when it is back
    this.#timer = setTimeout(() => void this.#connect(), this.#delay * (0.75 + Math.random() / 2));
    this.#delay = Math.min(2 * this.#delay, LONGEST_DELAY_MS);
  }
}
