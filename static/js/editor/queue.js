// Changes on their way to the server: one after the other, tried again while the connection is away, never written over
// what somebody else changed.

import { ApiError, backoff, call, pause } from "../api.js";
import { state } from "./state.js";

/**
 * @typedef {{
 *   id?: string, kind: "text" | "patch" | "split" | "merge" | "insert" | "delete" | "undo" | "redo" | "call",
 *   line?: string, other?: string, born?: string, version?: number, saved?: string, start?: number,
 *   method?: string, path?: string, body?: Record<string, any>, before?: Shown[], after?: Shown[]
 * }} Change
 *   `line`, `other`, `born`: keys of lines (`born` is made by it); `version`: what it changes; `saved`: the text it was typed over.
 *   `before`, `after`: its lines as they were shown, by which it is taken back and done again as long as it has not left.
 * @typedef {{key: string, segment: import("./model.js").Segment}} Shown
 * @typedef {{operation: {number: number, kind: string} | null, version: number, segments: import("./model.js").Segment[], removed: string[],
 *   speakers: import("./model.js").Speaker[] | null, truncated: boolean}} Answer
 *   `truncated`: too many lines changed to be told, they are read again.
 */

/** Events: "state"; "answer" {change, answer, before}; "refused" {change, error}. */
export class Queue extends EventTarget {
  /**
   * @param {import("./model.js").Model} model
   * @param {import("./history.js").History} history
   */
  constructor(model, history) {
    super();
    this.model = model;
    this.history = history;
    /** @type {Change[]} */
    this.changes = [];
    /** @type {Change[]} taken back before they left; the last can be done again */
    this.recalled = [];
    /** @type {Change | undefined} the one on its way */
    this.asked = undefined;
    this.sending = false;
    this.offline = false;
    /** @type {Map<string, {id: string, version: number}>} lines that are not on the page but still have changes waiting */
    this.known = new Map();
    /** @type {(() => void)[]} */
    this.waiters = [];
  }

  /** @param {Change} change */
  push(change) {
    if (!isTurn(change)) this.forget();
    this.add(change);
  }

  /** Something new was done: what was undone before it is not done again. */
  forget() {
    this.recalled = [];
    this.history.forget();
  }

  /** @param {Change} change */
  add(change) {
    // So that a request whose answer got lost does its work once.
    change.id ??= Math.random().toString(36).slice(2) + Date.now().toString(36);
    if (!this.joins(change)) {
      this.changes.push(change);
      this.count(change, 1);
    }
    this.news();
    void this.send();
  }

  /** Text typed after text that still waits is one change. @param {Change} change */
  joins(change) {
    const last = this.changes.at(-1);
    if (!last || last === this.asked || change.kind !== "text" || last.kind !== "text" || last.line !== change.line) return false;
    Object.assign(last, { body: change.body ?? {}, after: change.after });
    return true;
  }

  /** @param {Change} change @param {1 | -1} by */
  count(change, by) {
    for (const key of [change.line, change.other, change.born]) {
      const line = key ? this.model.lines.get(key) : undefined;
      if (line) line.waiting = Math.max(0, line.waiting + by);
    }
  }

