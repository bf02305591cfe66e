// Shown at an address that names nothing.

import { html } from "../vendored/lit-html/lit-html.js";
import { t } from "../words/words.js";

export class NotHere {
  draw() {
    return html`<header><h1>${t("nothing-here")}</h1></header><p><a href="/today">${t("today")}</a></p>`;
  }
}
