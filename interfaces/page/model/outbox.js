// Keeps what was asked and not answered, in a database of the account, until the answer comes.

/** @typedef {import("./overlay.js").Command} Command */

const STORE = "commands";
const PREFIX = "annals-";

/**
 * The database is removed when the account logs out. Where the browser has none, commands are kept
 * in memory, and are lost with the tab.
 */
export class Outbox {
  /** @type {Promise<IDBDatabase | null>} */
  #database;
  #name;

  /** @param {string} account */
  constructor(account) {
    this.#name = PREFIX + account;
    this.#database = opened(this.#name);
  }

  /** Return once the command is on disk, as far as the browser says. @param {Command} command */
  async keep(command) {
    await this.#with("readwrite", (store) => store.put(command));
  }

  /** @param {string} key */
  async drop(key) {
    await this.#with("readwrite", (store) => store.delete(key));
  }

  /** All that is kept, in the order in which it was asked. @returns {Promise<Command[]>} */
  async all() {
    const found = (await this.#with("readonly", (store) => store.getAll())) ?? [];
    return found.sort((/** @type {any} */ one, /** @type {any} */ other) => one.number - other.number);
  }

  /** Close the database, so that it can be removed. */
  async close() {
    (await this.#database)?.close();
  }

  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
  async #with(mode, work) {
    const database = await this.#database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => resolve(undefined);
    });
  }
}

/** Remove the databases of all accounts but one: nothing is left for another. @param {string} [account] */
export async function removeAll(account) {
  const known = (await indexedDB.databases?.()) ?? [];
  const kept = PREFIX + account;
  await Promise.all(known.map(({ name }) => (name?.startsWith(PREFIX) && name !== kept ? removed(name) : undefined)));
}

/** @param {string} name */
function removed(name) {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve(undefined);
  });
}

/** @param {string} name @returns {Promise<IDBDatabase | null>} */
function opened(name) {
  return new Promise((resolve) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => {
      const database = request.result;
      database.onversionchange = () => database.close(); // another tab logs out
      resolve(database);
    };
    request.onerror = () => resolve(null);
  });
}
