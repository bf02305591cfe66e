// Calls the public API. The access token is in memory alone; the session cookie renews it.

const ROOT = "/api/v1";
const RENEW_EARLY_MS = 30_000;

/** A refusal of the API: an RFC 9457 problem document. */
export class Problem extends Error {
  /** @param {number} status @param {any} body @param {Headers} headers */
  constructor(status, body, headers) {
    super(body?.detail ?? body?.title ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
    this.retryAfterMs = 1000 * (Number(headers.get("Retry-After")) || 0);
  }
  /** The name of the problem type, such as "task-deleted". */
  get kind() {
    return String(this.body.type ?? "").split("/").pop() ?? "";
  }
  /** Whether the same request may succeed later without a change. */
  get passes() {
    if (this.kind === "day-quota-exceeded") return false;
    return this.status === 429 || this.status === 503 || this.status === 504 || this.kind === "request-in-flight";
  }
}

/** No answer came: the network or the server is away. What was asked may have been done. */
export class Unreachable extends Error {}

/** Whether the server is away, or cannot answer now: it did not refuse anything. @param {unknown} error */
export const isAway = (error) => !(error instanceof Problem) || error.status >= 500;

/** @typedef {{status: number, body: any, headers: Headers, position: number}} Answer */

/** @type {{token: string, until: number, account: string} | null} */
let access = null;
/** @type {Promise<void> | null} */
let renewing = null;
/** Called when the session has ended. */
let ended = () => {};

/** @param {() => void} act */
export function whenEnded(act) {
  ended = act;
}

/** The id of the account that the token in memory is of, or null. */
export const accountOfToken = () => access?.account ?? null;

/** Forget the token. */
export function forget() {
  access = null;
}

/** Whose token the next renewal must give: without the network, nobody has one. @param {string} account */
export function expect(account) {
  access = { token: "", until: 0, account };
}

/** @param {any} tokens the answer of a login or a renewal */
export function remember(tokens) {
  const [, payload] = tokens.access_token.split(".");
  const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  access = {
    token: tokens.access_token,
    until: Date.now() + 1000 * tokens.expires_in - RENEW_EARLY_MS,
    account: claims.sub,
  };
}

/**
 * Get a fresh access token by the session cookie. The tabs of a browser take turns, because each
 * token of the cookie works once.
 * @throws {Problem} the session has ended
 * @throws {Unreachable}
 */
export function renew() {
  renewing ??= navigator.locks.request("annals-renewal", async () => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const tokens = (await send("POST", "/auth/refresh", { body: {}, anonymous: true })).body;
        const before = access?.account;
        remember(tokens);
        if (before && before !== access?.account) throw new Problem(401, { type: "/problems/session-ended" }, new Headers());
        return;
      } catch (error) {
        if (error instanceof Problem && error.status === 409 && attempt < 5) continue;
        if (error instanceof Problem && (error.status === 401 || error.status === 403)) ended();
        throw error;
      }
    }
  }).finally(() => { renewing = null; });
  return renewing;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {{body?: any, headers?: Record<string, string>, anonymous?: boolean, signal?: AbortSignal, file?: boolean}} [options]
 *   `anonymous`: without a token; `file`: the body of the answer is a Blob
 * @returns {Promise<Answer>}
 * @throws {Problem} the API refuses it
 * @throws {Unreachable} no answer came
 */
export async function call(method, path, options = {}) {
  if (options.anonymous) return send(method, path, options);
  if (!access || Date.now() > access.until) await renew();
  try {
    return await send(method, path, options);
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401)) throw error;
    await renew();
    return send(method, path, options);
  }
}

/** @param {string} path @param {Record<string, string>} [headers] @param {AbortSignal} [signal] */
export const get = (path, headers, signal) => call("GET", path, { headers, signal });

/** @param {string} method @param {string} path @param {{body?: any, headers?: Record<string, string>, anonymous?: boolean, signal?: AbortSignal, file?: boolean}} options @returns {Promise<Answer>} */
async function send(method, path, { body, headers = {}, anonymous, signal, file }) {
  /** @type {Response} */
  let answer;
  let read = null;
  try {
    answer = await fetch(ROOT + path, {
      method,
      signal,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(anonymous || !access ? {} : { Authorization: `Bearer ${access.token}` }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (file && answer.ok) read = await answer.blob();
    else read = JSON.parse((await answer.text()) || "null");
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(String(error));
  }
  if (!answer.ok) throw new Problem(answer.status, read, answer.headers);
  return { status: answer.status, body: read, headers: answer.headers, position: Number(answer.headers.get("Annals-Position") ?? 0) };
}
