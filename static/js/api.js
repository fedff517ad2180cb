// Our own API as the pages call it: the session's cookie, the CSRF token, the organization, and errors in words.

import { meta } from "./dom.js";
import { text } from "./text.js";

export const API = "/api/v1";

/** What went wrong, in words for people. `status` 0 means that the server was not reached. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string} type
   * @param {Record<string, any>} [problem] all that the answer says
   */
  constructor(message, status, type, problem = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.type = type;
    this.problem = problem;
  }

  /** Whether the same request may succeed a little later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @typedef {{method?: string, body?: unknown, key?: string, match?: number | undefined, signal?: AbortSignal}} Options
 *   `key`: an Idempotency-Key, so that a repeated request does its work once.
 *   `match`: the version that is changed, so that nobody else's change is written over.
 */

/**
 * Ask the API. Throws ApiError.
 * @param {string} path below /api/v1
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON of the answer, null for an empty one
 */
export async function call(path, { method, body, key, match, signal } = {}) {
  const verb = method ?? (body === undefined ? "GET" : "POST");
  const init = {
    method: verb,
    headers: { ...headers(verb, body, key), ...(match === undefined ? {} : { "If-Match": `"${match}"` }) },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  };
  const response = await reached(fetch(API + path, init));
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : reached(response.json());
}

/**
 * The line may break before the answer or in the middle of it: both are the same to who asked.
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
async function reached(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(text("error.network"), 0, "network");
  }
}

/**
 * @param {string} verb
 * @param {unknown} body
 * @param {string | undefined} key
 */
function headers(verb, body, key) {
  /** @type {Record<string, string>} */
  const found = { Accept: "application/json", "X-Organization": meta("organization") };
  if (body !== undefined) found["Content-Type"] = "application/json";
  if (verb !== "GET") found["X-CSRFToken"] = meta("csrf-token");
  if (key) found["Idempotency-Key"] = key;
  return found;
}

/**
 * An RFC 9457 problem as an error; fields at fault speak for themselves.
 * @param {Response} response
 */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const fields = Array.isArray(problem.errors) ? problem.errors.map((/** @type {{message: string}} */ one) => one.message) : [];
  const words = response.status === 401 ? text("error.signed_out") : fields.join(" ") || problem.detail || text("error.unexpected");
  return new ApiError(words, response.status, problem.error_type ?? "", problem);
}

/**
 * Waits until it makes sense to try again: `delay`, or less when the browser says that it is online again.
 * @param {number} delay milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(delay, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delay);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    window.addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}

/**
 * 1, 2, 4 … 30 s with a tenth of chance in it, so that many pages do not come back at once.
 * @param {number} attempt from 0
 */
export function backoff(attempt) {
  return Math.min(30_000, 1000 * 2 ** attempt) * (0.9 + Math.random() * 0.2);
}
