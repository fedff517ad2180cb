// Other people's changes: fetched when we hear of them, merged line by line; where both changed one line, people decide.

import { call } from "../api.js";
import { one, stamp } from "../dom.js";
import { text } from "../text.js";
import { toast } from "../toast.js";
import { hear, state, tell } from "./state.js";

const POLL = 5000;

/** @typedef {import("./queue.js").Change} Change */

export class Others {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./draft.js").Drafts} drafts
   */
  constructor(editor, drafts) {
    this.editor = editor;
    this.drafts = drafts;
    /** What is asked for now: the next question waits for its answer, and may have it in there. */
    this.asked = Promise.resolve();
    this.asking = false;
  }

  start() {
    hear("live", (news) => {
      if (news.transcript !== state.transcript) return;
      if (news.type === "transcript.changed") void this.catchUp(news.version);
      if (news.type === "transcript.status") tell("lock", { locked: Boolean(news.locked) });
    });
    hear("behind", ({ since }) => void this.fetch(since));
    this.editor.queue.addEventListener("refused", (event) => this.refused(/** @type {CustomEvent} */ (event).detail));
    setInterval(() => void this.poll(), POLL);
  }

  /** While nothing is told to us, we ask. */
  async poll() {
    const told = document.documentElement.dataset.live === "on";
    if (document.hidden || told || this.asking || this.editor.queue.offline) return;
    await this.catchUp(Infinity);
  }

  /** @param {number} version that somebody speaks of */
  async catchUp(version) {
    await this.editor.queue.settled();
    const next = () => (version > state.version ? this.fetch(state.version) : undefined);
    this.asked = this.asked.then(next, next);
    await this.asked;
  }

  /** @param {number} since */
  async fetch(since) {
    this.asking = true;
    const news = await call(`/transcripts/${state.transcript}/changes?since=${since}`).catch(() => null);
    this.asking = false;
    if (!news || (news.version <= state.version && since === state.version)) return;
    state.version = Math.max(state.version, news.version);
    this.editor.apply(news, false);
  }

  // --- Refusals ----------------------------------------------------------------------------------------------------
  /** @param {{change: Change, error: import("../api.js").ApiError}} refusal */
  refused({ change, error }) {
    if (error.type === "transcript_locked") this.locked(change);
    else if (error.type === "undo_conflict") toast(text("editor.undo_conflict"), "warning");
    else if (error.status === 412 && change.kind === "text") void this.clash(change, error.problem.current);
    else if (error.status === 404 && change.kind === "text") toast(text("editor.gone", { text: change.body?.text ?? "" }), "error");
    else {
      toast(error.status === 412 ? text("editor.changed_meanwhile") : error.message, "error");
      // Where an operation failed, what is shown may not be what is.
      void this.editor.blocks.again();
    }
    this.drafts.keep();
  }

  /** @param {Change} change */
  locked(change) {
    this.editor.queue.changes.unshift(change);
    this.editor.queue.count(change, 1);
    tell("lock", { locked: true });
    toast(text("editor.locked"), "error");
  }

  /**
   * The line changed under what was typed. Only if its text did, and not into the same, is there something to ask.
   * @param {Change} change
   * @param {import("./model.js").Segment} current
   */
  async clash(change, current) {
    const mine = change.body?.text ?? "";
    const line = this.editor.model.byId(current.id) ?? (await this.editor.show(current));
    if (!line) return;
    if (current.text === mine) {
      if (!line.typed) line.take(current);
      if (line.element) this.editor.repaint(line);
    } else if (current.text === change.saved) {
      line.takeRest(current);
      this.editor.queue.add({ ...change, line: line.key, version: current.version });
    } else this.ask(line, line.typed ? line.text : mine, current);
  }

  /**
   * @param {import("./model.js").Line} line
   * @param {string} mine
   * @param {import("./model.js").Segment} theirs
   */
  ask(line, mine, theirs) {
    line.theirs = theirs;
    line.text = mine;
    line.typed = false;
    if (!line.element) return;
    line.element.querySelector(".line-conflict")?.remove();
    const box = stamp("line-conflict");
    one(box, "[data-words]", HTMLElement).textContent = text("editor.conflict");
    one(box, "[data-theirs]", HTMLElement).textContent = theirs.text;
    one(box, "[data-mine]", HTMLButtonElement).addEventListener("click", () => this.decide(line, box, mine));
    one(box, "[data-take]", HTMLButtonElement).addEventListener("click", () => this.decide(line, box, theirs.text));
    line.element.append(box);
    this.drafts.keep();
    this.editor.queue.news();
  }

  /**
   * @param {import("./model.js").Line} line
   * @param {HTMLElement} box
   * @param {string} chosen
   */
  decide(line, box, chosen) {
    const { theirs } = line;
    if (!theirs) return;
    const typed = line.text === theirs.text || chosen === theirs.text ? chosen : line.text;
    line.theirs = null;
    line.take(theirs);
    box.remove();
    if (typed !== theirs.text) {
      line.text = typed;
      line.typed = true;
      this.editor.save(line);
    }
    this.editor.painter.paint(line);
    this.editor.focus(line, line.text.length);
    this.drafts.keep();
    this.editor.queue.news();
  }
}
