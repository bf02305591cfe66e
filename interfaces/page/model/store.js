// What the page knows: tasks as heard, with what was asked over them, and the lists that are shown.

import { knows, movesTasks } from "./fold.js";
import { HeardTasks } from "./heard.js";
import { Names } from "./names.js";
import { Overlay } from "./overlay.js";
import { Outbox } from "./kept/outbox.js";
import { Seen } from "./kept/seen.js";
import { Sender } from "./sender.js";
import { Stream } from "./stream.js";
import { TAB, Tabs } from "./tabs.js";

/**
 * @typedef {import("./fold.js").Task} Task
 * @typedef {import("./fold.js").Heard} Heard
 * @typedef {import("./overlay.js").Command} Command
 * @typedef {import("./lists.js").List} List
 */

const PASS_AFTER_MS = 3_000;

/**
 * @typedef {object} Watcher
 * @property {() => void} changed something that is shown changed
 * @property {(command: Command, body: any, headers: Headers) => void} done
 * @property {(command: Command, problem: import("./api.js").Problem) => void} refused
 * @property {(event: Heard) => void} heard
 */

export class Store {
  #heard = new HeardTasks();
  /** The revision at which an event changed a task last, by id. @type {Map<string, number>} */
  #news = new Map();
  #names = new Names();
  #overlay = new Overlay();
  /** @type {Set<List>} */
  #lists = new Set();
  #waiting = /** @type {(() => void)[]} */ ([]);
  #leading = false;
  #reached = true;
  /** The position up to which everything was heard. */
  position = 0;
  /** @type {import("./stream.js").Line} */
  line = "connecting";
  /** Counts how often everything had to be read again. */
  epoch = 0;
  /** Called when everything is to be read again. @type {Set<() => void>} */
  restarts = new Set();
  /** Counts changes of what is known: what was computed from an older number is out of date. */
  revision = 0;

  /** @param {string} account @param {string} device @param {Watcher} watcher */
  constructor(account, device, watcher) {
    this.watcher = watcher;
    this.#outbox = new Outbox(account);
    this.seen = new Seen(account, this.#heard);
    this.#sender = new Sender(this.#outbox, {
      answered: (command, answer) => this.#answered(command, answer),
      refused: (command, problem) => this.#refused(command, problem),
      reached: (reached) => this.#reach(reached),
    });
    this.#stream = new Stream(device, {
      event: (event) => { this.#tabs.tell("event", event); this.#hear(event); },
      listening: (position, resumed) => this.#begin(position, resumed),
      resync: (position) => { this.#tabs.tell("resync", position); this.#startOver(position); },
      line: (line) => { this.#tabs.tell("line", { line, position: this.position }); this.#setLine(line); },
    });
    this.#tabs = new Tabs(account, (message) => this.#told(message));
    this.#tabs.tell("where");
    this.#tabs.whenLeading(() => void this.#lead());
  }
  #outbox; #sender; #stream; #tabs;

  /** How many changes wait for an answer. */
  get waiting() {
    return this.#overlay.waiting;
  }

  /** "live", "connecting" (catching up), or "offline". */
  get state() {
    return this.#reached ? this.line : "offline";
  }

  /** A task as it is to be shown. @param {string} id @returns {Task | undefined} */
  show(id) {
    const known = this.#names.idOf(id);
    return this.#overlay.lay(this.#heard.shown(known), known);
  }

  /** What names a task on the screen: the same before it has an id and afterwards. @param {string} id */
  keyOf(id) {
    return this.#names.keyOf(id);
  }

  /** The task without what was asked. @param {string} id */
  heard(id) {
    return this.#heard.get(id);
  }

  /** The server has lost a task: keep it as it was, with what a person wrote into it. @param {string} id @param {Partial<Task>} fields */
  lost(id, fields) {
    this.#heard.lost(id, fields);
    this.#change();
  }

