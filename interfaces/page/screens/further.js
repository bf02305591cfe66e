// The screens that are opened seldom: fetched together, when the first of them is opened.

import { Audit } from "./console/audit.js";
import { Console } from "./console/console.js";
import { Settings } from "./settings/settings.js";

/** @typedef {import("../page.js").Page} Page @typedef {import("../page.js").Screen} Screen */

/** @type {Record<string, (page: Page) => Screen>} */
export const further = {
  settings: (page) => new Settings(page),
  audit: (page) => new Audit(page),
  console: (page) => new Console(page),
};
