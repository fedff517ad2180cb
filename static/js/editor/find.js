// Find and replace: the server looks through the whole text, as most of it is not in the page.

import { call } from "../api.js";
import { one } from "../dom.js";
import { text } from "../text.js";
import { toast } from "../toast.js";
import { fromCharacters, rangeOf } from "./caret.js";
import { bar, editable, hear, state } from "./state.js";

// As long as the next key of a fast typist takes: what is asked meanwhile is overtaken.
const PAUSE = 90;

/** @typedef {{segment: string, start: number, end: number, text: string}} Hit `start`, `end`: characters */

export class Find {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./writing.js").Writing} writing
   */
  constructor(editor, writing) {
    this.editor = editor;
    this.writing = writing;
    this.form = one(document, "#find", HTMLFormElement);
    this.field = one(this.form, '[name="find"]', HTMLInputElement);
    this.count = one(this.form, "[data-find-count]", HTMLElement);
    this.button = one(document, '[data-do="find"]', HTMLButtonElement);
    /** @type {Hit[]} */
    this.hits = [];
    this.total = 0;
    this.at = -1;
    this.asking = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.opens = bar("find", () => this.hide());
  }

  start() {
    const { form } = this;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => event.target instanceof HTMLInputElement && event.target.name !== "replace" && this.soon());
    form.addEventListener("keydown", (event) => this.key(event));
    this.button.addEventListener("click", () => (form.hidden ? this.open() : this.close()));
    one(form, "[data-find-next]", HTMLButtonElement).addEventListener("click", () => void this.step(1));
    one(form, "[data-find-previous]", HTMLButtonElement).addEventListener("click", () => void this.step(-1));
    one(form, "[data-find-close]", HTMLButtonElement).addEventListener("click", () => this.close());
    form.querySelector("[data-replace-one]")?.addEventListener("click", () => void this.replace(false));
    form.querySelector("[data-replace-all]")?.addEventListener("click", () => void this.replace(true));
    hear("drawn", () => this.paint());
    hear("changed", () => !form.hidden && this.soon());
  }

  /** @param {{words?: string, replace?: boolean}} [wish] */
  open({ words, replace = false } = {}) {
    this.opens();
    this.form.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    const chosen = words ?? getSelection()?.toString().trim();
    if (chosen && !chosen.includes("\n")) this.field.value = chosen;
    const second = this.form.querySelector('[name="replace"]');
    const target = replace && second instanceof HTMLInputElement && this.field.value ? second : this.field;
    target.focus();
    target.select();
    if (this.field.value) this.soon();
  }

  hide() {
    this.form.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.hits = [];
    this.paint();
  }

  close() {
    this.hide();
    const line = this.writing.current();
    if (line) this.editor.focus(line, 0);
    else this.button.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.field) void this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.name === "replace") void this.replace(false);
    else return;
    event.preventDefault();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), PAUSE);
  }

  get wish() {
    const chosen = (/** @type {string} */ name) => one(this.form, `[name="${name}"]`, HTMLInputElement).checked;
    return { find: this.field.value, case: chosen("case"), whole_word: chosen("whole_word"), fold: chosen("fold") };
  }

  async look() {
    const wish = this.wish;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    if (!wish.find.trim()) {
      this.take({ matches: [], count: 0 });
      this.count.textContent = "";
      return;
    }
    this.editor.saveAll();
    await this.editor.queue.settled();
    try {
      const chosen = Object.entries(wish).map(([name, value]) => [name, value === true ? "1" : String(value || "")]);
      const answer = await call(`/transcripts/${state.transcript}/find?${new URLSearchParams(chosen)}`, { signal });
      if (!signal.aborted) this.take(answer);
    } catch (error) {
      if (!signal.aborted) this.count.textContent = error instanceof Error ? error.message : "";
    }
  }

  /** @param {{matches: Hit[], count: number}} answer */
  take(answer) {
    const before = this.hits[this.at];
    this.hits = answer.matches;
    this.total = answer.count;
    const same = this.hits.findIndex((hit) => before && hit.segment === before.segment && hit.start >= before.start);
    this.at = this.hits.length ? Math.max(0, same < 0 ? this.firstInWindow() : same) : -1;
    this.say();
    this.paint();
  }

  /** Looking begins where one reads. */
  firstInWindow() {
    const shown = this.editor.here().find((line) => (line.element?.getBoundingClientRect().bottom ?? 0) > 160);
    const ids = new Set(this.editor.here().filter((line) => shown && line.start >= shown.start).map((line) => line.id));
    return this.hits.findIndex((hit) => ids.has(hit.segment));
  }

  say() {
    this.count.textContent = this.total ? text("find.count", { at: this.at + 1, total: this.total }) : text("find.none");
  }

  /** @param {1 | -1} way */
  async step(way) {
    if (!this.hits.length) return;
    this.at = (this.at + way + this.hits.length) % this.hits.length;
    this.say();
    await this.reveal();
  }

  async reveal() {
    const hit = this.hits[this.at];
    if (!hit) return;
    await this.editor.showId(hit.segment);
    this.paint();
  }

  /** Hits are marked without touching the text, which somebody may be typing in. */
  paint() {
    if (!("highlights" in CSS)) return;
    const [found, now] = [new Highlight(), new Highlight()];
    this.hits.forEach((hit, at) => {
      const line = this.editor.model.byId(hit.segment);
      if (!line?.element) return;
      const [start, end] = [fromCharacters(line.text, hit.start), fromCharacters(line.text, hit.end)];
      (at === this.at ? now : found).add(rangeOf(one(line.element, ".line-text", HTMLElement), start, end));
    });
    CSS.highlights.set("found", found);
    CSS.highlights.set("found-now", now);
  }

  /** @param {boolean} everywhere */
  async replace(everywhere) {
    if (!editable() || !this.hits.length) return;
    const words = one(this.form, '[name="replace"]', HTMLInputElement).value;
    const hit = this.hits[this.at];
    if (everywhere) {
      this.editor.ask("/replace", { ...this.wish, replace: words });
      await this.editor.queue.settled();
      toast(text("find.replaced", { count: this.total }), "success");
    } else if (hit) await this.replaceOne(hit, words);
  }

  /** @param {Hit} hit @param {string} words */
  async replaceOne(hit, words) {
    const line = await this.editor.showId(hit.segment);
    if (!line) return this.look();
    const [start, end] = [fromCharacters(line.text, hit.start), fromCharacters(line.text, hit.end)];
    if (line.text.slice(start, end) !== hit.text) return this.look();
    line.text = `${line.text.slice(0, start)}${words}${line.text.slice(end)}`.replace(/\s+/g, " ").trim();
    line.typed = true;
    this.editor.painter.paintText(line);
    this.editor.save(line);
    this.hits.splice(this.at, 1);
    this.at -= 1;
    return this.step(1);
  }
}
