// Lines on the page: made from what the model knows, or read from what came with the page.

import { all, one, stamp } from "../dom.js";
import { clock, languageName, text } from "../text.js";
import { caretIn, placeCaret } from "./caret.js";
import { Line, pieces } from "./model.js";
import { editable, state } from "./state.js";

/** Words that are less sure than this are coloured; 0 colours none. */
export const doubt = { below: 0 };

export class Painter {
  /**
   * @param {import("./model.js").Model} model
   * @param {Record<string, string>} reasons the server's sentences in the reader's language
   * @param {boolean} mixed whether lines are in several languages, and say in which
   */
  constructor(model, reasons, mixed) {
    this.model = model;
    this.reasons = reasons;
    this.mixed = mixed;
  }

  /** A line that came with the page. @param {HTMLElement} element @returns {Line} */
  read(element) {
    const { dataset } = element;
    const place = one(element, ".line-text", HTMLElement);
    const words = all(place, ".w").map((word) => ({
      text: word.textContent ?? "",
      start: Number(word.dataset.s),
      end: Number(word.dataset.e),
      confidence: word.dataset.c === undefined ? null : Number(word.dataset.c),
      interpolated: "i" in word.dataset,
    }));
    const flags = all(element, ".line-flag").map(({ dataset: flag }) => ({ type: flag.flag ?? "", reason: flag.reason ?? "" }));
    const line = new Line({
      id: dataset.segment ?? "",
      index: Number(dataset.index),
      version: Number(dataset.version),
      start: Number(dataset.start),
      end: Number(dataset.end),
      speaker: dataset.speaker || null,
      confidence: dataset.confidence === undefined ? null : Number(dataset.confidence),
      edited: "edited" in dataset,
      language: place.lang || null,
      text: place.textContent ?? "",
      words,
      flags,
    });
    line.element = element;
    element.dataset.key = line.key;
    this.paintFlags(line, element);
    this.dress(line, element);
    return line;
  }

  /** @param {Line} line @returns {HTMLElement} */
  draw(line) {
    const element = stamp("line");
    line.element = element;
    element.dataset.key = line.key;
    this.paint(line);
    this.dress(line, element);
    return element;
  }

  /** Everything of a line that may have changed. @param {Line} line */
  paint(line) {
    const { element } = line;
    if (!element) return;
    element.dataset.segment = line.id;
    element.dataset.start = String(line.start);
    element.dataset.end = String(line.end);
    const moment = clock(line.start);
    const name = this.model.speakerName(line.speaker);
    element.setAttribute("aria-label", `${name} ${moment}`.trim());
    const button = one(element, ".line-time", HTMLButtonElement);
    button.textContent = moment;
    button.setAttribute("aria-label", text("transcript.from", { time: moment }));
    this.paintSpeaker(line, element, name);
    this.paintLanguage(line, element);
    this.paintText(line);
    this.paintFlags(line, element);
  }

  /**
   * @param {Line} line
   * @param {HTMLElement} element
   * @param {string} name
   */
  paintSpeaker(line, element, name) {
    const place = one(element, ".line-speaker", HTMLElement);
    const colour = line.speaker ? this.model.speakers.get(line.speaker)?.colour : undefined;
    place.className = `line-speaker${colour ? ` speaker-${colour}` : ""}`;
    place.textContent = name || (place instanceof HTMLButtonElement ? text("editor.no_speaker") : "");
    place.dataset.voice = line.speaker ?? "";
  }

  /**
   * @param {Line} line
   * @param {HTMLElement} element
   */
  paintLanguage(line, element) {
    const place = element.querySelector(".line-language");
    if (!this.mixed || !line.language || !(place instanceof HTMLElement)) return;
    place.hidden = false;
    place.textContent = languageName(line.language);
    one(element, ".line-text", HTMLElement).lang = line.language;
  }

