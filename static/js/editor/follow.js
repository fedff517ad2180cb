// Where the sound is: the line and the word that are heard, and the text that scrolls along.

import { all, isControl, one } from "../dom.js";
import { lastBefore } from "../moment.js";
import { hear, tell } from "./state.js";

// How long after the reader scrolled the text does not scroll by itself.
const HANDS_OFF = 250;
const PAGING = ["PageUp", "PageDown", "Home", "End"];

/** @typedef {{element: HTMLElement, start: number}} Timed */

export class Follow {
  /**
   * @param {import("./blocks.js").Blocks} blocks
   * @param {import("../player.js").Player} player
   */
  constructor(blocks, player) {
    this.blocks = blocks;
    this.player = player;
    /** @type {WeakMap<HTMLElement, Timed[]>} lines by block */
    this.lines = new WeakMap();
    /** @type {HTMLElement | null} */
    this.line = null;
    /** @type {HTMLElement | null} */
    this.word = null;
    this.scrolledAt = 0;
    /** Whether the scrollbar is held. */
    this.drags = false;
    this.box = one(document, "[data-follow]", HTMLInputElement);
    this.button = one(document, "#to-now", HTMLButtonElement);
  }

  start() {
    const { root } = this.blocks;
    root.addEventListener("click", (event) => this.click(event));
    document.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["wheel", "touchmove"]) {
      window.addEventListener(name, () => (this.scrolledAt = performance.now()), { passive: true });
    }
    window.addEventListener("pointerdown", (event) => (this.drags = onScrollbar(event)));
    // Letting go of the scrollbar is told by no event: the next move without a button is the first that is heard.
    window.addEventListener("pointermove", ({ buttons }) => (this.drags &&= buttons > 0));
    document.addEventListener("keydown", ({ key }) => PAGING.includes(key) && (this.scrolledAt = performance.now()));
    window.addEventListener("scroll", () => this.offerReturn(), { passive: true });
    this.player.addEventListener("time", () => {
      this.mark();
      tell("time", { seconds: this.player.time });
    });
    this.button.addEventListener("click", () => {
      this.box.checked = true;
      // The scrolling that follows is ours, however soon it is after the reader's.
      this.scrolledAt = -HANDS_OFF;
      void this.reveal(this.player.time, true);
    });
    this.box.addEventListener("change", () => this.box.checked && void this.reveal(this.player.time, true));
    hear("settled", ({ block }) => {
      this.lines.delete(block);
      this.mark();
    });
  }

  /** @param {HTMLElement} block */
  timed(block) {
    const known = this.lines.get(block);
    if (known) return known;
    const lines = all(block, ".line").map((element) => ({ element, start: Number(element.dataset.start) }));
    this.lines.set(block, lines);
    return lines;
  }

  /** @param {HTMLElement} place @returns {Timed[]} */
  words(place) {
    return all(place, ".w").map((element) => ({ element, start: Number(element.dataset.s) }));
  }

  /** Marks the line and the word that are heard now. */
  mark() {
    const { time } = this.player;
    if (!time && this.player.media.paused) return;
    const block = this.blocks.blocks[lastBefore(this.blocks.starts, time)];
    const lines = block ? this.timed(block) : [];
    const line = lines[lastBefore(lines.map((one) => one.start), time)]?.element ?? null;
    const words = line ? this.words(line) : [];
    const word = words[lastBefore(words.map((one) => one.start), time)]?.element ?? null;
    const heard = word && time < Number(word.dataset.e) + 0.25 ? word : null;
    if (heard !== this.word) {
      this.word?.classList.remove("w-now");
      heard?.classList.add("w-now");
      this.word = heard;
    }
    if (line !== this.line) {
      this.line?.classList.remove("line-now");
      line?.classList.add("line-now");
      this.line = line;
      if (!this.player.media.paused) void this.reveal(time, false);
    }
  }

  /**
   * Brings the line of a moment into view: always when `asked`, else only while following and while nobody writes.
   * @param {number} time
   * @param {boolean} asked
   */
  async reveal(time, asked) {
    const busy = performance.now() - this.scrolledAt < HANDS_OFF || this.writes();
    if (!asked && (!this.box.checked || busy)) return;
    await this.blocks.at(time);
    this.mark();
    const target = this.line ?? (await this.blocks.at(time))?.element;
    if (!target || (!asked && visible(target))) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "center", behavior: calm || asked ? "auto" : "smooth" });
    this.button.hidden = true;
  }

  /** Who writes in another line than the one that is heard must not lose it from sight. */
  writes() {
    const { activeElement } = document;
    return activeElement instanceof HTMLElement && activeElement.isContentEditable && !this.line?.contains(activeElement);
  }

  /** Scrolling by hand ends the following; a button leads back. */
  offerReturn() {
    if (this.drags) this.scrolledAt = performance.now();
    if (performance.now() - this.scrolledAt > HANDS_OFF || this.player.media.paused) return;
    this.box.checked = false;
    this.button.hidden = false;
  }

  /** @param {MouseEvent} event */
  click(event) {
    if (!(event.target instanceof Element) || !getSelection()?.isCollapsed) return;
    const word = event.target.closest(".w");
    const button = event.target.closest(".line-time");
    const start = word instanceof HTMLElement ? word.dataset.s : button?.closest(".line")?.getAttribute("data-start");
    if (!start) return;
    this.player.seek(Number(start));
    this.player.play();
  }

  /** Which of all the words in the page was begun last: in the line that is heard, for another voice may go on meanwhile. @param {Timed[]} words */
  place(words) {
    const own = words.filter(({ element, start }) => start <= this.player.time && (!this.line || this.line.contains(element)));
    const last = own.at(-1);
    return last ? words.indexOf(last) : -1;
  }

  /** Shift and an arrow go word by word, where no text is selected that they would extend. @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.isContentEditable) return;
    if (isControl(event.target) && !this.blocks.root.contains(/** @type {Node} */ (event.target))) return;
    if (!getSelection()?.isCollapsed) return;
    const words = this.words(this.blocks.root);
    const next = words[this.place(words) + way];
    if (!next) return;
    event.preventDefault();
    this.player.seek(next.start);
  }
}

/** Whether the window's own scrollbar was pressed, on whichever side it stands. @param {PointerEvent} event */
function onScrollbar({ target, clientX }) {
  const { documentElement: page } = document;
  return target === page && (clientX < page.clientLeft || clientX >= page.clientLeft + page.clientWidth);
}

/** Whether a line is in the part of the window that is easy to read. @param {HTMLElement} line */
function visible(line) {
  const { top, bottom } = line.getBoundingClientRect();
  return top > window.innerHeight * 0.12 && bottom < window.innerHeight * 0.72;
}
