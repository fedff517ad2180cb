// Writing in a line: what is typed is saved within two seconds, Enter cuts, Backspace at the start joins.

import { one } from "../dom.js";
import { caretIn, clean } from "./caret.js";
import { reach } from "./draw.js";
import { editable, tell } from "./state.js";

const PAUSE = 700;
const LATEST = 1700;

export class Writing {
  /**
   * @param {HTMLElement} root
   * @param {import("./editor.js").Editor} editor
   * @param {import("./draft.js").Drafts} drafts
   */
  constructor(root, editor, drafts) {
    this.root = root;
    this.editor = editor;
    this.drafts = drafts;
    /** @type {import("./model.js").Line | undefined} where one is, or was last */
    this.line = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.since = 0;
  }

  start() {
    const { root } = this;
    root.addEventListener("focusin", (event) => this.enter(event));
    root.addEventListener("focusout", () => this.flush());
    root.addEventListener("input", (event) => this.input(event));
    root.addEventListener("beforeinput", (event) => this.guard(event));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("compositionstart", () => (this.editor.composing = true));
    root.addEventListener("compositionend", (event) => {
      this.editor.composing = false;
      this.input(event);
    });
    window.addEventListener("pagehide", () => this.keepNow());
    document.addEventListener("visibilitychange", () => document.hidden && this.keepNow());
  }

  /** The line that keys and buttons mean: where the focus is, else the last one, else the first in the window. */
  current() {
    const { model } = this.editor;
    const here = document.activeElement ? model.of(document.activeElement) : undefined;
    if (here) return here;
    if (this.line?.element) return this.line;
    return this.editor.here().find((line) => (line.element?.getBoundingClientRect().bottom ?? 0) > 160);
  }

  /** @param {FocusEvent} event */
  enter(event) {
    const line = this.editor.model.of(/** @type {Element} */ (event.target));
    if (line) this.be(line);
  }

  /** @param {import("./model.js").Line} line */
  be(line) {
    if (line === this.line) return;
    this.line?.element?.classList.remove("line-here");
    if (this.line?.element) reach(this.line.element, false);
    this.line = line;
    line.element?.classList.add("line-here");
    if (line.element) reach(line.element, true);
    tell("line-focus", { segment: line.id });
  }

  /** @param {Event} event */
  input(event) {
    const line = this.editor.model.of(/** @type {Element} */ (event.target));
    if (!line || this.editor.composing || !this.editor.read(line)) return;
    this.drafts.keep();
    tell("typed", { segment: line.id });
    const now = performance.now();
    this.since ||= now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(PAUSE, this.since + LATEST - now)));
  }

  flush() {
    clearTimeout(this.timer);
    this.since = 0;
    if (this.editor.composing) return;
    this.editor.saveAll();
    this.drafts.keep();
  }

  keepNow() {
    this.flush();
    this.drafts.write();
  }

  /** No line breaks and no formats, whatever asks for them: a line is one line of plain text. @param {InputEvent} event */
  guard(event) {
    if (/^(insertParagraph|insertLineBreak|format|history)/.test(event.inputType)) event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const place = event.target;
    if (!(place instanceof HTMLElement) || !place.isContentEditable || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !editable()) return;
    const line = this.editor.model.of(place);
    const caret = caretIn(place);
    if (!line || !caret) return;
    const whole = place.textContent ?? "";
    const collapsed = caret.start === caret.end;
    if (event.key === "Enter") this.enterKey(line, whole, caret.start);
    else if (event.key === "Backspace" && collapsed && !whole.slice(0, caret.start).trim()) void this.editor.mergeUp(line);
    else if (event.key === "Delete" && collapsed && !whole.slice(caret.end).trim()) void this.mergeDown(line);
    else return;
    event.preventDefault();
  }

  /**
   * Cuts in the middle; at the end there is nothing to cut, so it goes on to the next line.
   * @param {import("./model.js").Line} line
   * @param {string} whole
   * @param {number} caret
   */
  enterKey(line, whole, caret) {
    if (!clean(whole.slice(caret))) void this.go(line, 1);
    else this.editor.split(line, clean(whole.slice(0, caret)).length);
  }

  /** @param {import("./model.js").Line} line */
  async mergeDown(line) {
    const below = await this.editor.blocks.beside(line, 1);
    if (below) await this.editor.mergeUp(below);
  }

  /**
   * To the line above or below, the caret about where it was.
   * @param {import("./model.js").Line | undefined} line
   * @param {1 | -1} way
   */
  async go(line, way) {
    if (!line) return;
    const next = await this.editor.blocks.beside(line, way);
    if (!next?.element) return;
    const place = line.element && one(line.element, ".line-text", HTMLElement);
    const caret = place && document.activeElement === place ? caretIn(place) : null;
    this.editor.focus(next, way > 0 ? 0 : Math.min(caret?.start ?? 0, next.text.length));
  }
}
