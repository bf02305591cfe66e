// Sends what was asked, one command after the other, until each is answered or refused.

import * as api from "./api.js";
import { TAB } from "./tabs.js";

/** @typedef {import("./overlay.js").Command} Command */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15_000;

/**
 * @typedef {object} Outcome
 * @property {(command: Command, answer: api.Answer) => void} answered
 * @property {(command: Command, problem: api.Problem) => void} refused
 * @property {(reached: boolean) => void} reached whether the API can be reached
 */

export class Sender {
  /** @type {Command[]} */
  #queue = [];
  #busy = false;
  #delay = FIRST_DELAY_MS;
  /** Numbers commands in the order in which they were asked, also across tabs. */
  #asked = Date.now() * 1000;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #outbox;
  #outcome;
  /** The version that this tab made of a version, by task. @type {Map<string, number>} */
  #made = new Map();

  /** @param {import("./kept/outbox.js").Outbox} outbox @param {Outcome} outcome */
  constructor(outbox, outcome) {
    this.#outbox = outbox;
    this.#outcome = outcome;
    addEventListener("online", () => this.now());
  }

  /** @param {Command} command */
  async send(command) {
    this.#queue.push(command);
    await this.#keep(command);
    void this.#work();
  }

  /** Send what tabs left that have ended. @param {Set<string>} living @returns {Promise<Command[]>} */
  async adopt(living) {
    const left = (await this.#outbox.all()).filter((command) => command.tab === TAB || !living.has(command.tab));
    const known = new Set(this.#queue.map((command) => command.key));
    const adopted = left.filter((command) => !known.has(command.key));
    this.#queue.unshift(...adopted);
    void this.#work();
    return adopted;
  }

  /** Try again now: the API can be reached, it seems. */
  now() {
    clearTimeout(this.#timer);
    this.#delay = FIRST_DELAY_MS;
    void this.#work();
  }

  /** The versions that were made are worth nothing any more: the log was restored. */
  forget() {
    this.#made.clear();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    while (this.#queue.length) {
      const [command] = this.#queue;
      const wait = await this.#sendOne(command);
      if (wait > 0) {
        this.#timer = setTimeout(() => void this.#work(), wait);
        break;
      }
      this.#queue = this.#queue.filter((other) => other !== command);
      await this.#outbox.drop(command.key);
    }
    this.#busy = false;
  }

  /** @param {Command} command @returns {Promise<number>} after how many milliseconds to try again; 0: it is done */
  async #sendOne(command) {
    try {
      const answer = await api.call(command.method, command.path, { body: command.body, headers: this.#headers(command) });
      this.#delay = FIRST_DELAY_MS;
      this.#outcome.reached(true);
      if (command.version !== undefined && answer.body?.version)
        this.#made.set(`${command.subject} ${command.version}`, answer.body.version);
      await this.#name(command, answer.body);
      this.#outcome.answered(command, answer);
      return 0;
    } catch (error) {
      if (error instanceof api.Problem && !error.passes && error.status < 500) {
        this.#outcome.refused(command, error);
        return 0;
      }
      if (!(error instanceof api.Problem)) this.#outcome.reached(false);
      const asked = error instanceof api.Problem ? error.retryAfterMs : 0;
      const wait = Math.max(this.#delay, asked);
      this.#delay = Math.min(2 * this.#delay, LONGEST_DELAY_MS);
      return wait;
    }
  }

  /** A new task has an id now: what was asked for it meanwhile is sent to that. @param {Command} created @param {any} task */
  async #name(created, task) {
    if (!created.creates || !task?.id) return;
    const { id, version } = task;
    this.#made.set(`${id} 0`, version); // what was edited before the answer is no conflict either
    for (const command of this.#queue)
      if (command !== created && command.subject === created.key) {
        command.path = command.path.replace(created.key, id);
        command.subject = id;
        await this.#keep(command);
      }
  }

  /** @param {Command} command */
  async #keep(command) {
    await this.#outbox.keep(/** @type {any} */ ({ number: (this.#asked += 1), ...command }));
  }

  /** @param {Command} command @returns {Record<string, string>} */
  #headers(command) {
    if (command.version === undefined) return { "Idempotency-Key": command.key };
    let version = command.version;
    for (let next; (next = this.#made.get(`${command.subject} ${version}`)); ) version = next; // our own changes are no conflict
    return { "Idempotency-Key": command.key, "If-Match": `"${version}"` };
  }
}
