// Starts the page: who is logged in, which screen the address names, and drawing it.

import { accountOfToken, Unreachable, whenEnded } from "./model/api.js";
import { end, leave, resume } from "./model/session.js";
import { onAccount } from "./model/tabs.js";
import { lookForRelease, startWorker } from "./worker.js";
import { listenToKeys } from "./keys.js";
import { Page } from "./page.js";
import { openDialogs } from "./parts/dialog.js";
import { read } from "./routes.js";
import { open } from "./screens/screens.js";
import { SignIn } from "./screens/sign-in.js";
import { shell, waiting } from "./shell.js";
import { render } from "./vendored/lit-html/lit-html.js";
import { language, t } from "./words/words.js";

const AGAIN_MS = 2_000;
const WORKER_AFTER_MS = 1_000;
const app = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {Page | null} */
let page = null;
/** @type {import("./page.js").Screen | null} */
let screen = null;
/** Which screen is open; parameters that only concern the panel do not open it again. */
let opened = "";

document.documentElement.lang = language;
listenToKeys(() => page);
addEventListener("popstate", () => follow());
addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.("a[href^='/']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const href = /** @type {string} */ (link.getAttribute("href"));
  if (/^\/(docs|api|problems)\b/.test(href) || link.hasAttribute("target")) return;
  event.preventDefault();
  go(href);
});
onAccount((account) => {
  if (account === accountOfToken() || (!page && !account)) return;
  void (async () => {
    await page?.store.close();
    await leave();
    location.assign("/");
  })();
});
// What waits to be sent stays on disk, for when the same person logs in again.
whenEnded(() => { if (page) void page.store.close().then(end).then(() => location.assign(location.pathname + location.search)); });
document.addEventListener("visibilitychange", () => {
  if (!page) return;
  if (document.hidden) return page.store.keepShown();
  page.redraw();
  void lookForRelease();
});
void start();

async function start() {
  render(waiting(), app);
  for (;;) {
    try {
      const session = await resume();
      return session ? begin(session) : signIn();
    } catch (error) {
      if (!(error instanceof Unreachable) && !(error instanceof Error && "status" in error)) throw error;
      render(waiting(t("problem-unreachable")), app);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** @param {import("./model/session.js").Session} session */
function begin(session) {
  page = new Page(session, draw, go);
  const { toasts } = page;
  page.listeners.push((event) => screen?.heard?.(event));
  newDay(page);
  follow();
  // It fetches every file, so the first screen goes first.
  setTimeout(() => void startWorker(() => toasts.show(t("newer-release"), { name: t("load-again"), act: () => location.reload() })), WORKER_AFTER_MS);
}

function signIn() {
  const form = new SignIn(begin, () => render(form.draw(), app));
  document.title = `${t("log-in")} · Annals`;
  render(form.draw(), app);
}

/** @param {string} address */
function go(address) {
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  follow();
}

/** Show what the address names. */
function follow() {
  if (!page) return;
  page.route = read(location);
  const params = new URLSearchParams(page.route.params);
  params.delete("task");
  const wanted = [page.clock.today, page.route.screen, ...page.route.parts, params].join("/");
  if (wanted !== opened) {
    screen?.close?.();
    page.selection.clear();
    opened = wanted;
    screen = open(page);
    app.querySelector("main")?.scrollTo(0, 0);
  }
  draw();
}

function draw() {
  if (!page || !screen) return;
  document.title = `${page.title} · Annals`;
  render(shell(page, screen), app);
  openDialogs();
}

/** "Today" is another day after midnight. @param {Page} page */
function newDay(page) {
  const midnight = Date.parse(page.clock.moment(page.clock.plus(page.clock.today, 1), "00:00"));
  setTimeout(() => { follow(); newDay(page); }, Math.max(1_000, midnight - Date.now() + 1_000));
}
