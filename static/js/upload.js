// One file on its way into storage: resumable, and stubborn about lost connections. No page knowledge in here.

import { ApiError, backoff, call, pause } from "./api.js";
import { keep, recallJson } from "./memory.js";

const MEMORY = "tadwin.uploads";
const PARTS_AT_ONCE = 3;
const SPEED_WINDOW = 5000;
const NEW_ADDRESS = new Set([400, 403]);

/**
 * @typedef {"waiting" | "preparing" | "sending" | "paused" | "offline" | "finishing" | "done" | "stored" | "failed" | "canceled"} State
 * @typedef {{upload: string, media: string, name: string, at: number}} Remembered
 * @typedef {{number: number, url: string}} Part
 * @typedef {{id: string, strategy: "single" | "multipart", status?: string, url?: string, headers?: Record<string, string>,
 *   part_size: number, parts?: Part[], received?: {number: number, size: number}[]}} Instructions
 */

/** @returns {Record<string, Remembered>} by fingerprint */
export function remembered() {
  return recallJson(MEMORY);
}

/**
 * @param {string} fingerprint
 * @param {Remembered | null} what
 */
export function remember(fingerprint, what) {
  const known = remembered();
  if (what) known[fingerprint] = what;
  else delete known[fingerprint];
  keep(MEMORY, JSON.stringify(known));
}

export class Upload extends EventTarget {
  /**
   * @param {File} file
   * @param {{organization: string, project: string | null, job: Record<string, unknown> | null}} wishes
   *   `job`: options of the job to submit when the file has arrived; null for none
   */
  constructor(file, wishes) {
    super();
    this.file = file;
    this.wishes = wishes;
    this.fingerprint = [wishes.organization, file.name, file.size, file.lastModified].join("|");
    /** @type {State} */
    this.state = "waiting";
    this.reason = "";
    this.retryAt = 0;
    this.resumed = false;
    /** @type {Map<number, number>} bytes on their way or arrived, by part */
    this.bytes = new Map();
    /** @type {{at: number, bytes: number}[]} */
    this.samples = [];
    this.abort = new AbortController();
    /** @type {{upload: string, media: string} | null} */
    this.session = null;
    /** @type {unknown} the job as the API answered it */
    this.job = null;
  }

  get sent() {
    return Math.min(this.file.size, [...this.bytes.values()].reduce((sum, bytes) => sum + bytes, 0));
  }

