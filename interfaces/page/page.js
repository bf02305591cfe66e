// The page of one account: what its screens and parts share.

import * as api from "./model/api.js";
import * as commands from "./model/commands.js";
import { Counts } from "./model/reading/counts.js";
import { movesTasks } from "./model/fold.js";
import { Store } from "./model/store.js";
import { Unread } from "./model/reading/unread.js";
import { device, logOut } from "./model/session.js";
import { Lists } from "./parts/lists.js";
import { Searches } from "./parts/searches.js";
import { Toasts } from "./parts/toast.js";
import { changed, read } from "./routes.js";
import { Clock } from "./words/dates.js";
import { locale, problemWords, t } from "./words/words.js";

/**
 * @typedef {import("./model/fold.js").Task} Task
 * @typedef {import("./model/overlay.js").Command} Command
 * @typedef {import("./parts/dialog.js").Conflict} Conflict
 * @typedef {import("./routes.js").Route} Route
 */

/**
 * A screen that is open.
 * @typedef {object} Screen
 * @property {() => unknown} draw what it shows, as a template; called again after each change
 * @property {() => void} [close] it is left: lists and timers end
 * @property {(event: import("./model/fold.js").Heard) => void} [heard] an event of the account
 */

const MOST_UNDONE = 500;

export class Page {
  /** What can be undone, the newest last. `wanted`: to be undone once its answer has come. @type {{command: Command, before: any, change?: string, wanted?: boolean}[]} */
  #done = [];
  #redrawing = false;
  /** @type {Set<string>} */
  selection = new Set();
  /** @type {Conflict[]} */
  conflicts = [];
  keysAreShown = false;
  /** The task in the panel. @type {import("./screens/task.js").OpenTask | null} */
  panel = null;
  /** The name of the screen, in words. */
  title = "";
  /** @type {Route} */
  route = read(location);
  /** @type {((event: import("./model/fold.js").Heard) => void)[]} */
  listeners = [];

  /** @param {import("./model/session.js").Session} session @param {() => void} draw @param {(address: string) => void} go */
  constructor(session, draw, go) {
    this.session = session;
    this.clock = new Clock(session.preferences.timezone, locale);
    this.draw = draw;
    /** Go to an address of the page. */
    this.go = go;
    this.toasts = new Toasts(() => this.redraw());
    const clock = this.clock;
    this.lists = new Lists(this);
    this.searches = new Searches(this);
    this.counts = new Counts({ today: () => ({ due_before: clock.plus(clock.today, 1) }), all: () => ({}) }, () => this.redraw());
    this.unread = new Unread(() => this.redraw());
    this.store = new Store(session.account.id, device(), {
      changed: () => this.redraw(),
      done: (command, body, headers) => this.#finish(command, body, headers),
      refused: (command, problem) => void this.#refuse(command, problem),
      heard: (event) => {
        if (movesTasks(event.type)) this.counts.ask(event.position);
        this.lists.heard(event);
        this.searches.heard(event);
        this.unread.heard(event);
        this.panel?.heard(event);
        this.listeners.forEach((listener) => listener(event));
      },
    });
    this.counts.ask(0, 0);
    this.store.restarts.add(() => this.#restart());
  }

  /** The server may have lost changes: all that is shown is read again. */
  #restart() {
    const { position } = this.store;
    this.counts.ask(position, 0);
    this.unread.ask(position, 0);
    void this.lists.read(position);
    this.toasts.show(t("read-again"));
  }

