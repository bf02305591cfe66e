// Says that the email address is not confirmed yet, and sends the mail again.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import { t } from "../words/words.js";

/** @param {import("../page.js").Page} page */
export function verifyNotice(page) {
  if (page.session.account.email_verified) return nothing;
  return html`<p class="notice">${t("verify-address")} <button type="button" class="link" @click=${() => void sendAgain(page)}>${t("send-again")}</button></p>`;
}

/** @param {import("../page.js").Page} page */
async function sendAgain(page) {
  try {
    await api.call("POST", "/auth/me/verification");
    page.toasts.show(t("sent-again"));
  } catch (error) {
    page.complain(error);
  }
}
