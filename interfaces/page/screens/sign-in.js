// Logging in, a new account, a forgotten password. Links in mails lead to pages of their own.

import { html, nothing } from "../vendored/lit-html/lit-html.js";
import * as api from "../model/api.js";
import { logIn, passkeyLogIn } from "../model/session.js";
import { closed } from "../parts/attempt.js";
import { problemWords, t } from "../words/words.js";

/** @typedef {import("../model/session.js").Session} Session @typedef {"log-in" | "register" | "forgotten"} Kind */

const DEMO_EMAIL = "demo@annals.example";

export class SignIn {
  /** @type {Kind} */
  #kind = "log-in";
  #busy = false;
  #message = "";
  #bad = false;
  #needsCode = false;
  /** @type {{name: string, label: string, login_url: string}[]} */
  #providers = [];
  /** `annals dev` prints an address with the password of the demo account; it never leaves the browser. */
  #demo = new URLSearchParams(location.hash.slice(1)).get("demo");

  /** @param {(session: Session) => void} begin @param {() => void} redraw */
  constructor(begin, redraw) {
    this.begin = begin;
    this.redraw = redraw;
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    void this.#readProviders();
  }

  draw() {
    const kind = this.#kind;
    return html`<main class="sign-in" id="main">
      <h1>Annals</h1>
      <p class="soft">${t("a-task-service")}</p>
      ${this.#demo ? html`<div class="demo"><button type="button" class="primary" ?disabled=${this.#busy} @click=${() => void this.#logIn({ email: DEMO_EMAIL, password: this.#demo ?? "" })}>${t("open-demo")}</button><p class="soft">${t("demo-hint")}</p></div>` : nothing}
      <form @submit=${(/** @type {SubmitEvent} */ event) => void this.#submit(event)} aria-label=${t(kind)}>
        <label>${t("email")}<input name="email" type="email" autocomplete="username" required></label>
        ${kind === "forgotten" ? nothing : html`<label>${t("password")}<input name="password" type="password" required minlength=${kind === "register" ? 10 : nothing}
          autocomplete=${kind === "register" ? "new-password" : "current-password"} aria-describedby=${kind === "register" ? "password-hint" : nothing}></label>`}
        ${kind === "register" ? html`<p class="soft" id="password-hint">${t("password-hint")}</p>` : nothing}
        ${this.#needsCode && kind === "log-in" ? html`<label>${t("code")}<input name="code" autocomplete="one-time-code" inputmode="text" required></label>` : nothing}
        <p class=${this.#bad ? "message bad" : "message"} role="alert">${this.#message}</p>
        <button class="primary" ?disabled=${this.#busy}>${t(kind === "forgotten" ? "send-link" : kind)}</button>
      </form>
      <div class="ways">
        ${kind === "log-in" && "PublicKeyCredential" in window ? html`<button type="button" @click=${() => void this.#do(() => passkeyLogIn(), true)}>${t("passkey")}</button>` : nothing}
        ${this.#providers.map((provider) => html`<a class="button" target="_self" href=${`${provider.login_url}?return_to=${encodeURIComponent(location.pathname)}`}>${t("log-in-with", provider.label)}</a>`)}
        <button type="button" class="link" @click=${() => this.#turn(kind === "log-in" ? "register" : "log-in")}>${t(kind === "log-in" ? "register-first" : "log-in-instead")}</button>
        ${kind === "log-in" ? html`<button type="button" class="link" @click=${() => this.#turn("forgotten")}>${t("forgotten")}</button>` : nothing}
      </div>
    </main>`;
  }

  /** @param {Kind} kind */
  #turn(kind) {
    this.#kind = kind;
    this.#say("");
  }

  /** @param {string} message @param {boolean} [bad] */
  #say(message, bad = false) {
    this.#message = message;
    this.#bad = bad;
    this.redraw();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const given = /** @type {any} */ (Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target))));
    if (this.#kind === "forgotten")
      return this.#do(() => api.call("POST", "/auth/password/forgotten", { anonymous: true, body: { email: given.email } }).then(() => this.#say(t("link-sent"))));
    if (this.#kind === "register")
      return this.#do(async () => {
        await api.call("POST", "/auth/register", { anonymous: true, body: { email: given.email, password: given.password } });
        return logIn(given);
      }, true);
    return this.#logIn(given);
  }

  /** @param {{email: string, password: string, code?: string}} login */
  #logIn(login) {
    return this.#do(() => logIn(login), true);
  }

  /** @param {() => Promise<any>} act @param {boolean} [begins] it returns a session */
  async #do(act, begins = false) {
    this.#busy = true;
    this.#say("");
    try {
      const session = await act();
      if (begins && session) return this.begin(session);
    } catch (error) {
      if (error instanceof api.Problem && error.kind === "second-factor-needed") this.#needsCode = true;
      if (!closed(error)) this.#say(problemWords(/** @type {Error} */ (error)), true);
    }
    this.#busy = false;
    this.redraw();
  }

  async #readProviders() {
    try {
      this.#providers = (await api.call("GET", "/auth/oidc", { anonymous: true })).body.providers;
      if (this.#providers.length) this.redraw();
    } catch {
      // Without them, the other ways to log in remain.
    }
  }
}
