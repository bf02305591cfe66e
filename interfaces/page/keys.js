// The keyboard: one table of keys, and what each does.

import * as commands from "./model/commands.js";
import { postpone, toggle } from "./parts/row.js";
import { address, changed } from "./routes.js";

/** @typedef {import("./page.js").Page} Page @typedef {import("./model/fold.js").Task} Task */

/**
 * `keys` are pressed one after the other; `name` is that of its words.
 * @type {{keys: string, shown: string[], name: string, act: (page: Page, task: Task | undefined) => void}[]}
 */
export const KEYS = [
  { keys: "n", shown: ["n"], name: "key-n", act: () => focus("input[name=quick]") },
  { keys: "/", shown: ["/"], name: "key-/", act: (page) => page.go(address(["search"])) },
  { keys: "j", shown: ["j", "↓"], name: "key-j", act: (page) => move(page, 1) },
  { keys: "k", shown: ["k", "↑"], name: "key-k", act: (page) => move(page, -1) },
  { keys: "x", shown: ["x"], name: "key-x", act: (page, task) => task && page.select(page.store.keyOf(task.id)) },
  { keys: "e", shown: ["e"], name: "key-e", act: (page, task) => task && toggle(page, task) },
  { keys: "p", shown: ["p"], name: "key-p", act: (page, task) => task && postpone(page, task, 1) },
  { keys: "w", shown: ["w"], name: "key-w", act: (page, task) => task && postpone(page, task, 7) },
  { keys: "Enter", shown: ["Enter"], name: "key-enter", act: (page, task) => task && requestAnimationFrame(() => focus("aside")) }, // the title is a link
  { keys: "Delete", shown: ["Del"], name: "key-del", act: (page, task) => task && page.ask(commands.remove(task)) },
  { keys: "z", shown: ["z"], name: "key-z", act: (page) => page.undoLast() },
  { keys: "?", shown: ["?"], name: "key-?", act: (page) => page.showKeys(true) },
  { keys: "Escape", shown: ["Esc"], name: "key-esc", act: shut },
  { keys: "g t", shown: ["g", "t"], name: "key-gt", act: (page) => page.go(address(["today"])) },
  { keys: "g u", shown: ["g", "u"], name: "key-gu", act: (page) => page.go(address(["upcoming"])) },
  { keys: "g a", shown: ["g", "a"], name: "key-ga", act: (page) => page.go(address(["all"])) },
  { keys: "g i", shown: ["g", "i"], name: "key-gi", act: (page) => page.go(address(["inbox"])) },
];
/** @type {Record<string, string>} */
const SAME = { ArrowDown: "j", ArrowUp: "k" };
const FIRST = "g";

/** @param {() => Page | null} page */
export function listenToKeys(page) {
  let before = "";
  addEventListener("keydown", (event) => {
    const here = page();
    const undo = event.key === "z" && (event.ctrlKey || event.metaKey);
    if (!here || document.querySelector("dialog[open]") || event.altKey || ((event.ctrlKey || event.metaKey) && !undo)) return;
    const field = isField(event.target);
    if (field && event.key === "Escape") return /** @type {HTMLElement} */ (event.target).blur();
    if (field) return;
    const pressed = SAME[event.key] ?? event.key;
    const keys = before === FIRST ? `${FIRST} ${pressed}` : pressed;
    before = pressed === FIRST && before !== FIRST ? FIRST : "";
    const found = KEYS.find((each) => each.keys === keys);
    if (!found) return;
    if (pressed !== "Enter") event.preventDefault();
    found.act(here, here.store.show(rowOf(document.activeElement)?.dataset.row ?? here.route.params.get("task") ?? ""));
  });
}

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);

/** @param {Element | null} element @returns {HTMLElement | null} */
const rowOf = (element) => /** @type {HTMLElement | null} */ (element?.closest("[data-row]") ?? null);

/** Close the panel: the focus is on the row again. @param {Page} page */
function shut(page) {
  const task = page.route.params.get("task");
  if (!task) return;
  page.go(changed(page.route, { task: null }));
  focus(`[data-row="${CSS.escape(page.store.keyOf(task))}"] .title`);
}

/** Move the focus to the row beside the one that has it, or whose task is open. @param {Page} page @param {number} by */
function move(page, by) {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-row]")]);
  const here = rowOf(document.activeElement)?.dataset.row ?? page.store.keyOf(page.route.params.get("task") ?? "");
  const now = rows.findIndex((row) => row.dataset.row === here);
  const next = rows[now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by))];
  /** @type {HTMLElement | null | undefined} */ (next?.querySelector(".title"))?.focus();
}

/** @param {string} selector */
const focus = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
