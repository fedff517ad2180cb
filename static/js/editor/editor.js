// The editor's verbs. Each shows its outcome at once and leaves a change in the queue; the server's answer has the last word.

import { call } from "../api.js";
import { all, one } from "../dom.js";
import { text } from "../text.js";
import { toast } from "../toast.js";
import { clean, placeCaret, toCharacters } from "./caret.js";
import { Line, cut } from "./model.js";
import { newborn } from "./queue.js";
import { editable, inSight, state, tell } from "./state.js";

// Positions are sparse; a line made here stands in the middle until the server says where.
const GAP = 1024;

/**
 * @typedef {import("./queue.js").Change} Change
 * @typedef {import("./queue.js").Answer} Answer
 * @typedef {import("./queue.js").Shown} Shown
 * @typedef {import("./model.js").Segment} Segment
 */

export class Editor {
  /**
   * @param {import("./model.js").Model} model
   * @param {import("./blocks.js").Blocks} blocks
   * @param {import("./draw.js").Painter} painter
   * @param {import("./queue.js").Queue} queue
   * @param {import("./history.js").History} history
   */
  constructor(model, blocks, painter, queue, history) {
    this.model = model;
    this.blocks = blocks;
    this.painter = painter;
    this.queue = queue;
    this.history = history;
    this.made = 0;
    /** Whether an input method is in the middle of a word; the text must not be touched then. */
    this.composing = false;
    queue.addEventListener("answer", (event) => this.answered(/** @type {CustomEvent} */ (event).detail));
  }

  // --- Typing ------------------------------------------------------------------------------------------------------
  /** What stands in the line now. @param {Line} line @returns {boolean} whether it is new */
  read(line) {
    if (!line.element) return false;
    const now = clean(one(line.element, ".line-text", HTMLElement).textContent ?? "");
    if (now === line.text) return false;
    line.text = now;
    line.typed = now !== line.saved || line.waiting > 0;
    return true;
  }

  /** Sends what was typed. @param {Line} line */
  save(line) {
    if (!line.typed || line.theirs) return;
    line.typed = false;
    this.queue.push(this.typing(line));
  }

  /** @param {Line} line @returns {Change} */
  typing(line) {
    const before = [{ key: line.key, segment: { ...line.segment, text: this.queued(line) ?? line.saved } }];
    const { key, version, saved, start, text } = line;
    return { kind: "text", line: key, version, saved, start, body: { text }, before, after: shown(line) };
  }

  /** The text that waiting changes give the line. @param {Line} line @returns {string | undefined} */
  queued(line) {
    const outcomes = this.queue.changes.flatMap((change) => change.after ?? []);
    return outcomes.filter(({ key }) => key === line.key).at(-1)?.segment.text;
  }

  saveAll() {
    for (const line of this.model.lines.values()) this.save(line);
  }

  /** Everything that the server does not have, in order. @returns {Change[]} */
  unsaved() {
    const open = [...this.model.lines.values()].filter((line) => line.typed || line.theirs);
    return [...this.queue.changes.filter((change) => !["undo", "redo"].includes(change.kind)), ...open.map((line) => this.typing(line))];
  }

  // --- Lines -------------------------------------------------------------------------------------------------------
  /** @param {Line} line @param {number} at characters of its text */
  split(line, at) {
    if (!editable() || line.theirs) return;
    this.read(line);
    if (at <= 0 || at >= line.text.length) return;
    this.save(line);
    const [version, characters, before] = [line.version, toCharacters(line.text, at), shown(line)];
    const [first, second] = cut(line.segment, at);
    const next = this.nextIndex(line);
    Object.assign(line, { text: first.text, words: first.words ?? [], end: first.end });
    const born = this.bear({ ...second, index: (line.index + next) / 2 });
    const ends = { before, after: shown(line, born) };
    this.queue.push({ kind: "split", line: line.key, born: born.key, version, start: line.start, body: { at: characters }, ...ends });
    this.painter.paint(line);
    this.blocks.insert(born);
    this.focus(born, 0);
  }

  /** A line that the server does not know yet. @param {Segment} segment */
  bear(segment) {
    this.made += 1;
    const line = new Line({ ...segment, id: `new-${Date.now()}-${this.made}`, version: 0 });
    line.saved = line.text;
    return this.model.add(line);
  }

  /** @param {Line} line */
  nextIndex(line) {
    const next = this.model.of(line.element?.nextElementSibling);
    return next ? next.index : line.index + GAP;
  }

