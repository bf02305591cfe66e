// The screens by the first part of their address, and the places that the side bar names.

import { ListScreen } from "./list.js";
import { NotHere } from "./not-here.js";
import { TaskScreen } from "./task.js";
import { Today } from "./today.js";
import { Upcoming } from "./upcoming.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../page.js").Screen} Screen */

/** @type {Record<string, new (page: Page) => Screen>} */
const SCREENS = {
  today: Today,
  upcoming: Upcoming,
  all: ListScreen,
  tags: ListScreen,
  lists: ListScreen,
  saved: ListScreen,
  search: ListScreen,
  trash: ListScreen,
  tasks: TaskScreen,
};

/**
 * The places of the side bar, in order. `phone`: it has room on a phone too; `role`: for accounts with it.
 * @type {{screen: string, icon: string, phone?: boolean, role?: string}[]}
 */
export const PLACES = [
  { screen: "today", icon: "sun", phone: true },
  { screen: "upcoming", icon: "calendar", phone: true },
  { screen: "all", icon: "list", phone: true },
  { screen: "search", icon: "search", phone: true },
  { screen: "trash", icon: "bin" },
];

/** The screen that the address names. @param {Page} page @returns {Screen} */
export const open = (page) => new (SCREENS[page.route.screen] ?? NotHere)(page);