  /** Once everything that waits has been answered. @returns {Promise<void>} */
  settled() {
    if (!this.changes.length) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Whether there is something to undo or to redo. @param {"undo" | "redo"} way */
  can(way) {
    const waits = this.changes.some((change) => (way === "undo" ? !isTurn(change) : change.kind === "undo"));
    return waits || (way === "undo" ? this.history.done : [...this.history.undone, ...this.recalled]).length > 0;
  }

  /** An undo that still waits is redone by not asking for it, and the other way round. @param {"undo" | "redo"} way */
  cancel(way) {
    return this.takeLast((last) => last.kind === way) !== undefined;
  }

  /** Takes the last change back, if it has not left yet. @returns {Change | undefined} */
  recall() {
    const last = this.takeLast((change) => change.before !== undefined);
    if (last) this.recalled.push(last);
    return last;
  }

  /** Does again what was taken back last, if that never left. @returns {Change | undefined} */
  repeat() {
    // What the server undid was undone after it.
    const change = this.history.undone.length ? undefined : this.recalled.pop();
    if (change) this.add(change);
    return change;
  }

  /** @param {(last: Change) => boolean} fits @returns {Change | undefined} */
  takeLast(fits) {
    const last = this.changes.at(-1);
    if (!last || last === this.asked || !fits(last)) return undefined;
    this.changes.pop();
    this.count(last, -1);
    this.news();
    return last;
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    for (let attempt = 0; this.changes.length && !state.locked; ) {
      const change = /** @type {Change} */ (this.changes[0]);
      try {
        this.asked = change;
        const answer = await this.ask(change).finally(() => (this.asked = undefined));
        attempt = 0;
        this.offline = false;
        this.leave(change);
        if (answer) this.done(change, answer);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.passing) {
          this.offline = true;
          this.news();
          await pause(backoff(Math.min(attempt, 4)));
          attempt += 1;
        } else {
          this.offline = false;
          this.leave(change);
          this.dispatchEvent(new CustomEvent("refused", { detail: { change, error } }));
        }
      }
      this.news();
    }
    this.sending = false;
    // With nothing left to send there is nothing to be offline for: news of others are asked for again.
    this.offline &&= this.changes.length > 0;
    this.news();
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** @param {Change} change */
  leave(change) {
    const at = this.changes.indexOf(change);
    if (at < 0) return;
    this.changes.splice(at, 1);
    this.count(change, -1);
  }

  /** @param {Change} change @param {Answer} answer */
  done(change, answer) {
    const before = state.version;
    state.version = Math.max(state.version, answer.version);
    const number = answer.operation?.number;
    if (number === undefined) this.history.changed();
    else if (change.kind === "undo") this.history.undid(number);
    else if (change.kind === "redo") this.history.redid(number);
    else this.history.did(number);
    this.rebase(change, answer);
    this.dispatchEvent(new CustomEvent("answer", { detail: { change, answer, before } }));
  }

  /** What waits behind a change of ours was made over its outcome. @param {Change} change @param {Answer} answer */
  rebase(change, answer) {
    const born = change.born ? newborn(change, answer, this.idOf(change.line)) : undefined;
    if (change.born && born) this.known.set(change.born, { id: born.id, version: born.version });
    for (const segment of answer.segments) {
      const key = segment === born ? change.born : this.keyOf(segment.id);
      for (const waiting of [...this.changes, ...this.recalled]) {
        if (waiting.other === key) waiting.body = { ...waiting.body, with_version: segment.version };
        if (waiting.line !== key) continue;
        waiting.version = segment.version;
        if (waiting.kind === "text") waiting.saved = segment.text;
      }
      if (key && this.known.has(key)) this.known.set(key, { id: segment.id, version: segment.version });
    }
  }

  /** @param {string} id */
  keyOf(id) {
    for (const [key, one] of this.known) if (one.id === id) return key;
    return this.model.keys.get(id) ?? id;
  }

  /** The server's id of a line; one made here may have got it meanwhile. @param {string | undefined} key */
  idOf(key) {
    return this.known.get(key ?? "")?.id ?? this.model.lines.get(key ?? "")?.id ?? key ?? "";
  }

  /** @param {Change} change */
  versionOf(change) {
    return change.version || this.known.get(change.line ?? "")?.version || this.model.lines.get(change.line ?? "")?.version;
  }

  /** @param {Change} change @returns {Promise<Answer | null>} */
  ask(change) {
    const home = `/transcripts/${state.transcript}`;
    const own = `${home}/segments/${this.idOf(change.line)}`;
    const match = this.versionOf(change);
    const body = change.body ?? {};
    const key = change.id ?? "";
    if (change.kind === "text" || change.kind === "patch") return call(own, { method: "PATCH", body, match });
    if (change.kind === "delete") return call(own, { method: "DELETE", match });
    if (change.kind === "split") return call(`${own}/split`, { body, match, key });
    if (change.kind === "merge") return call(`${own}/merge`, { body: this.second(change), match, key });
    if (change.kind === "insert") return call(`${home}/segments`, { body: { ...body, after: this.idOf(change.line) || null }, key });
    if (change.kind === "undo" || change.kind === "redo") return this.turn(change.kind, home);
    return call(home + change.path, { method: change.method ?? "POST", body, key });
  }

  /** @param {Change} change */
  second(change) {
    const other = { ...change, line: change.other ?? "", version: change.body?.with_version ?? 0 };
    return { with: this.idOf(change.other), with_version: this.versionOf(other) };
  }

  /** @param {"undo" | "redo"} way @param {string} home */
  async turn(way, home) {
    const number = this.history.take(way);
    if (number === undefined) return null;
    try {
      return await call(`${home}/operations/${number}/undo`, { body: {} });
    } catch (error) {
      if (error instanceof ApiError && error.passing) this.history.giveBack(way, number);
      throw error;
    }
  }

  news() {
    this.dispatchEvent(new Event("state"));
  }
}

/** @param {Change} change */
function isTurn({ kind }) {
  return kind === "undo" || kind === "redo";
}

/**
 * The line that a change made: the one in its answer that is not the one it began with.
 * @param {Change} change
 * @param {Answer} answer
 * @param {string} first id
 */
export function newborn(change, answer, first) {
  return change.born ? answer.segments.find((segment) => segment.id !== first) : undefined;
}