  /** Joins a line with the one above it. @param {Line} line */
  async mergeUp(line) {
    const above = await this.blocks.beside(line, -1);
    if (!above || !editable() || line.theirs || above.theirs) return;
    for (const one of [line, above]) {
      this.read(one);
      this.save(one);
    }
    const at = above.text.length + 1;
    const before = shown(above, line);
    above.text = clean(`${above.text} ${line.text}`);
    above.words = [...above.words, ...line.words];
    above.end = Math.max(above.end, line.end);
    const [body, ends] = [{ with_version: line.version }, { before, after: shown(above) }];
    this.queue.push({ kind: "merge", line: above.key, other: line.key, version: above.version, start: above.start, body, ...ends });
    this.blocks.remove(line);
    this.painter.paint(above);
    this.focus(above, Math.min(at, above.text.length));
  }

  /** @param {Line} line */
  async insertBelow(line) {
    if (!editable()) return;
    const next = await this.blocks.beside(line, 1);
    const start = line.end;
    const end = next && next.start > start ? Math.min(next.start, start + 2) : Math.min(start + 1, state.duration || start + 1);
    const fields = { id: "", start, end: Math.max(start, end), speaker: line.speaker, text: "", words: [], version: 0 };
    const born = this.bear({ ...fields, index: (line.index + this.nextIndex(line)) / 2, confidence: null, flags: [], edited: true });
    const body = { start, end: fields.end, text: "", speaker: line.speaker };
    this.queue.push({ kind: "insert", line: line.key, born: born.key, start, body, before: [], after: shown(born) });
    this.blocks.insert(born);
    this.focus(born, 0);
  }

  /** @param {Line} line */
  async remove(line) {
    if (!editable()) return;
    const beside = (await this.blocks.beside(line, 1)) ?? (await this.blocks.beside(line, -1));
    line.typed = false;
    const before = [{ key: line.key, segment: { ...line.segment, text: this.queued(line) ?? line.saved } }];
    this.queue.push({ kind: "delete", line: line.key, version: line.version, start: line.start, before, after: [] });
    this.blocks.remove(line);
    if (beside) this.focus(beside, 0);
    toast(text("editor.deleted"));
  }

  /** Times or speaker of one line. @param {Line} line @param {{start?: number, end?: number, speaker?: string | null}} fields */
  patch(line, fields) {
    if (!editable() || line.theirs) return;
    this.read(line);
    this.save(line);
    const [before, { version, start }] = [shown(line), line];
    Object.assign(line, fields);
    this.queue.push({ kind: "patch", line: line.key, version, start, body: fields, before, after: shown(line) });
    this.painter.paint(line);
    const block = line.element && this.blocks.blockOf(line.element);
    if (block) this.blocks.settle(block);
  }

  /**
   * A request that changes more than one line shows itself: its answer says what became of the lines.
   * @param {string} path below the transcript
   * @param {Record<string, any>} body
   * @param {string} [method]
   */
  ask(path, body, method = "POST") {
    if (!editable()) return;
    this.saveAll();
    this.queue.push({ kind: "call", path, body, method });
  }

  /** Whether there is something to undo or to redo. @param {"undo" | "redo"} way */
  can(way) {
    const typed = way === "undo" && [...this.model.lines.values()].some((line) => line.typed);
    return typed || this.queue.can(way);
  }

  /** What still waits here is turned here, and the server asked for the rest. @param {"undo" | "redo"} way */
  turn(way) {
    if (!editable()) return;
    this.saveAll();
    const { queue } = this;
    if (queue.cancel(way === "undo" ? "redo" : "undo")) return;
    const change = way === "undo" ? queue.recall() : queue.repeat();
    if (!change) queue.push({ kind: way });
    else if (way === "undo") this.put(change.before ?? [], change.after ?? []);
    else this.put(change.after ?? [], change.before ?? []);
  }

  /** Shows lines in place of others, most of which are the same. @param {Shown[]} now @param {Shown[]} before */
  put(now, before) {
    const kept = new Set(now.map(({ key }) => key));
    const gone = before.flatMap(({ key }) => (kept.has(key) ? [] : this.model.lines.get(key) ?? []));
    const writing = gone.some((line) => line.element?.contains(document.activeElement));
    for (const line of gone) this.blocks.remove(line);
    const lines = now.map((one) => this.restore(one));
    const first = lines[0];
    if (first && writing) this.focus(first, 0);
    void this.show(first);
  }

  /** @param {Shown} shown @returns {Line} */
  restore({ key, segment }) {
    const { text, words = [], start, end, speaker } = segment;
    const line = this.model.lines.get(key) ?? this.model.revive(key, { ...segment, id: this.queue.idOf(key) });
    Object.assign(line, { text, words, start, end, speaker, typed: false });
    if (!line.element) this.blocks.insert(line);
    else this.repaint(line);
    return line;
  }

