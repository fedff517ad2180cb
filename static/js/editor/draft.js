// What is not saved yet, kept by the browser: it survives a crash and an hour without a connection, and is offered back.

import { state } from "./state.js";

const DAYS = 30;
const THROTTLE = 200;

/**
 * @typedef {import("./queue.js").Change} Change
 * @typedef {{changes: Change[], recalled?: Change[]}} Unsaved `recalled`: taken back, and can be done again
 * @typedef {Unsaved & {at: number}} Draft
 */

const tab = tabName();

export class Drafts {
  /** @param {() => Unsaved} unsaved everything that is not on the server, in order */
  constructor(unsaved) {
    this.unsaved = unsaved;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    // SECURITY: drafts are a person's own; who signs in after them in the same browser is not offered them.
    this.prefix = `tadwin.draft.${state.user}.${state.transcript}.`;
    // Held as long as this tab lives, so that no other tab takes its draft for one that was left behind.
    void navigator.locks?.request(`tadwin.tab.${tab}`, () => new Promise(() => {}));
  }

  /** Soon: once for many key presses. */
  keep() {
    this.timer ??= setTimeout(() => this.write(), THROTTLE);
  }

  write() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const unsaved = this.unsaved();
    try {
      if (unsaved.changes.length || unsaved.recalled?.length) localStorage.setItem(this.prefix + tab, JSON.stringify({ at: Date.now(), ...unsaved }));
      else localStorage.removeItem(this.prefix + tab);
    } catch {
      // A full or forbidden store: what is open still saves itself, it only has no second home.
    }
  }

  /** Drafts that nobody is working on any more; those of long ago are thrown away. @returns {Promise<[string, Draft][]>} */
  async left() {
    /** @type {[string, Draft][]} */
    const found = [];
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith("tadwin.draft."))) {
      const draft = parse(localStorage.getItem(key));
      if (!draft || Date.now() - draft.at > DAYS * 86_400_000) localStorage.removeItem(key);
      else if (key.startsWith(this.prefix) && (await this.isFree(key.slice(this.prefix.length)))) found.push([key, draft]);
    }
    return found;
  }

  /** @param {string} owner a tab */
  async isFree(owner) {
    if (owner === tab) return true;
    if (!navigator.locks) return false;
    const { held } = await navigator.locks.query();
    return !held?.some((lock) => lock.name === `tadwin.tab.${owner}`);
  }

  /** What this tab had when it was loaded again. @param {string} key */
  isOwn(key) {
    return key === this.prefix + tab;
  }

  /** @param {string} key */
  discard(key) {
    localStorage.removeItem(key);
  }
}

/** @param {string | null} json @returns {Draft | null} */
function parse(json) {
  try {
    const draft = JSON.parse(json ?? "");
    return Array.isArray(draft.changes) ? draft : null;
  } catch {
    return null;
  }
}

/** A name of this tab that a reload keeps. */
function tabName() {
  const known = sessionStorage.getItem("tadwin.tab");
  const name = known ?? Math.random().toString(36).slice(2);
  sessionStorage.setItem("tadwin.tab", name);
  return name;
}
