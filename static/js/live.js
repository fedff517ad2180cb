// What happens in the organization, as it happens: a WebSocket, or polling while there is none.

import { backoff, call, pause } from "./api.js";
import { all } from "./dom.js";
import { openSocket } from "./socket.js";
import { approximately, percent, text } from "./text.js";
import { toast } from "./toast.js";

const POLL = 5000;
const REFRESH = 150;
const FINAL = new Set(["completed", "failed", "canceled"]);
// A forecast from less than this share would jump about.
const SHARE_TO_FORECAST = 0.04;

/**
 * @typedef {{type: "job", job: string, media: string, transcript: string | null, sequence: number, status: string,
 *   stage: string | null, progress: number, message: string, at: string}} JobEvent
 * @typedef {{type: "media", media: string, status: string, reason: string | null}} MediaEvent
 */

export class Live {
  /** @param {string} organization */
  constructor(organization) {
    this.organization = organization;
    /** @type {Map<string, JobEvent>} the newest event of each job */
    this.jobs = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.refreshing = undefined;
    this.connected = false;
    this.announced = new Map();
  }

  start() {
    // Lists that come fresh from the server may be older than what we heard since.
    document.body.addEventListener("htmx:afterSwap", () => this.redraw());
    // A job that this page submitted: its end is news even if it is the first that we hear of it.
    document.body.addEventListener("tadwin:job", (event) => this.job(this.asEvent(/** @type {CustomEvent} */ (event).detail)));
    void this.listen();
    void this.poll();
  }

  /** Keeps a connection open, for ever. */
  async listen() {
    for (let attempt = 0; ; attempt += 1) {
      const close = await this.connect(() => (attempt = 0)).catch(() => 0);
      this.markConnected(false);
      // 44xx: we may not listen, and asking again would not change it.
      if (close >= 4400 && close < 4500) return;
      await pause(backoff(Math.min(attempt, 5)));
    }
  }

