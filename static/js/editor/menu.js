// What can be done with one line: its menu, its times, what the machine heard, the doubts that are put aside.

import { call } from "../api.js";
import { all, one, stamp } from "../dom.js";
import { text } from "../text.js";
import { toast } from "../toast.js";
import { editable, hear, state } from "./state.js";

export class LineMenu {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./speakers.js").Speakers} speakers
   * @param {import("../player.js").Player} player
   */
  constructor(editor, speakers, player) {
    this.editor = editor;
    this.speakers = speakers;
    this.player = player;
    this.box = one(document, "#line-menu", HTMLElement);
    /** @type {import("./model.js").Line | undefined} */
    this.line = undefined;
    /** @type {HTMLElement | null} */
    this.opener = null;
    /** Whether word times were asked for here and are not told yet. */
    this.asked = false;
  }

  start() {
    this.editor.blocks.root.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest("[data-line]") : null;
      if (item instanceof HTMLElement) this.choose(item.dataset.line ?? "");
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    hear("live", (news) => {
      if (news.type === "transcript.realigned" && news.transcript === state.transcript) this.realigned(news);
    });
    this.box.addEventListener("toggle", (event) => {
      const open = /** @type {ToggleEvent} */ (event).newState === "open";
      this.opener?.setAttribute("aria-expanded", String(open));
      if (!open && (document.activeElement === document.body || this.box.contains(document.activeElement))) this.opener?.focus();
    });
  }

  /** @param {MouseEvent} event */
  click(event) {
    if (!(event.target instanceof Element)) return;
    const line = this.editor.model.of(event.target);
    const more = event.target.closest(".line-more");
    const flag = event.target.closest(".flag-hide")?.closest(".line-flag");
    if (line && more instanceof HTMLElement) this.open(line, more);
    else if (line && event.target.closest("button.line-speaker")) this.speakers.choose(line);
    else if (line && flag instanceof HTMLElement) this.editor.ask(`/segments/${line.id}/flags`, { type: flag.dataset.flag, hidden: true });
  }

  /** @param {import("./model.js").Line} line @param {HTMLElement} opener */
  open(line, opener) {
    this.line = line;
    this.opener = opener;
    for (const item of all(this.box, "[data-line]")) item.hidden = !editable() && item.dataset.line !== "machine";
    this.box.showPopover();
    const { bottom, top, left, right } = opener.getBoundingClientRect();
    const { offsetHeight, offsetWidth } = this.box;
    const below = bottom + offsetHeight < window.innerHeight - 120;
    this.box.style.insetBlockStart = `${below ? bottom + 4 : Math.max(8, top - offsetHeight - 4)}px`;
    const toRight = document.documentElement.dir !== "rtl";
    const wanted = toRight ? left : right - offsetWidth;
    this.box.style.left = `${Math.min(Math.max(8, wanted), window.innerWidth - offsetWidth - 8)}px`;
    all(this.box, "[data-line]:not([hidden])")[0]?.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const items = all(this.box, "[data-line]:not([hidden])");
    const at = items.findIndex((item) => item === document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") this.box.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items[next % items.length]?.focus();
  }

  /** @param {string} name */
  choose(name) {
    const { line, editor } = this;
    this.box.hidePopover();
    if (!line) return;
    if (name === "machine") void this.machine(line);
    else if (name === "speaker") this.speakers.choose(line);
    else if (name === "start" || name === "end") this.setTime(line, name);
    else if (name === "realign") void this.realign(line);
    else if (name === "insert") void editor.insertBelow(line);
    else if (name === "merge") void editor.mergeUp(line);
    else if (name === "delete") void editor.remove(line);
  }

  /** @param {import("./model.js").Line | undefined} line @param {"start" | "end"} side */
  setTime(line, side) {
    if (!line || !editable()) return;
    const moment = Math.round(this.player.time * 1000) / 1000;
    const wrong = side === "start" ? moment > line.end : moment < line.start;
    if (wrong) toast(text("editor.time_order"), "warning");
    else this.editor.patch(line, side === "start" ? { start: moment } : { end: moment });
  }

  /**
   * A worker does it; what it wrote comes as anybody's change does.
   * @param {import("./model.js").Line} line
   */
  async realign(line) {
    await this.editor.queue.settled();
    const address = `/transcripts/${state.transcript}/segments/${line.id}/realign`;
    const answer = await call(address, { method: "POST", match: line.version }).catch((error) => {
      toast(error instanceof Error ? error.message : "", "error");
      return null;
    });
    this.asked = Boolean(answer);
    if (answer) toast(text("editor.realigning"));
  }

  /** @param {{operation: number | null}} news */
  realigned({ operation }) {
    if (!this.asked) return;
    this.asked = false;
    if (operation === null) toast(text("editor.realign_missed"), "warning");
    else {
      this.editor.history.did(operation);
      toast(text("editor.realigned"), "success");
    }
  }

  /** @param {import("./model.js").Line | undefined} line */
  async machine(line) {
    if (!line?.element) return;
    const open = line.element.querySelector(".line-machine");
    if (open) {
      open.remove();
      return;
    }
    const answer = await call(`/transcripts/${state.transcript}/segments/${line.id}/machine`).catch((error) => {
      toast(error instanceof Error ? error.message : "", "error");
      return null;
    });
    if (!answer || !line.element) return;
    const box = stamp("line-machine");
    one(box, "[data-theirs]", HTMLElement).textContent = answer.text || text("editor.machine_nothing");
    one(box, "[data-close]", HTMLButtonElement).addEventListener("click", () => this.closeNote(line, box));
    box.querySelector("[data-take]")?.addEventListener("click", () => this.use(line, box, answer.text));
    line.element.append(box);
  }

  /** @param {import("./model.js").Line} line @param {HTMLElement} box */
  closeNote(line, box) {
    box.remove();
    this.editor.focus(line, 0);
  }

  /** @param {import("./model.js").Line} line @param {HTMLElement} box @param {string} words */
  use(line, box, words) {
    if (!editable() || !words) return;
    line.text = words;
    line.typed = true;
    this.editor.painter.paintText(line);
    this.editor.save(line);
    this.closeNote(line, box);
  }
}