  /** Bytes a second over the last seconds; 0 while there is no saying. */
  get speed() {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at - first.at < 500) return 0;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at));
  }

  get active() {
    return ["preparing", "sending", "offline", "finishing"].includes(this.state);
  }

  /** Goes on where it stopped, and ends in "done", "stored", "paused", "failed" or "canceled". Never throws. */
  async run() {
    if (this.active) return;
    const abort = new AbortController();
    this.abort = abort;
    this.samples = [];
    this.become("preparing");
    try {
      const instructions = await this.patiently(() => this.open());
      if (instructions) await this.send(instructions);
      this.become("finishing");
      await this.finish();
    } catch (error) {
      if (abort.signal.aborted) return;
      // The other parts stop too: one that goes on would make a failed upload look as if it were sending.
      abort.abort();
      this.reason = error instanceof Error ? error.message : String(error);
      this.become("failed");
    }
  }

  /** Stops sending; what has arrived stays where it is. */
  pause() {
    if (!this.active) return;
    this.become("paused");
    this.abort.abort();
  }

  /** Stops, and has what arrived thrown away. */
  async cancel() {
    this.become("canceled");
    this.abort.abort();
    remember(this.fingerprint, null);
    if (this.session) await call(`/media/uploads/${this.session.upload}/abort`, { body: {} }).catch(() => null);
  }

  /**
   * The upload to go on with: the remembered one if it is still open, else a new one.
   * @returns {Promise<Instructions | null>} null where all bytes have arrived before
   */
  async open() {
    const known = this.session ?? remembered()[this.fingerprint];
    const found = known ? await this.found(known.upload) : null;
    if (found) {
      this.session = { upload: found.upload.id, media: found.media.id };
      this.resumed = true;
      return found.upload.status === "completed" ? null : found.upload;
    }
    const { file, wishes } = this;
    const body = { filename: file.name, size: file.size, content_type: file.type, project: wishes.project };
    const opened = await call("/media/uploads", { body, signal: this.abort.signal });
    this.session = { upload: opened.upload.id, media: opened.media.id };
    remember(this.fingerprint, { ...this.session, name: file.name, at: Date.now() });
    return opened.upload;
  }

  /** @param {string} id */
  async found(id) {
    try {
      const found = await call(`/media/uploads/${id}`, { signal: this.abort.signal });
      return found.upload.status === "aborted" ? null : found;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
      throw error;
    }
  }

  /** @param {Instructions} instructions */
  async send(instructions) {
    this.become("sending");
    if (instructions.strategy === "single") {
      if (!instructions.received?.length) await this.sendWhole(instructions);
      return;
    }
    const { part_size: size } = instructions;
    this.bytes = new Map((instructions.received ?? []).map((part) => [part.number, part.size]));
    const waiting = (instructions.parts ?? []).filter((part) => !this.bytes.has(part.number));
    const lane = async () => {
      for (let part = waiting.shift(); part; part = waiting.shift()) await this.sendPart(part, size);
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, lane));
  }

  /** @param {Instructions} instructions */
  async sendWhole(instructions) {
    await this.patiently(async (attempt) => {
      const fresh = attempt ? (await call(`/media/uploads/${instructions.id}`, { signal: this.abort.signal })).upload : instructions;
      if (fresh.received?.length) return;
      await this.put(fresh.url, this.file, fresh.headers ?? {}, 1);
    });
  }

  /**
   * @param {Part} part
   * @param {number} size
   */
  async sendPart(part, size) {
    const start = (part.number - 1) * size;
    const piece = this.file.slice(start, Math.min(start + size, this.file.size));
    let url = part.url;
    await this.patiently(async (attempt) => {
      if (attempt) url = (await this.address(part.number)) ?? url;
      await this.put(url, piece, {}, part.number);
    });
  }

  /** A fresh signed address: the first may have expired while we waited. @param {number} number */
  async address(number) {
    const session = this.session?.upload;
    const answer = await call(`/media/uploads/${session}?parts=${number}`, { signal: this.abort.signal });
    return answer.upload.parts?.[0]?.url;
  }

  /**
   * One PUT straight to storage. XMLHttpRequest, because fetch does not tell how far a body has come.
   * @param {string} url
   * @param {Blob} body
   * @param {Record<string, string>} headers
   * @param {number} number
   * @returns {Promise<void>}
   */
  put(url, body, headers, number) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const stop = () => request.abort();
      const end = (/** @type {() => void} */ settle) => {
        this.abort.signal.removeEventListener("abort", stop);
        settle();
      };
      const lose = (/** @type {number} */ status) => {
        this.bytes.delete(number);
        end(() => reject(new ApiError("", status, "storage")));
      };
      request.open("PUT", url);
      for (const [name, value] of Object.entries(headers)) {
        if (!/^(content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
      }
      request.upload.addEventListener("progress", (event) => this.count(number, event.loaded));
      request.addEventListener("load", () => {
        if (request.status >= 300) return lose(request.status);
        this.count(number, body.size);
        return end(resolve);
      });
      request.addEventListener("error", () => lose(0));
      request.addEventListener("abort", () => lose(0));
      this.abort.signal.addEventListener("abort", stop);
      request.send(body);
    });
  }

  /**
   * @param {number} number
   * @param {number} bytes
   */
  count(number, bytes) {
    this.bytes.set(number, bytes);
    const at = performance.now();
    this.samples.push({ at, bytes: this.sent });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > SPEED_WINDOW) this.samples.shift();
    this.dispatchEvent(new Event("change"));
  }

  /** Tell the server that all is there, then submit the job. */
  async finish() {
    const session = this.session;
    if (!session) return;
    await this.patiently(() => call(`/media/uploads/${session.upload}/complete`, { body: {}, signal: this.abort.signal }));
    remember(this.fingerprint, null);
    if (!this.wishes.job) return this.become("stored");
    const body = { media: session.media, ...this.wishes.job };
    const submit = () => call("/jobs", { body, key: `upload-${session.upload}`, signal: this.abort.signal });
    this.job = await this.patiently(submit);
    return this.become("done");
  }

  /**
   * Does `work` until it succeeds, with growing pauses, as long as failing is a matter of the connection.
   * @template T
   * @param {(attempt: number) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async patiently(work) {
    const before = this.state;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const result = await work(attempt);
        if (this.state === "offline") this.become(before === "offline" ? "sending" : before);
        return result;
      } catch (error) {
        const lost = error instanceof ApiError && (error.passing || (error.type === "storage" && NEW_ADDRESS.has(error.status) && attempt < 3));
        if (this.abort.signal.aborted || !lost) throw error;
        const delay = backoff(attempt);
        this.retryAt = Date.now() + delay;
        this.become("offline");
        await pause(delay, this.abort.signal);
        if (this.abort.signal.aborted) throw error;
      }
    }
  }

  /** @param {State} state */
  become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
