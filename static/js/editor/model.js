// The lines that the page knows, as the server has them and as they read here.

import { text } from "../text.js";

/**
 * @typedef {{text: string, start: number, end: number, confidence: number | null, interpolated: boolean}} Word
 * @typedef {{type: string, reason: string, hidden?: boolean}} Flag
 * @typedef {{id: string, index: number, version: number, start: number, end: number, speaker: string | null, text: string,
 *   confidence: number | null, flags: Flag[], edited: boolean, language?: string | null, words?: Word[]}} Segment
 * @typedef {{id: string, label: string, name: string, colour?: number | null}} Speaker
 */

const COLOURS = 8;

/** What people read: the name they gave, else "Speaker 1" for S1. @param {Speaker} speaker */
export function shownName({ name, label }) {
  const number = /^S(\d+)$/.exec(label)?.[1];
  return name || (number ? text("speakers.unnamed", { number }) : label);
}

/** One line. `saved` is the text that the server has, `text` the one that reads here; `base` the version it was typed over. */
export class Line {
  /** @param {Segment} segment */
  constructor(segment) {
    /** @type {string} stays the same when a line made here gets its id from the server */
    this.key = segment.id;
    this.id = segment.id;
    this.index = segment.index;
    this.version = segment.version;
    this.start = segment.start;
    this.end = segment.end;
    this.speaker = segment.speaker;
    this.confidence = segment.confidence;
    this.flags = segment.flags;
    this.edited = segment.edited;
    this.language = segment.language ?? null;
    this.saved = segment.text;
    this.text = segment.text;
    this.words = segment.words ?? [];
    /** @type {HTMLElement | null} */
    this.element = null;
    this.waiting = 0;
    this.typed = false;
    /** @type {Segment | null} what somebody else wrote meanwhile */
    this.theirs = null;
  }

  /** The server's line becomes ours. @param {Segment} segment */
  take(segment) {
    this.id = segment.id;
    this.saved = segment.text;
    this.text = segment.text;
    this.words = segment.words ?? [];
    this.takeRest(segment);
  }

  /** All but the text, which somebody is typing. @param {Segment} segment */
  takeRest(segment) {
    this.id = segment.id;
    this.index = segment.index;
    this.version = segment.version;
    this.start = segment.start;
    this.end = segment.end;
    this.speaker = segment.speaker;
    this.confidence = segment.confidence;
    this.flags = segment.flags;
    this.edited = segment.edited;
    this.language = segment.language ?? null;
  }

  /** Something of it is not on the server yet. */
  get pending() {
    return this.typed || this.waiting > 0 || this.theirs !== null;
  }

  /** @returns {Segment} */
  get segment() {
    const { id, index, version, start, end, speaker, text, words, confidence, flags, edited, language } = this;
    return { id, index, version, start, end, speaker, text, words, confidence, flags, edited, language };
  }
}

export class Model {
  constructor() {
    /** @type {Map<string, Line>} by key */
    this.lines = new Map();
    /** @type {Map<string, string>} the id that a line made here got -> its key */
    this.keys = new Map();
    /** @type {Map<string, Speaker & {colour: number}>} */
    this.speakers = new Map();
  }

  /** @param {Speaker[]} speakers all of them, in their order */
  setSpeakers(speakers) {
    this.speakers = new Map(speakers.map((one, at) => [one.id, { ...one, colour: one.colour || (at % COLOURS) + 1 }]));
  }

  /** @param {string | null} id */
  speakerName(id) {
    const known = id ? this.speakers.get(id) : undefined;
    return known ? shownName(known) : "";
  }

  /** @param {string} id of the server @returns {Line | undefined} */
  byId(id) {
    return this.lines.get(this.keys.get(id) ?? id);
  }

  /** @param {Element | null | undefined} element the line's, or one in it @returns {Line | undefined} */
  of(element) {
    const holder = element?.closest(".line");
    return holder instanceof HTMLElement ? this.lines.get(holder.dataset.key ?? "") : undefined;
  }

  /** @param {Line} line */
  add(line) {
    this.lines.set(line.key, line);
    return line;
  }

  /** A line that was here before, under its old key. @param {string} key @param {Segment} segment */
  revive(key, segment) {
    const line = new Line(segment);
    line.key = key;
    if (line.id !== key) this.keys.set(line.id, key);
    return this.add(line);
  }

  /** A line made here is known to the server now. @param {Line} line @param {Segment} segment */
  name(line, segment) {
    this.keys.set(segment.id, line.key);
    line.id = segment.id;
    if (line.element) line.element.dataset.segment = segment.id;
  }

  /** @param {Line} line */
  forget(line) {
    this.lines.delete(line.key);
  }
}

/**
 * The text cut at its words: [text, word or null]. A word that the text does not have is passed over.
 * @param {string} text
 * @param {Word[]} words
 * @returns {[string, Word | null][]}
 */
export function pieces(text, words) {
  /** @type {[string, Word | null][]} */
  const found = [];
  let at = 0;
  for (const word of words) {
    const wanted = word.text.trim();
    const place = wanted ? text.indexOf(wanted, at) : -1;
    if (place < 0) continue;
    if (place > at) found.push([text.slice(at, place), null]);
    at = place + wanted.length;
    found.push([wanted, word]);
  }
  if (at < text.length) found.push([text.slice(at), null]);
  return found;
}

/**
 * Both halves of a line that is cut, as the server will make them: words go where they stand.
 * @param {Segment} segment
 * @param {number} at characters
 * @returns {[Segment, Segment]}
 */
export function cut(segment, at) {
  let place = 0;
  let left = 0;
  for (const [text, word] of pieces(segment.text, segment.words ?? [])) {
    place += text.length;
    if (word && place <= at) left += 1;
  }
  const words = segment.words ?? [];
  const [first, second] = [words.slice(0, left), words.slice(left)];
  const share = segment.text.length ? at / segment.text.length : 0.5;
  const moment = second[0]?.start ?? segment.start + (segment.end - segment.start) * share;
  const middle = Math.min(Math.max(moment, segment.start), segment.end);
  return [
    { ...segment, text: segment.text.slice(0, at).trim(), words: first, end: Math.min(middle, first.at(-1)?.end ?? middle) },
    { ...segment, id: "", text: segment.text.slice(at).trim(), words: second, start: middle },
  ];
}
