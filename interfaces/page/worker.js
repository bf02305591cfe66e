// The service worker seen from the page: it is there while somebody is logged in, and tells this browser of notifications.

import * as api from "./model/api.js";
import { language } from "./words/words.js";

/** The id of the subscription at the API and its endpoint, with a space between. */
const SUBSCRIPTION = "annals-push";
const PATH = "/me/push-subscriptions";
/** @type {ServiceWorkerContainer | undefined} Not there without TLS. */
const container = navigator.serviceWorker;
/** The cache of the release that this page is of: the address of its files names it. */
const CACHE = `annals-${import.meta.url.split("/")[4]}`;

/** Start the worker, or a newer one. @param {() => void} newer called when a newer release has taken over */
export async function startWorker(newer) {
  if (!container) return;
  container.addEventListener("controllerchange", () => void caches.keys().then((names) => names.at(-1) === CACHE || newer()));
  const address = `/sw.js?language=${language}`;
  const policy = /** @type {any} */ (window).trustedTypes?.createPolicy("annals", { createScriptURL: (/** @type {string} */ text) => text });
  // A browser that cannot keep it, such as one in a private window, has the page all the same.
  await container.register(policy?.createScriptURL(address) ?? address).catch(() => {});
  container.onmessage = () => void keepSubscription();
  addEventListener("online", () => void keepSubscription());
  await keepSubscription();
}

/** Ask whether there is a newer release. */
export async function lookForRelease() {
  await (await container?.getRegistration())?.update().catch(() => {});
}

/** Whether this browser can get notifications while no page is open. */
export const canSubscribe = Boolean(container && "PushManager" in window);

/** The id of the subscription of this browser, or null. */
export const subscribed = () => known()[0];

const known = () => localStorage.getItem(SUBSCRIPTION)?.split(" ") ?? [null];

/**
 * Notify this browser from now on. @param {string} key the public key of the server
 * @returns {Promise<boolean>} false: the person or the browser refuses
 * @throws {api.Problem} @throws {api.Unreachable} @throws {DOMException} the push service of the browser is away
 */
export async function subscribe(key) {
  if (!container || await Notification.requestPermission() !== "granted") return false;
  const { pushManager } = await container.ready;
  await tell(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  return true;
}

/** Tell the API of a subscription. @param {PushSubscription} subscription */
async function tell(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const answer = await api.call("POST", PATH, { body: { endpoint, keys }, headers: { "Idempotency-Key": crypto.randomUUID() } });
  localStorage.setItem(SUBSCRIPTION, `${answer.body.id} ${endpoint}`);
}

/** Where the push service gave this browser another subscription, put it in the place of the one that the API knows. */
async function keepSubscription() {
  await navigator.locks.request(SUBSCRIPTION, async () => {
    const [id, endpoint] = known();
    const found = id && await (await container?.ready)?.pushManager.getSubscription();
    if (!found || found.endpoint === endpoint) return;
    await tell(found);
    await api.call("DELETE", `${PATH}/${id}`);
  }).catch(() => {}); // the network is away, or the API has dropped the old one already
}

/** Notify this browser no longer. */
export async function unsubscribe() {
  localStorage.removeItem(SUBSCRIPTION);
  await (await (await container?.getRegistration())?.pushManager.getSubscription())?.unsubscribe();
}

/** Tell the API that this browser is not to be notified, while its token is still good. */
export async function endSubscription() {
  const id = subscribed();
  if (id) await api.call("DELETE", `${PATH}/${id}`).catch(() => {});
}

/** Remove the worker, its subscription and all that it keeps. */
export async function removeWorker() {
  localStorage.removeItem(SUBSCRIPTION);
  for (const registration of (await container?.getRegistrations()) ?? []) await registration.unregister();
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
}
