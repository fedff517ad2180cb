// Undo and redo: the numbers of our own operations. Undoing is an operation too, and redoing undoes that one.

import { state } from "./state.js";

export class History extends EventTarget {
  constructor() {
    super();
    const kept = JSON.parse(sessionStorage.getItem(this.name) ?? "{}");
    /** @type {number[]} */
    this.done = kept.done ?? [];
    /** @type {number[]} */
    this.undone = kept.undone ?? [];
  }

  get name() {
    return `tadwin.history.${state.user}.${state.transcript}`;
  }

  /** @param {number} number */
  did(number) {
    this.done.push(number);
    this.forget();
  }

  /** What was undone is not done again: something else was done since. */
  forget() {
    this.undone = [];
    this.changed();
  }

  /** @param {number} number of the operation that undid */
  undid(number) {
    this.undone.push(number);
    this.changed();
  }

  /** @param {number} number of the operation that did it again */
  redid(number) {
    this.done.push(number);
    this.changed();
  }

  /** @param {"undo" | "redo"} way @returns {number | undefined} */
  take(way) {
    const number = (way === "undo" ? this.done : this.undone).pop();
    this.changed();
    return number;
  }

  /** One that could not be undone for now. @param {"undo" | "redo"} way @param {number} number */
  giveBack(way, number) {
    (way === "undo" ? this.done : this.undone).push(number);
    this.changed();
  }

  changed() {
    sessionStorage.setItem(this.name, JSON.stringify({ done: this.done, undone: this.undone }));
    this.dispatchEvent(new Event("change"));
  }
}