  // --- Answers -----------------------------------------------------------------------------------------------------
  /** @param {{change: Change, answer: Answer, before: number}} news */
  answered({ change, answer, before }) {
    const segment = newborn(change, answer, this.queue.idOf(change.line));
    const born = change.born ? this.model.lines.get(change.born) : undefined;
    if (segment && born) this.model.name(born, segment);
    this.apply(answer, true);
    if (change.kind === "undo" || change.kind === "redo") void this.show(answer.segments[0]);
    if (answer.version > before + 1) tell("behind", { since: before });
  }

  /**
   * @param {Omit<Answer, "operation">} news
   * @param {boolean} own whether we asked for it
   */
  apply(news, own) {
    if (news.speakers) this.model.setSpeakers(news.speakers);
    for (const id of news.removed) this.lose(id, own);
    for (const segment of news.segments) this.renew(segment, own);
    if (news.speakers) this.renameAll();
    if (news.truncated) void this.blocks.again();
    tell("changed", { version: news.version, segments: news.segments.map((one) => one.id), speakers: news.speakers !== null });
  }

  /** @param {Segment} segment @param {boolean} own */
  renew(segment, own) {
    const line = this.model.byId(segment.id);
    if (!line) {
      this.blocks.insert(this.model.add(new Line(segment)));
      return;
    }
    // Not ours, and we are in the middle of it: our save will be refused, and then it asks.
    if (line.pending && !own) return;
    const moved = line.index !== segment.index;
    if (line.pending) {
      line.takeRest(segment);
      line.saved = segment.text;
    } else line.take(segment);
    if (line.element && !this.composing) this.repaint(line);
    if (moved && line.element) this.blocks.insert(line);
    const block = line.element && this.blocks.blockOf(line.element);
    if (block) this.blocks.settle(block);
  }

  /** What was typed and not sent stays; the caret stays too. @param {Line} line */
  repaint(line) {
    if (!line.typed) this.painter.paint(line);
  }

  /** @param {string} id @param {boolean} own */
  lose(id, own) {
    const line = this.model.byId(id);
    if (!line) return;
    if (line.pending && !own && line.text !== line.saved) toast(text("editor.gone", { text: line.text }), "warning");
    line.typed = false;
    this.blocks.remove(line);
  }

  renameAll() {
    for (const line of this.model.lines.values()) {
      if (!line.element) continue;
      this.painter.paintSpeaker(line, line.element, this.model.speakerName(line.speaker));
    }
  }

  /** Draws all lines again, as after the lock was opened or closed. */
  unlockAll() {
    for (const line of this.model.lines.values()) {
      if (line.element) this.painter.unlock(line, line.element);
    }
  }

  // --- Where one is ------------------------------------------------------------------------------------------------
  /**
   * @param {Line} line
   * @param {number} start
   * @param {number} [end]
   */
  focus(line, start, end = start) {
    if (!line.element) return;
    const place = one(line.element, ".line-text", HTMLElement);
    const target = place.isContentEditable ? place : one(line.element, ".line-time", HTMLElement);
    target.tabIndex = 0;
    target.focus({ preventScroll: true });
    if (place.isContentEditable) placeCaret(place, start, end);
    if (!inSight(line.element)) line.element.scrollIntoView({ block: "center" });
  }

  /** Brings a line into view. @param {{id: string, start: number} | undefined} segment @returns {Promise<Line | undefined>} */
  async show(segment) {
    if (!segment) return undefined;
    let line = this.model.byId(segment.id);
    if (!line?.element) {
      await this.blocks.at(segment.start);
      line = this.model.byId(segment.id);
    }
    const element = line?.element;
    if (!element) return undefined;
    if (!inSight(element)) element.scrollIntoView({ block: "center" });
    element.classList.remove("line-shown");
    requestAnimationFrame(() => element.classList.add("line-shown"));
    return line;
  }

  /** The same for a line of which only the id is known. @param {string} id */
  async showId(id) {
    const known = this.model.byId(id);
    if (known?.element) return this.show(known);
    return this.show(await call(`/transcripts/${state.transcript}/segments/${id}`).catch(() => undefined));
  }

  /** Lines that are in the page, in order. */
  here() {
    return all(this.blocks.root, ".line").flatMap((element) => this.model.of(element) ?? []);
  }
}

/** Lines as they read now. @param {Line[]} lines @returns {Shown[]} */
function shown(...lines) {
  return lines.map((line) => ({ key: line.key, segment: line.segment }));
}
