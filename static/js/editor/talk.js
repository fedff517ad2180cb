// What the talk tells: the words said most often, questions, long pauses, and how much of the text is doubtful.

import { call } from "../api.js";
import { one } from "../dom.js";
import { clock, percent, text } from "../text.js";
import { hear, state } from "./state.js";

const LATER = 1500;

/**
 * @typedef {{text: string, count: number}} Keyword
 * @typedef {{segment: string, start: number, text: string}} Question
 * @typedef {{start: number, end: number}} Pause
 * @typedef {{words_per_minute: number | null, confidence: number | null, keywords: Keyword[], doubts: {places: number},
 *   questions: {count: number, data: Question[]}, pauses: {count: number, seconds: number, longest: Pause[]}}} Metrics
 */

export class Talk {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("../player.js").Player} player
   * @param {import("./find.js").Find} find
   */
  constructor(editor, player, find) {
    this.editor = editor;
    this.player = player;
    this.find = find;
    this.panel = one(document, "#talk", HTMLDetailsElement);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    this.panel.hidden = false;
    this.panel.addEventListener("toggle", () => this.panel.open && void this.load());
    hear("changed", () => {
      clearTimeout(this.timer);
      if (this.panel.open) this.timer = setTimeout(() => void this.load(), LATER);
    });
  }

  async load() {
    /** @type {Metrics | null} */
    const found = await call(`/transcripts/${state.transcript}/metrics`).catch(() => null);
    if (found) this.draw(found);
  }

  /** @param {Metrics} found */
  draw({ keywords, questions, pauses, ...figures }) {
    this.section("[data-keywords]", "", keywords.map((word) => this.keyword(word)));
    const asked = questions.data.map((question) => this.place(question.start, question.text, question.segment));
    this.section("[data-questions]", text("talk.questions", { count: questions.count }), asked);
    const silent = pauses.longest.map(({ start, end }) => this.place(start, text("talk.seconds", { count: Math.round(end - start) })));
    this.section("[data-pauses]", text("talk.pauses", { count: pauses.count, time: clock(Math.round(pauses.seconds)) }), silent);
    one(this.panel, "[data-figures]", HTMLElement).textContent = facts(figures);
  }

  /** @param {string} name @param {string} title @param {HTMLElement[]} items */
  section(name, title, items) {
    const section = one(this.panel, name, HTMLElement);
    section.hidden = !items.length;
    if (title) one(section, "h3", HTMLElement).textContent = title;
    one(section, "ul", HTMLElement).replaceChildren(...items);
  }

  /** @param {Keyword} word */
  keyword(word) {
    const { item, button } = entry("tag", "", word.text);
    button.append(" ", element("span", "muted numbers", String(word.count)));
    button.addEventListener("click", () => this.find.open({ words: word.text }));
    return item;
  }

  /** A moment to go to, with the line where there is one. @param {number} start @param {string} words @param {string} [segment] */
  place(start, words, segment) {
    const { item, button } = entry("talk-place", clock(start), words);
    button.addEventListener("click", () => {
      this.player.seek(start);
      if (segment) void this.editor.showId(segment);
    });
    return item;
  }
}

/** @param {Pick<Metrics, "words_per_minute" | "confidence" | "doubts">} figures */
function facts({ words_per_minute, confidence, doubts }) {
  const words = [];
  if (words_per_minute) words.push(text("speakers.pace", { count: Math.round(words_per_minute) }));
  if (confidence !== null) words.push(text("talk.confidence", { share: percent(confidence) }));
  words.push(text("talk.doubts", { count: doubts.places }));
  return words.join(" · ");
}

/** A button in a list's item. @param {string} style @param {string} time @param {string} words */
function entry(style, time, words) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = style;
  if (time) button.append(element("span", "muted numbers", time), " ");
  const said = element("span", "", words);
  said.dir = "auto";
  button.append(said);
  item.append(button);
  return { item, button };
}

/** @param {string} name @param {string} style @param {string} words */
function element(name, style, words) {
  const made = document.createElement(name);
  made.className = style;
  made.textContent = words;
  return made;
}
