// A list that is shown: asked of the API page by page, kept up to date by what is heard and asked.

import * as api from "./api.js";
import { fits, isDecidedByServer, order, parameters } from "./filter.js";
import { knows } from "./fold.js";

/**
 * @typedef {import("./fold.js").Task} Task
 * @typedef {import("./filter.js").Filter} Filter
 */

const PAGE = 100;
const AGAIN_AFTER_MS = 250; // at most four times a second, however much is heard
const CHECK_AFTER_MS = 3_000;
const MOST_CHECKED = 200;

export class List {
  /** In the order of the server. @type {string[]} */
  #ids = [];
  /** The versions of tasks as the server answered them: it decides that these are in the list. @type {Map<string, number>} */
  #answered = new Map();
  /** @type {string | null} */
  #cursor = null;
  #store;
  #clock;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #askedAt = -Infinity;
  /** Whether it is to be asked again at once, not only to be checked. */
  #soon = false;
  #asking = false;
  #again = false;
  #closed = false;
  /** The revision of the store when the last answer was asked for. */
  #since = 0;
  /** @type {{revision: number, tasks: Task[]} | null} */
  #composed = null;
  /** Whether an answer has come. */
  ready = false;
  /** Why there is none, if it failed. @type {Error | null} */
  failure = null;
  /** The server was away from the start: it shows what was seen before. */
  #away = false;
  /** Of a list that the server decides: what it had before a start without the network. @type {string[]} */
  #before = [];

  /**
   * @param {import("./store.js").Store} store @param {Filter} filter
   * @param {import("../words/dates.js").Clock} clock
   */
  constructor(store, filter, clock) {
    this.filter = filter;
    this.#store = store;
    this.#clock = clock;
    store.watch(this);
    void this.#ask(0);
  }

  /** The tasks to show, in order. @returns {Task[]} */
  get tasks() {
    if (this.#composed?.revision !== this.#store.revision)
      this.#composed = { revision: this.#store.revision, tasks: this.#compose() };
    return this.#composed.tasks;
  }

  /** Whether there are more tasks than were read. */
  get more() {
    return this.#cursor !== null;
  }

  /** Read the next page. */
  async readMore() {
    if (this.#cursor === null || this.#asking) return;
    await this.#reading(async () => {
      const page = (await this.#page(PAGE, this.#cursor)).body;
      const known = new Set(this.#ids);
      this.#take(page.items);
      this.#ids.push(...page.items.map((/** @type {Task} */ task) => task.id).filter((/** @type {string} */ id) => !known.has(id)));
      this.#cursor = page.next_cursor;
    });
    this.#store.reread(0);
  }

  /** An event may have moved a task into the list, or out of it. @param {import("./fold.js").Heard} event */
  moved(event) {
    const decided = !isDecidedByServer(this.filter) && order(this.filter.sort) && knows(event.type) && this.#store.heard(event.subject);
    if (!decided) return this.askAgain();
    // The page can tell by itself; later the server has the last word, where that is one request.
    if (this.#ids.length <= MOST_CHECKED) this.askAgain(0, CHECK_AFTER_MS);
  }

  /** Everything is to be read again. */
  startOver() {
    this.#ids = [];
    this.#cursor = null;
    this.ready = false;
    this.askAgain();
  }

  /** @param {number} [position] what the answer must contain @param {number} [later] ms */
  askAgain(position = 0, later = 0) {
    if (this.#closed || (later && this.#soon)) return;
    clearTimeout(this.#timer);
    this.#soon = !later;
    const wait = Math.max(later, this.#askedAt + AGAIN_AFTER_MS - performance.now());
    this.#timer = setTimeout(() => void this.#ask(position), wait);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#store.unwatch(this);
  }

  /** @param {number} least */
  async #ask(least) {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#askedAt = performance.now();
    this.#soon = false;
    const position = Math.max(least, this.#store.position);
    const revision = this.#store.revision;
    await this.#reading(async () => {
      /** @type {Task[]} */
      const items = [];
      /** @type {string | null} */
      let cursor = null;
      do {
        /** @type {any} */
        const page = (await this.#page(Math.min(200, Math.max(PAGE, this.#ids.length - items.length)), cursor, position)).body;
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && items.length < this.#ids.length);
      this.#answered.clear();
      this.#take(items);
      this.#ids = items.map((task) => task.id);
      this.#cursor = cursor;
      this.#since = revision;
      this.ready = true;
      this.keep();
    });
    this.#away = Boolean(this.failure && !this.ready && api.isAway(this.failure));
    if (this.#away) this.#before = (await this.#store.seen.recall()).get(this.#name) ?? [];
    if (!this.#closed) this.#store.reread(this.failure ? 0 : position);
    if (this.#again) {
      this.#again = false;
      this.askAgain();
    }
  }

  /** Keep what it shows first, for a start without the network. */
  keep() {
    const first = this.#ids.slice(0, PAGE);
    this.#store.seen.keep(first);
    if (isDecidedByServer(this.filter)) this.#store.seen.keepAs(this.#name, first);
  }

  /** What names it among the things that are kept. */
  get #name() {
    return `?${parameters(this.filter)}`;
  }

  /** @param {Task[]} tasks */
  #take(tasks) {
    for (const task of tasks) this.#answered.set(task.id, task.version);
    this.#store.absorb(tasks);
  }

  /** @param {() => Promise<void>} read */
  async #reading(read) {
    this.#asking = true;
    try {
      await read();
      this.failure = null;
    } catch (error) {
      this.failure = /** @type {Error} */ (error);
    } finally {
      this.#asking = false;
    }
  }

  /** @param {number} limit @param {string | null} cursor @param {number} [position] */
  #page(limit, cursor, position = 0) {
    const given = parameters(this.filter);
    given.set("limit", String(limit));
    if (cursor) given.set("cursor", cursor);
    return api.get(`/tasks?${given}`, position ? { "Annals-Min-Position": String(position) } : {});
  }

  /** @returns {Task[]} */
  #compose() {
    const decided = isDecidedByServer(this.filter);
    const ids = !this.#away ? this.#ids : decided ? this.#before : this.#store.seen.recalled;
    const known = new Set(ids);
    const found = ids.flatMap((id) => this.#store.show(id) ?? []);
    if (decided) return found.filter((task) => task.status !== "deleted");
    const compare = order(this.filter.sort);
    const kept = found.filter((task) => (!task.waiting && this.#answered.get(task.id) === task.version) || fits(this.filter, task, this.#clock));
    const newcomers = this.#store.newcomers(this.#since).filter((id) => !known.has(id))
      .flatMap((id) => this.#store.show(id) ?? [])
      .filter((task) => fits(this.filter, task, this.#clock));
    if (!compare) return [...newcomers, ...kept];
    const last = kept[kept.length - 1];
    const read = newcomers.filter((task) => !this.more || !last || compare(task, last) <= 0);
    return [...kept, ...read].sort(compare);
  }
}
