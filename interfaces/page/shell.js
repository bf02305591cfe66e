// The frame around every screen: places, state of the connection, panel, messages, dialogs.

import { html, nothing } from "./vendored/lit-html/lit-html.js";
import { conflictDialog, keysDialog } from "./parts/dialog.js";
import { icon } from "./parts/icon.js";
import { status } from "./parts/status.js";
import { bulk } from "./parts/task-list.js";
import { panel } from "./screens/task.js";
import { PLACES } from "./screens/screens.js";
import { locale, t } from "./words/words.js";

/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page @param {import("./page.js").Screen} screen */
export function shell(page, screen) {
  const task = page.route.params.get("task");
  if (!task) page.panel = null;
  return html`<a class="skip" href="#main">${t("skip-to-content")}</a>
    <div class=${task ? "frame with-panel" : "frame"}>
      ${side(page)}
      <main id="main" tabindex="-1">${asOf(page, task)}${screen.draw()}</main>
      ${task ? panel(page, task) : nothing}
    </div>
    ${bulk(page)}
    ${page.toasts.draw()}
    ${page.conflicts.length ? conflictDialog(page, page.conflicts[0]) : nothing}
    ${page.keysAreShown ? keysDialog(page) : nothing}`;
}

/** Since when the oldest task that is shown may have changed. @param {Page} page @param {string | null} open the id of the task that is open */
function asOf({ store, clock, route }, open) {
  const shown = store.seen.recalled.length ? [...store.shown, store.show(open ?? route.parts[0] ?? "")] : [];
  const [at] = shown.flatMap((task) => task?.seen ?? []).sort();
  return at ? html`<p class="notice" role="status">${t("as-of", clock.dayAt(new Date(at)) === clock.today ? clock.formats.time.format(new Date(at)) : clock.at(at))}</p>` : nothing;
}

/** What is shown until it is known who is logged in. @param {string} [text] */
export const waiting = (text = "") => html`<div class="waiting-room" role="status">${text}</div>`;

/** @param {Page} page */
const side = (page) => html`<nav class="side" aria-label=${t("places")}>
  <div class="brand">Annals</div>
  ${PLACES.filter((place) => !place.role || place.role.some((role) => page.session.account.roles.includes(role))).map((place) => html`<a href=${`/${place.screen}`} class=${place.phone ? "" : "wide"}
    aria-current=${page.route.screen === place.screen ? "page" : nothing}>${icon(place.icon)}<span>${t(place.name ?? place.screen)}</span>${count(page, place.screen)}</a>`)}
  ${page.lists.places()}
  ${page.searches.places()}
  <div class="foot">
    ${status(page.store)}
    <button type="button" class="quiet" aria-label=${t("keys")} title=${t("keys")} @click=${() => page.showKeys(true)}><kbd>?</kbd></button>
    <button type="button" class="quiet" aria-label=${t("log-out")} title=${t("log-out")} @click=${() => void page.leave()}>${icon("door")}</button>
  </div>
</nav>`;

/** @param {Page} page @param {string} screen */
function count(page, screen) {
  const number = screen === "inbox" ? page.unread.count : page.counts.of(screen);
  return number ? html`<b class=${screen === "inbox" ? "badge" : ""}>${number.toLocaleString(locale)}</b>` : nothing;
}
