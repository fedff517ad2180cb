// Ten hours of speech are ten thousand lines, so only the blocks near the window are in the page; the others are empty boxes
// of about their height, fetched as they come near. The order of lines is their order here.

import { call } from "../api.js";
import { all, one } from "../dom.js";
import { lastBefore } from "../moment.js";
import { text } from "../text.js";
import { clean } from "./caret.js";
import { Line } from "./model.js";
import { state, tell } from "./state.js";

// Fetched so far ahead that a fast reader sees no empty box.
const NEAR = "5000px";
const KEPT = 16;
// Lines that are drawn at a stretch: what takes longer is felt while one scrolls.
const STRETCH = 10;
const LINE_HEIGHT = 72;
const MOST = 500;

/**
 * @typedef {{start: number, after: number | null, cursor: string}} BlockPlace
 * @typedef {{transcript: string, user: string, version: number, locked: boolean, mixed: boolean, can_edit: boolean, segments: number, size: number, blocks: BlockPlace[],
 *   voices: string, duration: number, speakers: import("./model.js").Speaker[], reasons: Record<string, string>,
 *   suggestions: import("./suggested.js").Suggestion[]}} Layout
 */

export class Blocks {
  /**
   * @param {HTMLElement} root
   * @param {Layout} layout
   * @param {import("./model.js").Model} model
   * @param {import("./draw.js").Painter} painter
   */
  constructor(root, layout, model, painter) {
    this.root = root;
    this.layout = layout;
    this.model = model;
    this.painter = painter;
    this.starts = layout.blocks.map((block) => block.start);
    /** @type {HTMLElement[]} */
    this.blocks = [];
    /** @type {Map<number, Promise<void>>} */
    this.loading = new Map();
    /** @type {Set<number>} blocks in or near the window */
    this.near = new Set();
    /** @type {(line: HTMLElement) => boolean} lines that must stay in the page */
    this.held = () => false;
    this.watcher = new IntersectionObserver((entries) => this.watch(entries), { rootMargin: `${NEAR} 0px` });
  }

  /** Puts the blocks that came with the page among empty ones for all others. */
  place() {
    const given = new Map(all(this.root, "[data-block]").map((block) => [Number(block.dataset.block), block]));
    const heights = [...given.values()].map((block) => block.offsetHeight / Math.max(1, block.childElementCount));
    const average = heights.reduce((sum, height) => sum + height, 0) / Math.max(1, heights.length) || LINE_HEIGHT;
    for (const block of given.values()) for (const line of all(block, ".line")) this.model.add(this.painter.read(line));
    this.blocks = this.layout.blocks.map((_place, number) => given.get(number) ?? empty(number, average * this.count(number)));
    this.root.replaceChildren(...this.blocks);
    for (const block of this.blocks) this.watcher.observe(block);
  }

