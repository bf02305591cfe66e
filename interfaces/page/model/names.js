// The names of new tasks: a task is called by the key of the command that creates it, until its id is known.

/** @typedef {import("./overlay.js").Command} Command */

export class Names {
  /** @type {Map<string, string>} */
  #keys = new Map();
  /** @type {Map<string, string>} */
  #ids = new Map();

  /** What names a task on the screen: the same before it has an id and afterwards. @param {string} id */
  keyOf(id) {
    return this.#keys.get(id) ?? id;
  }

  /** @param {string} name an id, or the key of before */
  idOf(name) {
    return this.#ids.get(name) ?? name;
  }

  /** The keys of all tasks whose ids are known. */
  keys() {
    return new Set(this.#keys.values());
  }

  /** @param {string} key @param {string} id */
  give(key, id) {
    for (const [other, taken] of this.#keys) if (taken === key) this.#keys.delete(other); // another of the same title
    this.#keys.set(id, key);
    this.#ids.set(key, id);
  }

  /** The stream may bring a new task before its answer comes. @param {import("./fold.js").Heard} event @param {Command[]} creations */
  recognize(event, creations) {
    const taken = this.keys();
    const command = creations.find((each) => each.position === undefined && !taken.has(each.key) && each.shown.title === event.data.title);
    if (command && !this.#keys.has(event.subject)) this.#keys.set(event.subject, command.key);
  }
}
