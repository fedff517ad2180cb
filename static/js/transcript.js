// The text of a transcript beside its sound. Ten hours of it are ten thousand lines, so only the blocks near the window
// are in the page; the others are empty boxes of about their height, fetched as they come near.

import { call } from "./api.js";
import { all, isControl, one, stamp } from "./dom.js";
import { clock, text } from "./text.js";

const NEAR = "1200px";
const KEPT = 8;
const COLOURS = 8;
const LINE_HEIGHT = 72;
// How long after the reader scrolled the text does not scroll by itself.
const HANDS_OFF = 250;

/**
 * @typedef {{start: number, cursor: string}} BlockPlace
 * @typedef {{transcript: string, segments: number, size: number, blocks: BlockPlace[], speakers: {id: string, name: string}[], reasons: Record<string, string>}} Layout
 * @typedef {{text: string, start: number, end: number, interpolated: boolean}} Word
 * @typedef {{start: number, end: number, speaker: string | null, text: string, flags: {type: string, reason: string}[], words?: Word[]}} Segment
 * @typedef {{element: HTMLElement, start: number}} Timed
 */

export class TranscriptText {
  /**
   * @param {HTMLElement} root
   * @param {Layout} layout
   * @param {import("./player.js").Player} player
   */
  constructor(root, layout, player) {
    this.root = root;
    this.layout = layout;
    this.player = player;
    this.starts = layout.blocks.map((block) => block.start);
    this.speakers = new Map(layout.speakers.map((speaker, at) => [speaker.id, { name: speaker.name, colour: (at % COLOURS) + 1 }]));
    /** @type {HTMLElement[]} */
    this.blocks = [];
    /** @type {Map<number, Promise<void>>} */
    this.loading = new Map();
    /** @type {Set<number>} blocks in or near the window */
    this.near = new Set();
    /** @type {WeakMap<HTMLElement, Timed[]>} lines by block, words by line */
    this.timed = new WeakMap();
    /** @type {HTMLElement | null} */
    this.line = null;
    /** @type {HTMLElement | null} */
    this.word = null;
    this.scrolledAt = 0;
    this.watcher = new IntersectionObserver((entries) => this.watch(entries), { rootMargin: `${NEAR} 0px` });
  }

  start() {
    this.place();
    this.root.addEventListener("click", (event) => this.click(event));
    document.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["wheel", "touchmove"]) {
      window.addEventListener(name, () => (this.scrolledAt = performance.now()), { passive: true });
    }
    window.addEventListener("scroll", () => this.offerReturn(), { passive: true });
    this.player.addEventListener("time", () => this.mark());
    this.returnButton.addEventListener("click", () => {
      this.follow.checked = true;
      void this.reveal(this.player.time, true);
    });
    this.follow.addEventListener("change", () => this.follow.checked && void this.reveal(this.player.time, true));
    const moment = Number(/^#t=([\d.]+)$/.exec(location.hash)?.[1] ?? new URLSearchParams(location.search).get("t"));
    if (moment) {
      this.player.seek(moment);
      void this.reveal(moment, true);
    }
  }

  get follow() {
    return one(document, "[data-follow]", HTMLInputElement);
  }

  get returnButton() {
    return one(document, "#to-now", HTMLButtonElement);
  }

  // --- Blocks ----------------------------------------------------------------------------------------------------
  /** Puts the blocks that came with the page among empty ones for all others. */
  place() {
    const given = new Map(all(this.root, "[data-block]").map((block) => [Number(block.dataset.block), block]));
    const heights = [...given.values()].map((block) => block.offsetHeight / Math.max(1, block.childElementCount));
    const average = heights.reduce((sum, height) => sum + height, 0) / Math.max(1, heights.length) || LINE_HEIGHT;
    this.blocks = this.layout.blocks.map((_place, number) => {
      const block = given.get(number) ?? this.empty(number, average * this.count(number));
      if (given.has(number)) this.index(block);
      return block;
    });
    this.root.replaceChildren(...this.blocks);
    for (const block of this.blocks) this.watcher.observe(block);
  }

