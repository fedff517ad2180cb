// How the saving stands, in words beside the tools; drafts that are offered back; the warning before leaving.

import { one } from "../dom.js";
import { clock, text } from "../text.js";
import { hear, state } from "./state.js";

const SHOWN = 5;

export class Saving {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("./draft.js").Drafts} drafts
   */
  constructor(editor, drafts) {
    this.editor = editor;
    this.drafts = drafts;
    this.place = one(document, "#save-state", HTMLElement);
    this.offer = one(document, "#draft", HTMLElement);
  }

  start() {
    this.editor.queue.addEventListener("state", () => {
      this.show();
      this.drafts.keep();
    });
    hear("typed", () => this.show());
    hear("lock", () => this.show());
    window.addEventListener("beforeunload", (event) => {
      if (this.editor.unsaved().length) event.preventDefault();
    });
    this.show();
    if (state.canEdit) void this.offerBack();
  }

  show() {
    const now = this.now();
    if (this.place.dataset.state === now && this.place.textContent) return;
    this.place.dataset.state = now;
    this.place.textContent = text(`save.${now}`);
  }

  now() {
    const { queue } = this.editor;
    if (!state.canEdit) return "reading";
    if ([...this.editor.model.lines.values()].some((line) => line.theirs)) return "asks";
    if (queue.offline && queue.changes.length) return "offline";
    if (state.locked) return "locked";
    if (queue.changes.length) return "saving";
    return this.editor.unsaved().length ? "typing" : "saved";
  }

  // --- Drafts ------------------------------------------------------------------------------------------------------
  async offerBack() {
    const found = await this.drafts.left();
    const left = found.filter(([, draft]) => draft.changes.length);
    // With nothing to put back there may still be something to redo.
    if (!left.length) return this.remember(found);
    const changes = left.flatMap(([, draft]) => draft.changes);
    const newest = Math.max(...left.map(([, draft]) => draft.at));
    const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(newest);
    one(this.offer, "[data-draft-words]", HTMLElement).textContent = text("draft.found", { count: changes.length, when });
    const items = changes.filter((change) => change.body?.text).slice(0, SHOWN).map(draftItem);
    one(this.offer, "[data-draft-list]", HTMLElement).replaceChildren(...items);
    this.offer.hidden = false;
    one(this.offer, "[data-draft-apply]", HTMLButtonElement).addEventListener("click", () => this.putBack(left), { once: true });
    one(this.offer, "[data-draft-discard]", HTMLButtonElement).addEventListener("click", () => this.discard(left), { once: true });
  }

  /** @param {[string, import("./draft.js").Draft][]} left */
  putBack(left) {
    for (const [key, draft] of left) {
      this.drafts.discard(key);
      for (const change of draft.changes) {
        const line = change.line ? this.editor.model.lines.get(change.line) : undefined;
        if (line && change.kind === "text") {
          line.text = change.body?.text ?? line.text;
          this.editor.painter.paintText(line);
        }
        this.editor.queue.add(change);
      }
    }
    this.remember(left);
    this.drafts.write();
    this.offer.hidden = true;
  }

  /** What was taken back before the reload can still be done again. @param {[string, import("./draft.js").Draft][]} left */
  remember(left) {
    const own = left.find(([key]) => this.drafts.isOwn(key));
    if (!own?.[1].recalled) return;
    this.editor.queue.recalled = own[1].recalled;
    this.editor.queue.news();
  }

  /** @param {[string, import("./draft.js").Draft][]} left */
  discard(left) {
    for (const [key] of left) this.drafts.discard(key);
    this.offer.hidden = true;
  }
}

/** @param {import("./queue.js").Change} change */
function draftItem(change) {
  const [item, time, words] = [document.createElement("li"), document.createElement("span"), document.createElement("span")];
  time.className = "numbers muted";
  time.textContent = clock(change.start ?? 0);
  words.dir = "auto";
  words.textContent = change.body?.text ?? "";
  item.append(time, " ", words);
  return item;
}
