// A database of the browser that holds one thing of one account, and is removed when the account logs out.

const PREFIX = "annals-";

/** Where the browser has none, or takes it away, nothing is kept: what works with it gets undefined. */
export class Database {
  /** @type {Promise<IDBDatabase | null>} */
  #opened;
  #store;
  #durability;

  /**
   * @param {string} account @param {string} store what it holds
   * @param {{key: string, index?: string, durability?: IDBTransactionDurability}} how `key`: the field that names a record; `index`: one to sort by
   */
  constructor(account, store, { key, index, durability = "strict" }) {
    this.#store = store;
    this.#durability = durability;
    this.#opened = new Promise((resolve) => {
      const request = indexedDB.open(`${PREFIX}${account} ${store}`, 1);
      request.onupgradeneeded = () => {
        const made = request.result.createObjectStore(store, { keyPath: key });
        if (index) made.createIndex(index, index);
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close(); // another tab logs out
        resolve(request.result);
      };
      request.onerror = () => resolve(null);
    });
  }

  /** Return what a request in a transaction found, once that is on disk. @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
  async with(mode, work) {
    const database = await this.#opened;
    return new Promise((resolve) => {
      try {
        const transaction = /** @type {IDBDatabase} */ (database).transaction(this.#store, mode, { durability: this.#durability });
        const request = work(transaction.objectStore(this.#store));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = transaction.onerror = () => resolve(undefined);
      } catch {
        resolve(undefined); // it is not there, or closed
      }
    });
  }

  /** So that it can be removed. */
  async close() {
    (await this.#opened)?.close();
  }
}

/** Remove the databases of all accounts, but those that are to stay. @param {(name: string) => boolean} [stays] by account and what it holds, with a space between */
export async function removeDatabases(stays = () => false) {
  const known = (await indexedDB.databases?.()) ?? [];
  await Promise.all(known.map(({ name = "" }) => (name.startsWith(PREFIX) && !stays(name.slice(PREFIX.length)) ? removed(name) : undefined)));
}

/** @param {string} name */
const removed = (name) => new Promise((resolve) => {
  const request = indexedDB.deleteDatabase(name);
  request.onsuccess = request.onerror = request.onblocked = () => resolve(undefined);
});
