// The service worker: the page starts without the network, and shows notifications while it is closed.
// The server puts `RELEASE` before it, so that it changes with each file of the page.

/**
 * @typedef {object} Release
 * @property {string} digest names the state of all files
 * @property {string[]} files their addresses
 * @property {string[]} screens the first parts of the addresses of the page
 */

const PREFIX = "annals-";
const KEPT_RELEASES = 2; // a page that is open may be of the release before
const release = /** @type {Release} */ (/** @type {any} */ (globalThis).RELEASE);
const worker = /** @type {any} */ (globalThis);
const CACHE = PREFIX + release.digest;
/** The words of one language are enough; the address of this script names it. */
const WORDS = `/words/${new URL(location.href).searchParams.get("language")}.js`;
const DOCUMENT = "/";

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.addRoutes?.([{ condition: { urlPattern: "/api/*" }, source: "network" }]); // without a look at this script
  event.waitUntil(keepRelease());
});

worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(dropOldReleases()));

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && (pathname === DOCUMENT || release.screens.includes(pathname.split("/")[1]))) event.respondWith(page(request));
});

worker.addEventListener("push", (/** @type {any} */ event) => {
  const { id, title, body, url, occurred_at: at } = event.data.json();
  event.waitUntil(worker.registration.showNotification(title, { body, tag: id, timestamp: Date.parse(at), icon: release.files.find((file) => file.endsWith("icon-192.png")), data: { url } }));
});

worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(subscribeAgain(event)));

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.url ?? "/inbox", location.origin)));
});

/** Keep all files of the release, or none: files of two releases never make one page. */
async function keepRelease() {
  const document = await fetch(DOCUMENT, { cache: "no-cache" });
  if (!(await document.clone().text()).includes(`/assets/${release.digest}/`)) throw new Error("The document is of another release.");
  const cache = await caches.open(CACHE);
  await cache.addAll(release.files.filter((file) => !file.includes("/words/") || file.endsWith(WORDS)));
  await cache.put(DOCUMENT, document);
  await worker.skipWaiting();
}

async function dropOldReleases() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(names.slice(0, Math.max(0, names.length + 1 - KEPT_RELEASES)).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The file of the release that its address names. @param {Request} request */
const asset = async (request) => (await caches.match(request)) ?? fetch(request);

/** The page as the server has it; without the network, as it was kept. @param {Request} request */
async function page(request) {
  const kept = async () => (await caches.open(CACHE)).match(DOCUMENT);
  try {
    const answer = await fetch(request);
    return answer.status < 500 ? answer : (await kept()) ?? answer;
  } catch (error) {
    const document = await kept();
    if (document) return document;
    throw error;
  }
}

/** The push service ended a subscription: get another. A page tells the API of it, one that is open at once, or the next. @param {any} event */
async function subscribeAgain({ oldSubscription, newSubscription }) {
  if (!newSubscription && oldSubscription) await worker.registration.pushManager.subscribe(oldSubscription.options);
  for (const client of await worker.clients.matchAll()) client.postMessage(null);
}

/** Show what a notification is about: in a window that is open, or in a new one. @param {URL} address */
async function open(address) {
  const windows = address.origin === location.origin ? await worker.clients.matchAll({ type: "window" }) : [];
  if (!windows.length) return worker.clients.openWindow(address);
  await windows[0].navigate(address);
  return windows[0].focus();
}