  /** How many lines a block has. @param {number} number */
  count(number) {
    return Math.min(this.layout.size, this.layout.segments - number * this.layout.size);
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

  /** Empties the blocks that are farthest away, but none that is held. */
  tidy() {
    const full = this.blocks.filter((block) => !block.classList.contains("block-far"));
    const middle = [...this.near].reduce((sum, number) => sum + number, 0) / Math.max(1, this.near.size);
    if (full.length <= KEPT) return;
    const spare = full.filter((block) => !this.near.has(numberOf(block)) && !all(block, ".line").some((line) => this.held(line)));
    spare.sort((a, b) => Math.abs(numberOf(b) - middle) - Math.abs(numberOf(a) - middle));
    for (const block of spare.slice(0, Math.max(0, full.length - KEPT))) this.clear(block);
  }

  /** @param {HTMLElement} block */
  clear(block) {
    block.style.blockSize = `${block.offsetHeight}px`;
    block.classList.add("block-far");
    for (const element of all(block, ".line")) {
      const line = this.model.of(element);
      if (!line) continue;
      line.element = null;
      if (!line.pending) this.model.forget(line);
    }
    block.replaceChildren();
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
      .then((segments) => this.draw(block, segments))
      .catch(() => this.fail(block, number))
      .finally(() => this.loading.delete(number));
    this.loading.set(number, work);
    return work;
  }

  /** Fetches all that is shown again, where this page and the server may not agree. */
  async again() {
    for (const [number, block] of this.blocks.entries()) {
      const segments = block.classList.contains("block-far") ? null : await this.fetch(number).catch(() => null);
      if (segments && !block.classList.contains("block-far")) this.fill(block, segments);
    }
    // Lines that are gone on the server went out of the page with this; what was typed in one is still to be sent.
    for (const line of this.model.lines.values()) if (!line.element?.isConnected && !line.pending) this.model.forget(line);
  }

  /**
   * @param {number} number
   * @returns {Promise<import("./model.js").Segment[]>}
   */
  async fetch(number) {
    const query = new URLSearchParams({ limit: String(MOST) });
    const [place, next] = [this.layout.blocks[number], this.layout.blocks[number + 1]];
    if (place?.cursor) query.set("cursor", place.cursor);
    if (next) query.set("until", next.cursor);
    return (await call(`/transcripts/${state.transcript}/segments?${query}`)).data;
  }

  /**
   * A fetched block comes into the page by and by, so that no frame waits for all of it.
   * @param {HTMLElement} block
   * @param {import("./model.js").Segment[]} segments
   */
  async draw(block, segments) {
    const box = document.createDocumentFragment();
    const lines = segments.map((segment) => this.known(segment));
    for (let at = 0; at < lines.length; at += STRETCH) {
      box.append(...lines.slice(at, at + STRETCH).map((line) => this.painter.draw(line)));
      await new Promise((resolve) => setTimeout(resolve));
    }
    block.replaceChildren(box);
    this.filled(block, lines);
  }

  /**
   * @param {HTMLElement} block
   * @param {import("./model.js").Segment[]} segments
   */
  fill(block, segments) {
    const held = all(block, ".line").find((line) => line.contains(document.activeElement));
    const own = this.model.of(held);
    // Where a word is being composed it reads otherwise than we know, and must not be drawn.
    const still = own && clean(one(held ?? block, ".line-text", HTMLElement).textContent ?? "") === own.text;
    const lines = segments.map((segment) => this.known(segment));
    if (own && still && !own.pending) this.painter.paint(own);
    // Nor is a line that asks which of two texts stays.
    const stays = (/** @type {Line} */ line) => line.element === held || line.theirs !== null;
    const fresh = lines.map((line) => (line.element && stays(line) ? line.element : this.painter.draw(line)));
    if (!held) block.replaceChildren(...fresh);
    else this.around(block, held, fresh);
    this.filled(block, lines);
  }

  /** @param {HTMLElement} block @param {Line[]} lines */
  filled(block, lines) {
    block.classList.remove("block-far", "block-failed");
    // Until it is laid out for the first time it is as tall as the empty box was.
    if (block.style.blockSize) block.style.containIntrinsicBlockSize = `auto ${block.style.blockSize}`;
    block.style.blockSize = "";
    this.settle(block);
    tell("drawn", { segments: lines.map((line) => line.id) });
  }

  /** Replaces what stands around a line that somebody is in: taking it out would take the focus. @param {HTMLElement} block @param {HTMLElement} held @param {HTMLElement[]} fresh */
  around(block, held, fresh) {
    for (const old of all(block, ".line")) if (old !== held) old.remove();
    const at = fresh.indexOf(held);
    if (at < 0) {
      block.append(...fresh);
      return;
    }
    held.before(...fresh.slice(0, at));
    held.after(...fresh.slice(at + 1));
  }

  /** @param {import("./model.js").Segment} segment */
  known(segment) {
    const line = this.model.byId(segment.id);
    if (!line) return this.model.add(new Line(segment));
    if (!line.pending) line.take(segment);
    return line;
  }

  /** After lines came or went: which continue a voice, and when the block begins. @param {HTMLElement} block */
  settle(block) {
    let before = "";
    all(block, ".line").forEach((element, at) => {
      const line = this.model.of(element);
      if (!line) return;
      if (at === 0) this.starts[numberOf(block)] = line.start;
      element.id = `line-${numberOf(block)}-${at}`;
      element.classList.toggle("line-continues", at > 0 && before === String(line.speaker));
      before = String(line.speaker);
    });
    tell("settled", { block });
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

  // --- Finding -----------------------------------------------------------------------------------------------------
  /** The block in which a position falls. @param {number} index */
  numberAt(index) {
    let number = this.layout.blocks.length - 1;
    while (number > 0 && index <= (this.layout.blocks[number]?.after ?? 0)) number -= 1;
    return number;
  }

  /** The block of a line, or of anything in it. @param {Element} element */
  blockOf(element) {
    const block = element.closest("[data-block]");
    return block instanceof HTMLElement ? block : null;
  }

  /** The line that is heard at a moment, its block fetched where need be. @param {number} time @returns {Promise<Line | undefined>} */
  async at(time) {
    const number = lastBefore(this.starts, time);
    const block = this.blocks[number];
    if (!block) return undefined;
    if (block.classList.contains("block-far")) {
      block.scrollIntoView({ block: "center" });
      await this.load(number);
    }
    const lines = all(block, ".line");
    return this.model.of(lines[lastBefore(lines.map((line) => Number(line.dataset.start)), time)]);
  }

  /**
   * The line beside another, across blocks.
   * @param {Line} line
   * @param {1 | -1} way
   * @returns {Promise<Line | undefined>}
   */
  async beside(line, way) {
    const { element } = line;
    const sibling = way > 0 ? element?.nextElementSibling : element?.previousElementSibling;
    if (sibling) return this.model.of(sibling);
    const own = element && this.blockOf(element);
    if (!own) return undefined;
    for (let number = numberOf(own) + way; this.blocks[number]; number += way) {
      await this.load(number);
      const block = this.blocks[number];
      const next = way > 0 ? block?.firstElementChild : block?.lastElementChild;
      if (next?.classList.contains("line")) return this.model.of(next);
    }
    return undefined;
  }

  // --- Changing ----------------------------------------------------------------------------------------------------
  /** Puts a new line where its position says, if its block is here. @param {Line} line */
  insert(line) {
    const block = this.blocks[this.numberAt(line.index)];
    if (!block || block.classList.contains("block-far")) {
      if (!line.pending) this.model.forget(line);
      return;
    }
    const element = line.element ?? this.painter.draw(line);
    const after = all(block, ".line").find((other) => other !== element && (this.model.of(other)?.index ?? 0) > line.index);
    if (after) after.before(element);
    else block.append(element);
    this.settle(block);
  }

  /** @param {Line} line */
  remove(line) {
    const block = line.element && this.blockOf(line.element);
    line.element?.remove();
    line.element = null;
    this.model.forget(line);
    if (block) this.settle(block);
  }
}

/** @param {HTMLElement} block */
function numberOf(block) {
  return Number(block.dataset.block);
}

/**
 * @param {number} number
 * @param {number} height
 */
function empty(number, height) {
  const block = document.createElement("div");
  block.className = "block block-far";
  block.dataset.block = String(number);
  block.style.blockSize = `${height}px`;
  return block;
}
