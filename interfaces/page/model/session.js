// Who is logged in: begins with the cookie or a password, and ends in every tab at once.

import * as api from "./api.js";
import { firstToken } from "./reading/first-token.js";
import { removeDatabases } from "./kept/database.js";
import { OUTBOX } from "./kept/outbox.js";
import { tellAccount } from "./tabs.js";
import { endSubscription, removeWorker } from "../worker.js";

/**
 * @typedef {object} Session
 * @property {{id: string, email: string, name: string, roles: string[], email_verified: boolean}} account
 * @property {any} preferences the body of GET /me/notifications
 */

const DEVICE = "annals-device";
/** Who is logged in, for a start without the network. */
const SESSION = "annals-session";
const REFRESH_AFTER_MS = 1_000;

/** @type {Promise<void> | null} */
let asked = firstToken;

/** Go on where the cookie is, or without the network. @returns {Promise<Session | null>} null: nobody is logged in @throws {api.Unreachable} */
export async function resume() {
  try {
    const token = asked ?? api.renew();
    asked = null;
    await token;
    const kept = keptSession();
    return kept?.account.id === api.accountOfToken() ? refreshed(kept) : await read();
  } catch (error) {
    if (error instanceof api.Problem && error.status < 500 && error.status !== 429) {
      await end();
      return null;
    }
    const kept = keptSession();
    if (!kept) throw error;
    api.expect(kept.account.id);
    return kept;
  }
}

/** The session is over: nothing that was seen stays. What waits to be sent does, for when the same person logs in again. */
export async function end() {
  localStorage.removeItem(SESSION);
  await removeDatabases((name) => name.endsWith(OUTBOX));
}

/** @returns {Session | null} */
const keptSession = () => JSON.parse(localStorage.getItem(SESSION) ?? "null");

/** @param {{email: string, password: string, code?: string}} login @returns {Promise<Session>} @throws {api.Problem} @throws {api.Unreachable} */
export async function logIn(login) {
  const answer = await api.call("POST", "/auth/login", { anonymous: true, body: { ...login, cookie: true } });
  return entered(answer);
}

/** Log in with a passkey of this device. @returns {Promise<Session>} @throws {api.Problem} @throws {DOMException} the person cancelled it */
export async function passkeyLogIn() {
  const { state, options } = (await api.call("POST", "/auth/passkey/options", { anonymous: true, body: {} })).body;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  const answer = await api.call("POST", "/auth/passkey", { anonymous: true, body: { state, credential: credential.toJSON(), cookie: true } });
  return entered(answer);
}

/** End the session, and leave nothing of it here. The other tabs do the same. */
export async function logOut() {
  try {
    await endSubscription();
    await api.call("POST", "/auth/logout", { anonymous: true, body: {} });
  } finally {
    await leave();
    tellAccount(null);
  }
}

/** Remove what this browser keeps of an account. */
export async function leave() {
  api.forget();
  localStorage.removeItem(DEVICE);
  localStorage.removeItem(SESSION);
  await removeDatabases();
  await removeWorker();
}

/** The name of this browser for the stream, so that a reload takes the place of the connection before. */
export function device() {
  const kept = localStorage.getItem(DEVICE);
  if (kept) return kept;
  const made = crypto.randomUUID();
  localStorage.setItem(DEVICE, made);
  return made;
}

/** @param {api.Answer} answer tokens @returns {Promise<Session>} */
async function entered(answer) {
  api.remember(answer.body);
  const before = keptSession();
  const account = /** @type {string} */ (api.accountOfToken());
  const [session] = await Promise.all([read(), removeDatabases((name) => name.startsWith(account))]);
  if (before?.account.id !== session.account.id) await removeWorker(); // it may be subscribed for somebody else
  tellAccount(session.account.id);
  return session;
}

/** Begin with what was kept of the account, and read it again after the first screen. @param {Session} kept */
function refreshed(kept) {
  setTimeout(() => void read().then((now) => {
    if (now.preferences.timezone !== kept.preferences.timezone) location.reload(); // each day that is shown depends on it
    Object.assign(kept, now);
  }).catch(() => {}), REFRESH_AFTER_MS);
  return kept;
}

/** @returns {Promise<Session>} */
async function read() {
  const [account, preferences] = await Promise.all([api.get("/auth/me"), api.get("/me/notifications")]);
  const session = { account: account.body, preferences: preferences.body };
  localStorage.setItem(SESSION, JSON.stringify(session));
  return session;
}