  /** How many lines a block has. @param {number} number */
  count(number) {
    return Math.min(this.layout.size, this.layout.segments - number * this.layout.size);
  }

  /**
   * @param {number} number
   * @param {number} height
   */
  empty(number, height) {
    const block = document.createElement("div");
    block.className = "block block-far";
    block.dataset.block = String(number);
    block.style.blockSize = `${height}px`;
    return block;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  watch(entries) {
    for (const { target, isIntersecting } of entries) {
      const number = Number(/** @type {HTMLElement} */ (target).dataset.block);
      if (isIntersecting) {
        this.near.add(number);
        void this.load(number);
      } else this.near.delete(number);
    }
    this.tidy();
  }

  /** Empties the blocks that are farthest away, but never the one that plays or holds the focus. */
  tidy() {
    const full = this.blocks.filter((block) => !block.classList.contains("block-far"));
    const middle = [...this.near].reduce((sum, number) => sum + number, 0) / Math.max(1, this.near.size);
    const spare = full.filter(
      (block) => !this.near.has(Number(block.dataset.block)) && !block.contains(this.line) && !block.contains(document.activeElement),
    );
    spare.sort((a, b) => Math.abs(Number(b.dataset.block) - middle) - Math.abs(Number(a.dataset.block) - middle));
    for (const block of spare.slice(0, Math.max(0, full.length - KEPT))) {
      block.style.blockSize = `${block.offsetHeight}px`;
      block.classList.add("block-far");
      block.replaceChildren();
      this.timed.delete(block);
    }
  }

  /**
   * Fills a block; once at a time.
   * @param {number} number
   * @returns {Promise<void>}
   */
  load(number) {
    const block = this.blocks[number];
    if (!block?.classList.contains("block-far")) return Promise.resolve();
    const known = this.loading.get(number);
    if (known) return known;
    const work = this.fetch(number)
      .then((segments) => this.fill(block, number, segments))
      .catch(() => this.fail(block, number))
      .finally(() => this.loading.delete(number));
    this.loading.set(number, work);
    return work;
  }

  /**
   * @param {number} number
   * @returns {Promise<Segment[]>}
   */
  async fetch(number) {
    const query = new URLSearchParams({ limit: String(this.layout.size) });
    const cursor = this.layout.blocks[number]?.cursor;
    if (cursor) query.set("cursor", cursor);
    return (await call(`/transcripts/${this.layout.transcript}/segments?${query}`)).data;
  }

  /**
   * @param {HTMLElement} block
   * @param {number} number
   * @param {Segment[]} segments
   */
  fill(block, number, segments) {
    block.replaceChildren(...segments.map((segment, at) => this.draw(segment, number * this.layout.size + at, segments[at - 1])));
    block.classList.remove("block-far", "block-failed");
    block.style.blockSize = "";
    this.index(block);
    this.mark();
  }

  /**
   * @param {HTMLElement} block
   * @param {number} number
   */
  fail(block, number) {
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button";
    again.textContent = text("transcript.retry");
    again.addEventListener("click", () => void this.load(number));
    const words = document.createElement("p");
    words.textContent = text("transcript.failed");
    block.classList.add("block-failed");
    block.replaceChildren(words, again);
  }

  /**
   * @param {Segment} segment
   * @param {number} index
   * @param {Segment | undefined} before
   */
  draw(segment, index, before) {
    const line = stamp("line");
    line.id = `line-${index}`;
    line.dataset.start = String(segment.start);
    line.dataset.end = String(segment.end);
    line.classList.toggle("line-continues", before !== undefined && before.speaker === segment.speaker);
    const button = one(line, ".line-time", HTMLButtonElement);
    button.textContent = clock(segment.start);
    button.setAttribute("aria-label", text("transcript.from", { time: clock(segment.start) }));
    const voice = segment.speaker ? this.speakers.get(segment.speaker) : undefined;
    const name = one(line, ".line-speaker", HTMLElement);
    name.textContent = voice?.name ?? "";
    if (voice) name.classList.add(`speaker-${voice.colour}`);
    const words = segment.words ?? [];
    const place = one(line, ".line-text", HTMLElement);
    if (words.length) place.append(...words.flatMap((word) => [wordElement(word), " "]));
    else place.textContent = segment.text;
    for (const flag of segment.flags) {
      const doubt = stamp("line-flag");
      one(doubt, "span", HTMLElement).textContent = this.layout.reasons[flag.reason] ?? flag.reason;
      line.append(doubt);
    }
    return line;
  }

  /** @param {HTMLElement} block */
  index(block) {
    const lines = all(block, ".line").map((element) => ({ element, start: Number(element.dataset.start) }));
    this.timed.set(block, lines);
  }

  /** @param {HTMLElement} line @returns {Timed[]} */
  words(line) {
    const known = this.timed.get(line);
    if (known) return known;
    const words = all(line, ".w").map((element) => ({ element, start: Number(element.dataset.s) }));
    this.timed.set(line, words);
    return words;
  }

  // --- Where the sound is ----------------------------------------------------------------------------------------
  /** Marks the line and the word that are heard now. */
  mark() {
    const { time } = this.player;
    if (!time && this.player.media.paused) return;
    const lines = this.timed.get(this.blocks[lastBefore(this.starts, time)] ?? this.root) ?? [];
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
   * Brings the line of a moment into view: always when `asked`, else only while following.
   * @param {number} time
   * @param {boolean} asked
   */
  async reveal(time, asked) {
    if (!asked && (!this.follow.checked || performance.now() - this.scrolledAt < HANDS_OFF)) return;
    const number = lastBefore(this.starts, time);
    const block = this.blocks[number];
    if (block?.classList.contains("block-far")) {
      block.scrollIntoView({ block: "center" });
      await this.load(number);
    }
    this.mark();
    if (!this.line || (!asked && this.visible(this.line))) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.line.scrollIntoView({ block: "center", behavior: calm || asked ? "auto" : "smooth" });
    this.returnButton.hidden = true;
  }

  /** Whether a line is in the part of the window that is easy to read. @param {HTMLElement} line */
  visible(line) {
    const { top, bottom } = line.getBoundingClientRect();
    return top > window.innerHeight * 0.12 && bottom < window.innerHeight * 0.72;
  }

  /** Scrolling by hand ends the following; a button leads back. */
  offerReturn() {
    if (performance.now() - this.scrolledAt > HANDS_OFF || this.player.media.paused) return;
    this.follow.checked = false;
    this.returnButton.hidden = false;
  }

  // --- Asking for another place ----------------------------------------------------------------------------------
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

  /** Shift and an arrow go word by word, where no text is selected that they would extend. @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isControl(event.target) && !this.root.contains(/** @type {Node} */ (event.target))) return;
    if (!this.line || !getSelection()?.isCollapsed) return;
    const words = this.words(this.line);
    const at = lastBefore(words.map((one) => one.start), this.player.time);
    const next = words[at + way];
    if (!next) return;
    event.preventDefault();
    this.player.seek(next.start);
  }
}

/** @param {Word} word */
function wordElement(word) {
  const element = document.createElement("span");
  element.className = "w";
  element.dataset.s = String(word.start);
  element.dataset.e = String(word.end);
  element.textContent = word.text.trim();
  return element;
}

/**
 * Binary search: index of the last start that is not after `time`; 0 before the first.
 * @param {number[]} starts sorted
 * @param {number} time
 */
export function lastBefore(starts, time) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Seeking lands a hair before the moment that was asked for.
    if ((starts[middle] ?? 0) <= time + 0.005) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
