// Marks words of the text by colour, and makes new marks of what is selected.

import { call } from "../api.js";
import { all, one, stamp } from "../dom.js";
import { toast } from "../toast.js";
import { writeAt } from "./comments.js";

/** @typedef {{id: string, start: number, end: number, colour: string, note: string}} Mark */

const COLOURS = ["yellow", "green", "blue", "pink"];

export class Highlights {
  /**
   * @param {string} transcript
   * @param {HTMLElement} lines
   */
  constructor(transcript, lines) {
    this.path = `/transcripts/${transcript}/highlights`;
    this.lines = lines;
    /** @type {Mark[]} in the order of time */
    this.marks = [];
    /** @type {HTMLElement | null} */
    this.tools = null;
    /** @type {{start: number, end: number} | null} */
    this.chosen = null;
  }

  start() {
    void this.load();
    // Lines come and go as somebody scrolls, and are drawn anew when they change.
    new MutationObserver((changes) => this.paintNew(changes)).observe(this.lines, { childList: true, subtree: true });
    if (!document.querySelector("template#mark-tools")) return;
    this.tools = stamp("mark-tools");
    this.tools.hidden = true;
    document.body.append(this.tools);
    for (const button of all(this.tools, "[data-mark]")) {
      button.addEventListener("click", () => void this.make(button.dataset.mark ?? "yellow"));
    }
    one(this.tools, "[data-mark-comment]", HTMLButtonElement).addEventListener("click", () => {
      if (this.chosen) writeAt(this.chosen.start);
      this.hide();
    });
    document.addEventListener("selectionchange", () => this.offer());
    window.addEventListener("scroll", () => this.hide(), { passive: true });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hide();
    });
  }

  async load() {
    const answer = await call(`${this.path}?limit=1000`).catch(() => null);
    if (!answer) return;
    this.marks = answer.data;
    for (const line of all(this.lines, ".line")) this.paint(line);
  }

  /** @param {MutationRecord[]} changes */
  paintNew(changes) {
    if (!this.marks.length) return;
    const lines = new Set();
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        const own = node.closest(".line");
        if (own) lines.add(own);
        else for (const line of all(node, ".line")) lines.add(line);
      }
    }
    for (const line of lines) this.paint(line);
  }

  /** @param {HTMLElement} line */
  paint(line) {
    const start = Number(line.dataset.start);
    const end = Number(line.dataset.end);
    const near = this.marks.filter((mark) => mark.end > start && mark.start < end);
    for (const word of all(line, ".w")) {
      const middle = (Number(word.dataset.s) + Number(word.dataset.e)) / 2;
      const mark = near.find((found) => found.start <= middle && middle <= found.end);
      for (const colour of COLOURS) word.classList.toggle(`mark-${colour}`, mark?.colour === colour);
      if (mark?.note) word.title = mark.note;
      else if (word.title) word.removeAttribute("title");
    }
  }

  /** Words that are selected now, as times. */
  selected() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!this.lines.contains(range.commonAncestorContainer)) return null;
    const within = range.commonAncestorContainer;
    const root = within instanceof HTMLElement ? within : within.parentElement;
    const words = root?.matches(".w") ? [root] : all(root ?? this.lines, ".w").filter((word) => range.intersectsNode(word));
    const first = words[0];
    const last = words.at(-1);
    if (!first || !last) return null;
    return { start: Number(first.dataset.s), end: Number(last.dataset.e), box: range.getBoundingClientRect() };
  }

  offer() {
    const { tools } = this;
    const found = this.selected();
    if (!tools) return;
    if (!found || found.end <= found.start) return this.hide();
    this.chosen = found;
    tools.hidden = false;
    const { width, height } = tools.getBoundingClientRect();
    const top = found.box.top - height - 8;
    tools.style.top = `${Math.max(8, top < 8 ? found.box.bottom + 8 : top)}px`;
    tools.style.left = `${Math.min(Math.max(8, found.box.left), window.innerWidth - width - 8)}px`;
  }

  hide() {
    if (this.tools) this.tools.hidden = true;
  }

  /** @param {string} colour */
  async make(colour) {
    if (!this.chosen) return;
    const { start, end } = this.chosen;
    this.hide();
    getSelection()?.removeAllRanges();
    try {
      await call(this.path, { body: { start, end, colour } });
    } catch (error) {
      if (error instanceof Error) toast(error.message, "error");
      return;
    }
    await this.load();
    document.body.dispatchEvent(new CustomEvent("tadwin:comments"));
  }
}