  /** The tags of all tasks that were heard of, in order. @returns {string[]} */
  knownTags() {
    return [...new Set(this.#heard.all.flatMap((task) => task.tags))].sort();
  }

  /** Ids of tasks that no list has answered yet: heard of since, or just asked for. @param {number} since a revision @returns {string[]} */
  newcomers(since) {
    const ids = new Set([...this.#overlay.subjects()]);
    for (const [id, revision] of this.#news) if (revision > since) ids.add(id);
    for (const key of this.#names.keys()) ids.delete(key); // the stream was faster than the answer
    return [...ids];
  }

  /** Ask for a change: it is shown at once, kept until it is answered, and sent. @param {Omit<Command, "key" | "tab"> & {key?: string}} wish @returns {Command} */
  ask(wish) {
    const key = wish.key ?? crypto.randomUUID();
    const id = this.#names.idOf(wish.subject); // a row may be drawn with the name of before
    /** @type {Command} */
    const command = { ...wish, key, tab: TAB, subject: id || key, path: wish.path.replace(wish.subject, id) };
    this.#overlay.add(command);
    this.#tabs.tell("asked", command);
    void this.#sender.send(command);
    this.#change();
    return command;
  }

  /** Take over tasks as the API answered them. What was heard since wins. @param {Task[]} tasks */
  absorb(tasks) {
    this.#heard.absorb(tasks);
  }

  /** Call back once the stream has begun. @param {() => void} back */
  whenBegun(back) { this.#waiting.push(back); }

  /** @param {List} list */
  watch(list) {
    this.#lists.add(list);
  }

  /** @param {List} list */
  unwatch(list) {
    this.#lists.delete(list);
  }

  /** A list was answered at this position: what was asked up to there is in it. @param {number} position */
  reread(position) {
    this.#overlay.passed(position);
    this.#change();
  }

  /** Forget everything; with `remove`, nothing stays on disk. */
  async close() {
    this.#stream.stop();
    this.#sender.stop();
    this.#tabs.close();
    await Promise.all([this.#outbox.close(), this.seen.close()]);
    this.#heard.clear();
    this.restarts.clear();
  }

  /** All tasks that lists show. */
  get shown() {
    return [...this.#lists].flatMap((list) => list.tasks);
  }

  /** The page may be closed, or the network is away: what lists show was true until now. */
  keepShown() {
    if (this.line !== "live") return;
    for (const list of this.#lists) list.keep();
    this.seen.write();
  }

  // What tabs tell each other

  /** @param {import("./tabs.js").Message} message */
  #told({ kind, value }) {
    if (kind === "event") this.#hear(value);
    else if (kind === "line") {
      if (this.position === 0) this.#begin(value.position, false);
      this.#setLine(value.line);
    } else if (kind === "resync") this.#startOver(value);
    else if (kind === "begin") this.#begin(value.position, value.resumed);
    else if (kind === "where" && this.#leading) this.#tabs.tell("line", { line: this.line, position: this.position });
    else if (kind === "asked") { this.#overlay.add(value); this.#change(); }
    else if (kind === "answered") { if (value.creates) this.#name(value.key, value.subject); this.#overlay.answered(value.key, value.position, value.subject); this.#pass(); }
    else if (kind === "refused") { this.#overlay.refused(value); this.#change(); }
  }

  async #lead() {
    this.#leading = true;
    this.#stream.start(this.position || null);
    for (const command of await this.#sender.adopt(await this.#tabs.living())) {
      this.#overlay.add(command);
      this.#tabs.tell("asked", command);
    }
    this.#change();
  }

  // What the stream says

  /** @param {number} position @param {boolean} resumed */
  #begin(position, resumed) {
    if (this.#leading) this.#tabs.tell("begin", { position, resumed });
    this.position = Math.max(this.position, position);
    this.#sender.now();
    for (const back of this.#waiting.splice(0)) back();
    if (!resumed) for (const list of this.#lists) list.askAgain();
    this.#pass();
  }

  /** @param {Heard} event */
  #hear(event) {
    this.position = Math.max(this.position, event.position);
    if (event.type === "task.created") this.#names.recognize(event, this.#overlay.creations());
    if (this.#heard.hear(event)) {
      this.#news.set(event.subject, this.revision + 1);
      this.seen.keep([event.subject]);
    }
    if (movesTasks(event.type) || !knows(event.type)) for (const list of this.#lists) list.moved(event);
    this.watcher.heard(event);
    this.#pass();
  }

  /** The log was restored, or events were lost. What is open stays, and is read again. @param {number} position */
  #startOver(position) {
    this.position = position;
    this.epoch += 1;
    this.#heard.startOver();
    this.#sender.forget();
    this.#news.clear();
    this.#overlay.restored();
    for (const list of this.#lists) list.startOver();
    for (const restart of this.restarts) restart();
    this.#change();
  }

  /** @param {import("./stream.js").Line} line */
  #setLine(line) {
    if (line !== this.line) this.keepShown();
    this.line = line;
    if (line === "live") this.#reach(true);
    this.#change();
  }

  // What became of what was asked

  /** @param {Command} command @param {import("./api.js").Answer} answer */
  #answered(command, answer) {
    const body = answer.body;
    const subject = body?.status && body?.id ? body.id : command.subject;
    if (command.creates) this.#name(command.key, subject);
    if (body?.status && body?.version) this.absorb([body]);
    this.#overlay.answered(command.key, answer.position, subject);
    this.#tabs.tell("answered", { key: command.key, position: answer.position, subject, creates: command.creates });
    this.watcher.done(command, body, answer.headers);
    const { epoch } = this;
    if (answer.position > this.position)
      // Should the stream be late or silent, the lists tell what came of it.
      setTimeout(() => { if (this.epoch === epoch && this.position < answer.position) for (const list of this.#lists) list.askAgain(answer.position); }, PASS_AFTER_MS);
    this.#pass();
  }

  /** A new task has its id. @param {string} key @param {string} id */
  #name(key, id) {
    this.#names.give(key, id);
    this.#news.set(id, this.revision + 1);
  }

  /** @param {Command} command @param {import("./api.js").Problem} problem */
  #refused(command, problem) {
    this.#overlay.refused(command.key);
    if (problem.kind === "task-not-found") this.#heard.lost(command.subject, command.shown);
    this.#tabs.tell("refused", command.key);
    this.watcher.refused(command, problem);
    this.#change();
  }

  /** @param {boolean} reached */
  #reach(reached) {
    const came = reached && !this.#reached;
    this.#reached = reached;
    if (came) this.#sender.now();
    this.#change();
  }

  #pass() {
    this.#overlay.passed(this.position);
    this.#change();
  }

  #change() {
    this.revision += 1;
    this.watcher.changed();
  }
}
