// The screens by the first part of their address, and the places that the side bar names.

import { Changes } from "./changes.js";
import { Fetched } from "./fetched.js";
import { Inbox } from "./inbox.js";
import { ListScreen } from "./list.js";
import { NotHere } from "./not-here.js";
import { TaskScreen } from "./task.js";
import { TaskTime } from "./time.js";
import { Today } from "./today.js";
import { Upcoming } from "./upcoming.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../page.js").Screen} Screen */

/** @param {Page} page @returns {Screen} */
const further = (page) => new Fetched(page, async () => (await import("./further.js")).further[page.route.screen](page));

/** @type {Record<string, (page: Page) => Screen>} */
const SCREENS = {
  today: (page) => new Today(page),
  upcoming: (page) => new Upcoming(page),
  all: (page) => new ListScreen(page),
  tags: (page) => new ListScreen(page),
  lists: (page) => new ListScreen(page),
  saved: (page) => new ListScreen(page),
  search: (page) => new ListScreen(page),
  trash: (page) => new ListScreen(page),
  tasks: (page) => new TaskScreen(page),
  time: (page) => (page.route.parts[0] ? new TaskTime(page) : new Changes(page)),
  inbox: (page) => new Inbox(page),
  settings: further,
  audit: further,
  console: further,
};

/**
 * The places of the side bar, in order. `name`: of its words, where it is not that of the screen; `phone`: it has room on a phone too; `role`: for accounts with one of them.
 * @type {{screen: string, name?: string, icon: string, phone?: boolean, role?: string[]}[]}
 */
export const PLACES = [
  { screen: "today", icon: "sun", phone: true },
  { screen: "upcoming", icon: "calendar", phone: true },
  { screen: "all", icon: "list", phone: true },
  { screen: "search", icon: "search", phone: true },
  { screen: "inbox", icon: "bell", phone: true },
  { screen: "time", name: "changes", icon: "clock" },
  { screen: "trash", icon: "bin" },
  { screen: "settings", icon: "gear", phone: true },
  { screen: "audit", icon: "book" },
  { screen: "console", icon: "pulse", role: ["admin", "auditor"] },
];

/** The screen that the address names. @param {Page} page @returns {Screen} */
export const open = (page) => SCREENS[page.route.screen]?.(page) ?? new NotHere();
