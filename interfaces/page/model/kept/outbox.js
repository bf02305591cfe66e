// Keeps what was asked and not answered, in a database of the account, until the answer comes.

import { Database } from "./database.js";

/** @typedef {import("../overlay.js").Command} Command */

/** What it holds, in the name of its database. */
export const OUTBOX = "commands";

/** Where the browser has no database, commands are in memory alone, and are lost with the tab. */
export class Outbox {
  #database;

  /** @param {string} account */
  constructor(account) {
    this.#database = new Database(account, OUTBOX, { key: "key" });
  }

  /** Return once the command is on disk, as far as the browser says. @param {Command} command */
  async keep(command) {
    await this.#database.with("readwrite", (store) => store.put(command));
  }

  /** @param {string} key */
  async drop(key) {
    await this.#database.with("readwrite", (store) => store.delete(key));
  }

  /** All that is kept, in the order in which it was asked. @returns {Promise<Command[]>} */
  async all() {
    const found = (await this.#database.with("readonly", (store) => store.getAll())) ?? [];
    return found.sort((/** @type {any} */ one, /** @type {any} */ other) => one.number - other.number);
  }

  close() {
    return this.#database.close();
  }
}
