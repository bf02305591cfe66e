// The tasks as they were heard of last: from answers of the API, and from events since.

import { fold } from "./fold.js";

/** @typedef {import("./fold.js").Task} Task @typedef {import("./fold.js").Heard} Heard */

const KEPT_EVENTS = 500; // for rows that were asked for before, and arrive after them

export class HeardTasks {
  /** @type {Map<string, Task>} */
  #tasks = new Map();
  /** Tasks of before everything had to be read again: the next answer or event has the last word. @type {Set<string>} */
  #stale = new Set();
  /** @type {Heard[]} */
  #recent = [];

  get all() {
    return [...this.#tasks.values()];
  }

  /** A task as it is shown, also while it has to be read again. @param {string} id */
  shown(id) {
    return this.#tasks.get(id);
  }

  /** @param {string} id @returns {Task | undefined} undefined also while it has to be read again */
  get(id) {
    return this.#stale.has(id) ? undefined : this.#tasks.get(id);
  }

  /** Take over tasks as the API answered them. What was heard since wins. @param {Task[]} tasks */
  absorb(tasks) {
    for (const task of tasks) {
      const known = this.get(task.id);
      if (known && known.version >= task.version) continue;
      let newest = task;
      for (const event of this.#recent)
        if (event.subject === task.id && event.data.version > newest.version) newest = fold(newest, event) ?? newest;
      this.#set(newest);
    }
  }

  /** Tasks of an earlier start, until they are answered or heard of. @param {Task[]} tasks */
  recall(tasks) {
    for (const task of tasks) {
      if (this.#tasks.has(task.id)) continue;
      this.#tasks.set(task.id, task);
      this.#stale.add(task.id);
    }
  }

  /** @param {Heard} event @returns {boolean} whether it changed a task that is known */
  hear(event) {
    this.#recent.push(event);
    if (this.#recent.length > KEPT_EVENTS) this.#recent.shift();
    const known = this.get(event.subject);
    if (known && event.data.version <= known.version) return false;
    const task = fold(known, event);
    if (task) this.#set(task);
    return Boolean(task);
  }

  /** The server has lost a task: keep it as it was, with what a person wrote into it. @param {string} id @param {Partial<Task>} fields */
  lost(id, fields) {
    const task = this.#tasks.get(id);
    if (task) this.#tasks.set(id, { ...task, ...fields });
    this.#stale.add(id);
  }

  /** Everything is to be read again; until then, what is open stays. */
  startOver() {
    this.#stale = new Set(this.#tasks.keys());
    this.#recent = [];
  }

  clear() {
    this.#tasks.clear();
    this.#recent = [];
  }

  /** @param {Task} task */
  #set(task) {
    this.#tasks.set(task.id, task);
    this.#stale.delete(task.id);
  }
}