  /**
   * @param {() => void} opened
   * @returns {Promise<number>} the close code, once the connection has ended
   */
  async connect(opened) {
    const socket = await openSocket("/organization");
    return new Promise((resolve) => {
      socket.addEventListener("message", (message) => {
        const data = JSON.parse(message.data);
        if (data.type === "snapshot") {
          this.markConnected(true);
          opened();
          this.snapshot(data.jobs);
        } else if (data.type === "job") this.job(data);
        else if (data.type === "media") this.media(data);
        else document.dispatchEvent(new CustomEvent("tadwin:live", { detail: data }));
      });
      const say = (/** @type {Event} */ event) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(/** @type {CustomEvent} */ (event).detail));
      };
      document.addEventListener("tadwin:say", say);
      socket.addEventListener("close", (event) => {
        document.removeEventListener("tadwin:say", say);
        resolve(event.code);
      });
    });
  }

  /** Instruments of a page ask by themselves while nothing is told. @param {boolean} on */
  markConnected(on) {
    this.connected = on;
    document.documentElement.dataset.live = on ? "on" : "off";
  }

  /** While the socket is closed, the same is asked for every few seconds. */
  async poll() {
    for (;;) {
      await pause(POLL);
      if (this.connected || document.hidden) continue;
      const answer = await call("/jobs?status=queued&status=processing&limit=200").catch(() => null);
      if (!answer || this.connected) continue;
      this.snapshot(answer.data.map((/** @type {any} */ job) => this.asEvent(job)));
      if (document.querySelector("[data-media]")) this.refresh();
    }
  }

  /** The API's job as an event. A poll carries no sequence; it is as new as the newest that we know. @param {any} job */
  asEvent(job) {
    const sequence = this.jobs.get(job.id)?.sequence ?? 0;
    const message = job.error?.message ?? "";
    return { ...job, type: "job", job: job.id, sequence, message, at: new Date().toISOString() };
  }

  /** All that is active now; what we still show as active, and is not in it, has ended. @param {JobEvent[]} events */
  snapshot(events) {
    const active = new Set(events.map((event) => event.job));
    for (const event of events) this.job(event);
    const shown = all(document, "[data-job]").filter((element) => element.querySelector("[data-progress]"));
    const open = [...this.jobs.values()].filter((event) => !FINAL.has(event.status)).map((event) => event.job);
    for (const id of new Set([...open, ...shown.map((element) => element.dataset.job ?? "")])) {
      if (!active.has(id)) void this.ask(id);
    }
  }

  /** How a job stands that is not active any more; one that was deleted leaves the lists. @param {string} id */
  async ask(id) {
    const before = this.jobs.get(id)?.sequence;
    const job = await call(`/jobs/${id}`).catch((error) => (error.status === 404 ? null : undefined));
    // News that came while we asked is newer than the answer.
    if (this.jobs.get(id)?.sequence !== before) return;
    if (job) this.job(this.asEvent(job));
    if (job !== null) return;
    this.jobs.delete(id);
    this.refresh();
  }

  /** @param {JobEvent} event */
  job(event) {
    const known = this.jobs.get(event.job);
    if (known && known.sequence > event.sequence) return;
    this.jobs.set(event.job, event);
    const shown = all(document, `[data-job="${event.job}"]`);
    for (const element of shown) this.draw(element, event);
    if (!shown.length || known?.status !== event.status) this.refresh();
    if (FINAL.has(event.status) && known?.status !== event.status) void this.tell(event, shown[0]);
  }

  /** @param {MediaEvent} event */
  media(event) {
    const waiting = document.querySelector(`[data-reload][data-media="${event.media}"]`);
    if (waiting && !["uploading", "probing"].includes(event.status)) location.reload();
    else this.refresh();
  }

  redraw() {
    for (const event of this.jobs.values()) {
      for (const element of all(document, `[data-job="${event.job}"]`)) {
        if (Number(element.dataset.sequence ?? Infinity) < event.sequence) this.draw(element, event);
      }
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {JobEvent} event
   */
  draw(element, event) {
    if (element.dataset.sequence) element.dataset.sequence = String(event.sequence);
    const bar = element.querySelector("[data-progress]");
    if (bar instanceof HTMLProgressElement) bar.value = event.progress;
    write(element, "[data-percent]", percent(event.progress));
    write(element, "[data-stage]", event.stage ? text(`stage.${event.stage}`) : "");
    write(element, "[data-left]", this.left(element, event));
    const badge = element.querySelector("[data-status]");
    if (badge) {
      badge.className = `badge badge-${event.status}`;
      badge.textContent = text(`status.${event.status}`);
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {JobEvent} event
   */
  left(element, event) {
    if (event.status !== "processing") return "";
    element.dataset.started ??= event.at;
    if (event.progress < SHARE_TO_FORECAST) return "";
    const elapsed = (Date.parse(event.at) - Date.parse(element.dataset.started)) / 1000;
    return text("live.left", { time: approximately((elapsed * (1 - event.progress)) / event.progress) });
  }

  /** Ask the server for the lists again; several news in a row ask once. */
  refresh() {
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => document.body.dispatchEvent(new CustomEvent("tadwin:refresh")), REFRESH);
  }

  /**
   * @param {JobEvent} event
   * @param {HTMLElement | undefined} element
   */
  async tell(event, element) {
    if (event.status === "canceled") return;
    const name = element?.dataset.name ?? (await call(`/media/${event.media}`).catch(() => null))?.name ?? "";
    if (event.status === "failed") {
      toast(text("live.failed", { name, reason: event.message }), "error");
      return;
    }
    const home = `/o/${encodeURIComponent(this.organization)}`;
    const href = event.transcript ? `${home}/transcripts/${event.transcript}` : `${home}/recordings/${event.media}`;
    toast(text("live.completed", { name }), "success", { label: text("live.open"), href });
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} selector
 * @param {string} words
 */
function write(element, selector, words) {
  const place = element.querySelector(selector);
  if (place && place.textContent !== words) place.textContent = words;
}
