// The tabs of a browser: one of them listens to the stream and tells the others.

/**
 * @typedef {object} Message what a tab tells the others; `kind` says which fields it has
 * @property {string} kind
 * @property {any} [value]
 */

/** A name of this tab, while it lives. */
export const TAB = crypto.randomUUID();
const LIVING = "annals-tab-";

export class Tabs {
  #channel;
  #leave = new AbortController();

  /**
   * @param {string} account tabs of another account hear nothing of this one
   * @param {(message: Message) => void} heard
   */
  constructor(account, heard) {
    this.account = account;
    this.#channel = new BroadcastChannel(`annals-${account}`);
    this.#channel.onmessage = (message) => heard(message.data);
    void navigator.locks.request(LIVING + TAB, { signal: this.#leave.signal }, () => forever(this.#leave.signal)).catch(() => {});
  }

  /** Tell the other tabs, unless this one has left: an answer may come after that. @param {string} kind @param {any} [value] */
  tell(kind, value) {
    if (!this.#leave.signal.aborted) this.#channel.postMessage({ kind, value });
  }

  /** Call `lead` once no other tab leads: when the tab that leads ends, another takes over. @param {() => void} lead */
  whenLeading(lead) {
    void navigator.locks.request(`annals-leader-${this.account}`, { signal: this.#leave.signal }, () => {
      lead();
      return forever(this.#leave.signal);
    }).catch(() => {});
  }

  /** The names of the tabs that live. @returns {Promise<Set<string>>} */
  async living() {
    const { held = [] } = await navigator.locks.query();
    return new Set(held.flatMap(({ name }) => (name?.startsWith(LIVING) ? [name.slice(LIVING.length)] : [])));
  }

  close() {
    this.#leave.abort();
    this.#channel.close();
  }
}

const everyone = new BroadcastChannel("annals");

/** Tell all tabs, whosever they are, who is logged in now: an id, or null for nobody. @param {string | null} account */
export const tellAccount = (account) => everyone.postMessage({ account });

/** @param {(account: string | null) => void} heard */
export function onAccount(heard) {
  everyone.onmessage = (message) => heard(message.data.account);
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
const forever = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
