// What was asked lies over what was heard until the stream has passed its Annals-Position.

/** @typedef {import("./fold.js").Task} Task */

/**
 * A change that a person asked for. It is stored in the outbox, so it is data alone.
 * @typedef {object} Command
 * @property {string} key its Idempotency-Key
 * @property {string} subject the id of the task; for a new task the key, until the answer names it
 * @property {string} method
 * @property {string} path
 * @property {any} [body]
 * @property {number} [version] sent as If-Match
 * @property {Partial<Task>} shown the fields as they are shown until the answer comes
 * @property {Record<string, Partial<Task>>} [each] of a change of several tasks: what is shown of each, by id
 * @property {boolean} [creates] `shown` is a whole new task
 * @property {string} done what it does, as a name of words: "completed"
 * @property {string} title the title of the task, to speak of it
 * @property {string} tab the tab that sends it
 * @property {number} [position] of the answer; without it, no answer has come
 */

export class Overlay {
  /** In the order in which they were asked. @type {Map<string, Command>} */
  #commands = new Map();

  /** @param {Command} command */
  add(command) {
    this.#commands.set(command.key, command);
  }

  /** @param {string} key */
  has(key) {
    return this.#commands.has(key);
  }

  /** How many changes have no answer yet. */
  get waiting() {
    let count = 0;
    for (const command of this.#commands.values()) if (command.position === undefined) count += 1;
    return count;
  }

  /**
   * The answer came. The change stays visible until `passed` reaches its position.
   * @param {string} key @param {number} position @param {string} [subject] the id of the new task
   */
  answered(key, position, subject) {
    for (const [other, command] of this.#commands)
      if (other === key) this.#commands.set(key, { ...command, position, subject: subject ?? command.subject });
      else if (command.subject === key && subject) this.#commands.set(other, { ...command, subject });
  }

  /** The change was refused: what was heard shows again. @param {string} key */
  refused(key) {
    this.#commands.delete(key);
  }

  /** All events up to this position were heard. @param {number} position @returns {boolean} whether anything changed */
  passed(position) {
    let changed = false;
    for (const [key, command] of this.#commands)
      if (command.position !== undefined && command.position <= position) changed = this.#commands.delete(key) || changed;
    return changed;
  }

  /** The log was restored to an earlier state: no position of an answer is worth anything. */
  restored() {
    this.passed(Infinity);
  }

  /**
   * A task with what was asked over it.
   * @param {Task | undefined} heard @param {string} subject @returns {Task | undefined}
   */
  lay(heard, subject) {
    let task = heard;
    for (const command of this.#commands.values()) {
      const shown = command.each ? command.each[subject] : command.subject === subject && command.shown;
      if (!shown) continue;
      const answered = command.position !== undefined;
      if (command.creates && heard) continue; // the stream was faster than the answer
      if (task || command.creates)
        task = /** @type {Task} */ ({ ...task, ...shown, id: subject, waiting: Boolean(task?.waiting) || !answered });
    }
    return task;
  }

  /** New tasks that were asked for. @returns {Command[]} */
  creations() {
    return [...this.#commands.values()].filter((command) => command.creates);
  }

  /** The ids of all tasks with something over them. */
  subjects() {
    return new Set([...this.#commands.values()].flatMap((command) => (command.each ? Object.keys(command.each) : [command.subject])));
  }
}
