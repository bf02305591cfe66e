// Keeps what was seen last, for a start without the network: tasks, and short answers of the API.

import * as api from "../api.js";
import { Database } from "./database.js";

const MOST = 500; // a browser keeps what was seen last, not everything
const KEEP_AFTER_MS = 1_000;

/** @typedef {{name: string, at: string, value: any}} Thing `name`: the id of a task, or the path of an answer; `at`: when it was true last */

export class Seen {
  #database;
  #heard;
  /** What was kept before this start, by name. @type {Promise<Map<string, any>> | null} */
  #before = null;
  /** The ids of the tasks among it. @type {string[]} */
  recalled = [];
  /** What is to be written, by name. @type {Map<string, Thing>} */
  #things = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} account @param {import("../heard.js").HeardTasks} heard */
  constructor(account, heard) {
    this.#heard = heard;
    this.#database = new Database(account, "seen", { key: "name", index: "at", durability: "relaxed" });
  }

  /** Keep tasks as they are now. @param {string[]} ids */
  keep(ids) {
    for (const id of ids) {
      const task = this.#heard.get(id);
      if (task) this.keepAs(id, task);
    }
  }

  /** @param {string} name @param {any} value */
  keepAs(name, value) {
    this.#things.set(name, { name, at: new Date().toISOString(), value });
    this.#timer ??= setTimeout(() => this.write(), KEEP_AFTER_MS);
  }

  /** Write what is to be kept, and drop what was seen long ago. */
  write() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const things = [...this.#things.values()].slice(-MOST);
    this.#things.clear();
    if (!things.length) return;
    void this.#database.with("readwrite", (store) => {
      for (const thing of things) store.put(thing);
      const count = store.count();
      count.onsuccess = () => {
        let surplus = count.result - MOST;
        const oldest = store.index("at").openKeyCursor();
        oldest.onsuccess = () => {
          const cursor = oldest.result;
          if (!cursor || (surplus -= 1) < 0) return;
          store.delete(cursor.primaryKey);
          cursor.continue();
        };
      };
      return count;
    });
  }

  /** Read what was kept, as the server is away: its tasks are known from now on. @returns {Promise<Map<string, any>>} values by name */
  recall() {
    this.#before ??= this.#database.with("readonly", (store) => store.getAll()).then((/** @type {Thing[]} */ things = []) => {
      const tasks = things.flatMap(({ value, at }) => (value.status ? { ...value, seen: at } : []));
      this.#heard.recall(tasks);
      this.recalled = tasks.map(({ id }) => id);
      return new Map(things.map(({ name, value }) => [name, value]));
    });
    return this.#before;
  }

  /**
   * The items of a short list of the API; while the server is away, as they were.
   * @param {string} path @param {number} position what they must contain @param {() => void} away called where the server is away
   * @returns {Promise<any[]>} @throws {api.Problem}
   */
  async items(path, position, away) {
    try {
      const { items } = (await api.get(path, position ? { "Annals-Min-Position": String(position) } : {})).body;
      this.keepAs(path, items);
      return items;
    } catch (error) {
      if (!api.isAway(error)) throw error;
      away();
      return (await this.recall()).get(path) ?? [];
    }
  }

  close() {
    clearTimeout(this.#timer);
    return this.#database.close();
  }
}