  /** The text with its words; the caret stays where it is. @param {Line} line */
  paintText(line) {
    if (!line.element) return;
    const place = one(line.element, ".line-text", HTMLElement);
    const caret = document.activeElement === place ? caretIn(place) : null;
    place.replaceChildren(...pieces(line.text, line.words).map(([words, word]) => (word ? wordElement(words, word) : words)));
    if (caret) placeCaret(place, caret.start, caret.end);
  }

  /**
   * @param {Line} line
   * @param {HTMLElement} element
   */
  paintFlags(line, element) {
    const held = element.querySelector(".line-flag:focus-within") !== null;
    for (const old of all(element, ".line-flag")) old.remove();
    for (const flag of line.flags) {
      if (flag.hidden) continue;
      const doubted = stamp("line-flag");
      doubted.dataset.flag = flag.type;
      one(doubted, "span", HTMLElement).textContent = this.reasons[flag.reason] ?? flag.reason;
      if (editable()) doubted.append(stamp("flag-hide"));
      element.append(doubted);
    }
    // Who hid a doubt by keyboard goes on with the next one, or with the line.
    const next = held ? (element.querySelector(".flag-hide") ?? element.querySelector(".line-text")) : null;
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  /** Makes a line one that can be worked in: its controls, and whether its text can be changed. @param {Line} line @param {HTMLElement} element */
  dress(line, element) {
    const head = one(element, ".line-head", HTMLElement);
    if (state.canEdit && head.querySelector("span.line-speaker")) {
      const button = document.createElement("button");
      button.type = "button";
      button.dir = "auto";
      one(head, ".line-speaker", HTMLElement).replaceWith(button);
      button.className = "line-speaker";
      this.paintSpeaker(line, element, this.model.speakerName(line.speaker));
    }
    if (!head.querySelector(".line-more")) head.append(stamp("line-more"));
    this.unlock(line, element);
  }

  /** Opens or closes the text of a line. @param {Line} line @param {HTMLElement} element */
  unlock(line, element) {
    const place = one(element, ".line-text", HTMLElement);
    const open = editable();
    if (open) {
      setEditable(place);
      place.setAttribute("role", "textbox");
      place.setAttribute("aria-multiline", "true");
      place.setAttribute("aria-label", text("editor.line", { time: clock(line.start) }));
      place.setAttribute("aria-describedby", "editor-hint");
    } else {
      for (const name of ["contenteditable", "role", "aria-multiline", "aria-label", "aria-describedby"]) place.removeAttribute(name);
    }
    const speaker = element.querySelector("button.line-speaker");
    if (speaker instanceof HTMLButtonElement) speaker.disabled = !open;
    reach(element, false);
  }
}

/**
 * Only the line that one is at takes part in the order of Tab: there are ten thousand of them.
 * @param {HTMLElement} line
 * @param {boolean} on
 */
export function reach(line, on) {
  for (const part of all(line, ".line-head button, .line-text[contenteditable], .line-flag button")) part.tabIndex = on ? 0 : -1;
}

/** Plain text only, where the browser knows that; Firefox before 136 did not. @param {HTMLElement} place */
function setEditable(place) {
  try {
    place.contentEditable = "plaintext-only";
  } catch {
    place.contentEditable = "true";
  }
  place.spellcheck = true;
}

/**
 * @param {string} words
 * @param {import("./model.js").Word} word
 */
function wordElement(words, word) {
  const element = document.createElement("span");
  element.className = "w";
  element.dataset.s = String(word.start);
  element.dataset.e = String(word.end);
  if (word.confidence !== null && word.confidence !== undefined) element.dataset.c = String(word.confidence);
  if (word.interpolated) element.dataset.i = "";
  element.textContent = words;
  markDoubt(element);
  return element;
}

/** @param {HTMLElement} word */
export function markDoubt(word) {
  const { c, i } = word.dataset;
  word.classList.toggle("w-doubt", doubt.below > 0 && (i !== undefined || (c !== undefined && Number(c) < doubt.below)));
}