  /** Draw again, at the next frame. */
  redraw() {
    if (this.#redrawing) return;
    this.#redrawing = true;
    requestAnimationFrame(() => {
      this.#redrawing = false;
      this.draw();
    });
  }

  /**
   * Ask for a change of a task: shown at once, sent as soon as possible, and undone by a key.
   * @param {import("./model/commands.js").Wish} wish
   */
  ask(wish) {
    const before = wish.each ? Object.fromEntries(Object.keys(wish.each).map((id) => [id, this.store.show(id)])) : this.store.show(wish.subject);
    const command = this.store.ask(wish);
    this.#done = [...this.#done, { command, before }].slice(-MOST_UNDONE);
    this.toasts.show(wish.each ? t("did-many", Object.keys(wish.each).length) : t(`did-${wish.done}`, wish.title), { key: command.key, name: t("undo"), act: () => this.undo(command.key) });
    return command;
  }

  /**
   * A change of a task was made without the overlay: say so, and undo it like the others.
   * @param {string} id @param {api.Answer} answer
   */
  did(id, answer) {
    const before = this.store.show(id);
    const change = answer.headers.get("Annals-Change");
    if (!before || !change) return;
    const command = { key: change, subject: id, method: "", path: "", shown: {}, done: "changed", title: before.title, tab: "" };
    this.#done = [...this.#done, { command, before, change }].slice(-MOST_UNDONE);
    this.toasts.show(t("did-changed", before.title), { name: t("undo"), act: () => this.undo(change) });
  }

  /** Undo a command of this page. @param {string} key */
  undo(key) {
    const done = this.#done.find(({ command }) => command.key === key);
    if (!done) return;
    const wish = commands.undoing(done.command, done.before, done.change);
    if (!wish && !done.change) return void (done.wanted = true);
    this.#done = this.#done.filter((other) => other !== done);
    if (!wish) return this.toasts.show(t("nothing-to-undo"));
    this.store.ask(wish);
    this.toasts.show(t("did-undone"));
  }

  undoLast() {
    const last = this.#done[this.#done.length - 1];
    if (last) this.undo(last.command.key);
    else this.toasts.show(t("nothing-to-undo"));
  }

  /** Select a task, by what names it on the screen, or no longer; null: nothing is selected. @param {string | null} id */
  select(id) {
    if (id === null) this.selection.clear();
    else if (!this.selection.delete(id)) this.selection.add(id);
    this.redraw();
  }

  /** @param {boolean} shown */
  showKeys(shown) {
    this.keysAreShown = shown;
    this.redraw();
  }

  /** Say why something did not work. @param {unknown} error */
  complain(error) {
    this.toasts.show(problemWords(/** @type {Error} */ (error)), undefined, true);
  }

  /** Two versions of a task: keep the person's own, or the other. @param {Conflict} conflict @param {boolean} mine */
  resolve(conflict, mine) {
    this.conflicts = this.conflicts.filter((other) => other !== conflict);
    if (mine) {
      const { command, theirs } = conflict;
      this.store.ask({ ...command, key: undefined, version: theirs.version });
    }
    this.redraw();
  }

  /** End the session everywhere, and leave nothing here. */
  async leave() {
    await this.store.close();
    await logOut().catch(() => {});
    location.assign("/");
  }

  /** @param {Command} command @param {any} body @param {Headers} headers */
  #finish(command, body, headers) {
    const done = this.#done.find((each) => each.command.key === command.key);
    if (done) done.change = headers.get("Annals-Change") ?? undefined;
    if (body?.failed?.length) this.toasts.show(t("some-failed", body.failed.length, body.failed[0].detail), undefined, true);
    if (done?.wanted && done.change) this.undo(command.key);
    if (!command.creates || !body?.id) return;
    for (const each of this.#done) if (each.command.subject === command.key) each.command = { ...each.command, subject: body.id };
    if (this.route.params.get("task") !== command.key) return;
    history.replaceState(null, "", changed(this.route, { task: body.id }));
    this.go(location.pathname + location.search);
  }

  /** @param {Command} command @param {api.Problem} problem */
  async #refuse(command, problem) {
    this.#done = this.#done.filter((done) => done.command.key !== command.key);
    this.toasts.takeBack(command.key);
    if (problem.status === 412) {
      const { meanwhile = [], clashes } = problem.body;
      // Nobody changed the same fields, such as when it was we ourselves who did something else before.
      if (meanwhile.length && !clashes?.length) return void this.ask({ ...command, key: undefined, version: meanwhile.at(-1).version });
      try {
        const theirs = (await api.get(`/tasks/${command.subject}`)).body;
        this.store.absorb([theirs]);
        this.conflicts = [...this.conflicts, { command, theirs, meanwhile }];
        return this.redraw();
      } catch {
        // It was deleted, or cannot be read: the refusal says enough.
      }
    }
    const rest = problem.kind === "cannot-undo" && !command.path.includes("?")
      ? { name: t("undo-rest"), act: () => void this.store.ask({ ...command, key: undefined, path: `${command.path}?force=fields` }) }
      : undefined;
    this.toasts.show(t("refused", command.title, problemWords(problem)), rest, true);
  }
}
