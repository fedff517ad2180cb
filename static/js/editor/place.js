// Where one was in the text: a reload comes back to it.

import { all } from "../dom.js";
import { state } from "./state.js";

const THROTTLE = 250;
const HEAD = 120;

export class Place {
  /** @param {import("./editor.js").Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.name = `tadwin.place.${state.transcript}`;
  }

  /** @param {boolean} elsewhere whether the address already leads to a place */
  async start(elsewhere) {
    history.scrollRestoration = "manual";
    const kept = JSON.parse(sessionStorage.getItem(this.name) ?? "null");
    if (kept && !elsewhere) await this.goBack(kept);
    window.addEventListener("scroll", () => (this.timer ??= setTimeout(() => this.keep(), THROTTLE)), { passive: true });
    window.addEventListener("pagehide", () => this.keep());
  }

  keep() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const line = all(this.editor.blocks.root, ".line").find((element) => element.getBoundingClientRect().bottom > HEAD);
    if (!line || window.scrollY < HEAD) sessionStorage.removeItem(this.name);
    else sessionStorage.setItem(this.name, JSON.stringify({ id: line.dataset.segment, start: Number(line.dataset.start), top: line.getBoundingClientRect().top }));
  }

  /** @param {{id: string, start: number, top: number}} kept */
  async goBack({ id, start, top }) {
    const nearby = await this.editor.blocks.at(start);
    const element = (this.editor.model.byId(id) ?? nearby)?.element;
    if (element) window.scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" });
  }
}
