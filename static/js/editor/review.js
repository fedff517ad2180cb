// The review: from one doubtful place to the next, until none is left.

import { call } from "../api.js";
import { all, one } from "../dom.js";
import { keep, recall } from "../memory.js";
import { percent, text } from "../text.js";
import { toast } from "../toast.js";
import { doubt, markDoubt } from "./draw.js";
import { bar, state } from "./state.js";

const KEPT = "tadwin.doubt";

/** @typedef {{segment: string, word: number | null, reasons: string[]}} Place */

export class Review {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./find.js").Find} find
   * @param {import("../player.js").Player} player
   */
  constructor(editor, find, player) {
    this.editor = editor;
    this.find = find;
    this.player = player;
    this.box = one(document, "#review", HTMLElement);
    this.button = one(document, '[data-do="review"]', HTMLButtonElement);
    this.slider = one(this.box, "[data-review-threshold]", HTMLInputElement);
    /** @type {{id: string, word: number | null} | null} */
    this.place = null;
    /** The most places there were: what is accepted leaves the queue, and counts as reviewed. */
    this.total = 0;
    this.opens = bar("review", () => this.hide());
  }

  start() {
    const { box } = this;
    this.slider.value = recall(KEPT) ?? this.slider.value;
    this.button.addEventListener("click", () => (box.hidden ? this.open() : this.close()));
    this.slider.addEventListener("input", () => this.colour());
    this.slider.addEventListener("change", () => {
      keep(KEPT, this.slider.value);
      this.total = 0;
      void this.ask(null);
    });
    this.on("[data-review-close]", () => this.close());
    this.on("[data-review-next]", () => void this.next());
    this.on("[data-review-accept]", () => void this.accept());
    this.on("[data-review-fix]", () => this.fix());
    this.on("[data-review-alike]", () => this.alike());
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  /** @param {string} selector @param {() => void} does */
  on(selector, does) {
    this.box.querySelector(selector)?.addEventListener("click", does);
  }

  get threshold() {
    return Number(this.slider.value) / 100;
  }

  open() {
    this.opens();
    this.box.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.colour();
    void this.ask(null);
  }

  hide() {
    this.box.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    doubt.below = 0;
    this.recolour();
  }

  close() {
    this.hide();
    this.button.focus();
  }

  colour() {
    doubt.below = this.threshold;
    one(this.box, "[data-review-value]", HTMLOutputElement).textContent = percent(this.threshold);
    this.recolour();
  }

  recolour() {
    for (const word of all(this.editor.blocks.root, ".w")) markDoubt(word);
  }

  /** What the server doubts next after a line; null only counts. @param {string | null} after */
  async ask(after) {
    const query = new URLSearchParams({ threshold: String(this.threshold) });
    if (after) query.set("after", after);
    if (this.place && after === this.place.id && this.place.word !== null) query.set("word", String(this.place.word));
    const answer = await call(`/transcripts/${state.transcript}/review?${query}`).catch((error) => {
      toast(error instanceof Error ? error.message : "", "error");
      return null;
    });
    if (!answer) return null;
    this.total = Math.max(answer.total, this.total);
    one(this.box, "[data-review-left]", HTMLElement).textContent = answer.left ? text("review.left", { left: answer.left }) : text("review.done");
    const bar = one(this.box, "[data-review-progress]", HTMLProgressElement);
    bar.value = this.total ? 1 - answer.left / this.total : 1;
    return answer;
  }

  /** To the next doubtful place; after the last it begins again. */
  async next() {
    if (this.box.hidden) this.open();
    this.editor.saveAll();
    await this.editor.queue.settled();
    const after = this.place?.id ?? null;
    let found = await this.ask(after);
    if (found && !found.place && after) {
      this.place = null;
      found = await this.ask(null);
    }
    if (!found?.place) {
      this.place = null;
      one(this.box, "[data-review-place]", HTMLElement).hidden = true;
      return;
    }
    await this.show(found.place);
  }

  /** @param {Place} found */
  async show(found) {
    this.place = { id: found.segment, word: found.word };
    const line = await this.editor.showId(found.segment);
    const word = line && found.word !== null ? line.words[found.word] : undefined;
    one(this.box, "[data-review-place]", HTMLElement).hidden = false;
    one(this.box, "[data-review-word]", HTMLElement).textContent = word ? `“${word.text.trim()}”` : "";
    one(this.box, "[data-review-reasons]", HTMLElement).textContent = found.reasons.map((reason) => this.reason(reason, line)).join(" ");
    const alike = this.box.querySelector("[data-review-alike]");
    if (alike instanceof HTMLButtonElement) alike.disabled = !word;
    if (!line) return;
    this.mark(line, found.word);
    this.player.seek(word?.start ?? line.start);
    tellScreenReaders(line);
  }

  /** A sentence for a reason: ours of a code, or what the line's flag of that type says. @param {string} reason @param {import("./model.js").Line | undefined} line */
  reason(reason, line) {
    const own = text(`review.${reason}`);
    if (own !== `review.${reason}`) return own;
    const said = line?.flags.find((flag) => flag.type === reason)?.reason ?? reason;
    return this.editor.painter.reasons[said] ?? said;
  }

  /** @param {import("./model.js").Line} line @param {number | null} at */
  mark(line, at) {
    for (const old of all(this.editor.blocks.root, ".w-asked")) old.classList.remove("w-asked");
    const word = at === null ? undefined : line.words[at];
    const element = all(line.element ?? this.box, ".w").find((one) => word && Number(one.dataset.s) === word.start);
    element?.classList.add("w-asked");
  }

  async accept() {
    if (!this.place) return;
    const { id, word } = this.place;
    this.editor.ask(`/segments/${id}/accept`, { word });
    await this.editor.queue.settled();
    await this.next();
  }

  /** Into the line, with the word chosen. */
  fix() {
    const line = this.place && this.editor.model.byId(this.place.id);
    if (!line) return;
    const word = this.place?.word === null ? undefined : line.words[this.place?.word ?? 0];
    const start = word ? Math.max(0, this.offsetOf(line, word)) : 0;
    this.editor.focus(line, start, word ? start + word.text.trim().length : start);
  }

  /** @param {import("./model.js").Line} line @param {import("./model.js").Word} word */
  offsetOf(line, word) {
    let at = 0;
    for (const one of line.words) {
      const place = line.text.indexOf(one.text.trim(), at);
      if (place < 0) continue;
      if (one === word) return place;
      at = place + one.text.trim().length;
    }
    return 0;
  }

  alike() {
    const line = this.place && this.editor.model.byId(this.place.id);
    const word = line && this.place?.word !== null ? line.words[this.place?.word ?? 0] : undefined;
    if (!word) return;
    one(this.find.form, '[name="whole_word"]', HTMLInputElement).checked = true;
    this.find.open({ words: word.text.trim().replace(/^[\p{P}\p{S}]+|[\p{P}\p{S}]+$/gu, ""), replace: true });
  }
}

/** The line is announced by its group's name once something in it has the focus. @param {import("./model.js").Line} line */
function tellScreenReaders(line) {
  const button = line.element?.querySelector(".line-time");
  if (button instanceof HTMLElement) {
    button.tabIndex = 0;
    button.focus({ preventScroll: true });
  }
}
