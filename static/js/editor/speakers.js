// The speakers: how much each talks, who is who, and whose a line is.

import { call } from "../api.js";
import { all, one, stamp } from "../dom.js";
import { clock, percent, text } from "../text.js";
import { toast } from "../toast.js";
import { shownName } from "./model.js";
import { editable, hear, say, state } from "./state.js";

const LATER = 1500;
const SAMPLE = 6;
const COLOURS = 8;

/**
 * @typedef {import("./model.js").Speaker & {talk_seconds?: number, words?: number, turns?: number, share?: number,
 *   words_per_minute?: number | null, silence?: number, sample?: {start: number, end: number} | null}} Row
 */

export class Speakers {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {import("../player.js").Player} player
   * @param {import("./suggested.js").Suggested} suggested
   */
  constructor(editor, player, suggested) {
    this.editor = editor;
    this.player = player;
    this.suggested = suggested;
    this.panel = one(document, "#speakers", HTMLDetailsElement);
    this.list = one(this.panel, "[data-people]", HTMLElement);
    /** @type {Row[]} */
    this.rows = [];
    /** @type {import("./model.js").Line | undefined} */
    this.line = undefined;
    /** @type {string} the speaker that the dialog is about */
    this.edited = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    this.panel.hidden = false;
    const wide = matchMedia("(min-width: 68rem)").matches;
    // Where there is no room beside the text, it must not stand above it either.
    this.panel.open = wide;
    one(document, "#side-more", HTMLDetailsElement).open = wide;
    document.querySelector("#voices")?.remove();
    this.rows = [...this.editor.model.speakers.values()];
    this.draw();
    this.panel.addEventListener("toggle", () => this.panel.open && void this.load());
    hear("changed", ({ speakers }) => {
      if (speakers) this.draw();
      clearTimeout(this.timer);
      if (this.panel.open) this.timer = setTimeout(() => void this.load(), LATER);
    });
    if (this.panel.open) void this.load();
    if (!state.canEdit) return;
    one(this.panel, "[data-new-speaker]", HTMLFormElement).addEventListener("submit", (event) => this.add(event));
    this.suggested.addEventListener("change", () => this.draw());
    this.startChoosing();
    this.startEditing();
  }

  // --- The panel ---------------------------------------------------------------------------------------------------
  async load() {
    const answer = await call(`/transcripts/${state.transcript}/speakers`).catch(() => null);
    if (!answer) return;
    this.rows = answer.data ?? answer.speakers ?? answer;
    this.editor.model.setSpeakers(this.rows);
    const silence = answer.silence ?? null;
    const note = one(this.panel, "[data-silence]", HTMLElement);
    note.textContent = silence === null ? "" : text("speakers.silence", { time: clock(silence) });
    this.draw();
  }

  draw() {
    const known = new Map(this.rows.map((row) => [row.id, row]));
    const people = [...this.editor.model.speakers.values()];
    const stay = keepFocus(this.list);
    this.list.replaceChildren(...people.map((speaker, at) => this.person({ ...known.get(speaker.id), ...speaker }, at)));
    stay();
    this.panel.classList.toggle("panel-empty", !people.length);
  }

  /** @param {Row & {colour: number}} row @param {number} at */
  person(row, at) {
    const item = stamp("person");
    const name = shownName(row);
    item.dataset.speaker = row.id;
    const title = one(item, ".person-name", HTMLElement);
    title.textContent = name;
    title.classList.add(`speaker-${row.colour}`);
    one(item, ".person-key", HTMLElement).textContent = at < 9 ? String(at + 1) : "";
    const bar = one(item, "progress", HTMLProgressElement);
    bar.value = row.share ?? 0;
    bar.classList.add(`speaker-${row.colour}`);
    bar.setAttribute("aria-label", text("speakers.share", { name }));
    one(item, ".person-facts", HTMLElement).textContent = facts(row);
    const play = one(item, "[data-sample]", HTMLButtonElement);
    play.setAttribute("aria-label", text("speakers.sample", { name }));
    play.addEventListener("click", () => this.sample(row));
    const edit = item.querySelector("[data-edit]");
    edit?.setAttribute("aria-label", text("speakers.edit", { name }));
    edit?.addEventListener("click", () => this.edit(row));
    const suggestion = this.suggested.draw(row.id, name);
    if (suggestion) item.append(suggestion);
    return item;
  }

  /** A few seconds of the voice. @param {Row} row */
  sample(row) {
    const own = this.editor.here().filter((line) => line.speaker === row.id);
    const longest = own.sort((a, b) => b.end - b.start - (a.end - a.start))[0];
    const place = row.sample ?? (longest && { start: longest.start, end: longest.end });
    if (!place) return toast(text("speakers.silent", { name: shownName(row) }));
    return this.player.playSpan(place.start, Math.min(place.end, place.start + SAMPLE));
  }

  /** @param {SubmitEvent} event */
  add(event) {
    event.preventDefault();
    const field = one(/** @type {HTMLFormElement} */ (event.target), "input", HTMLInputElement);
    if (!field.value.trim()) return;
    this.editor.ask("/speakers", { name: field.value.trim() });
    field.value = "";
  }

  // --- Whose a line is ---------------------------------------------------------------------------------------------
  startChoosing() {
    const dialog = this.chooser;
    closeable(dialog);
    dialog.addEventListener("keydown", (event) => {
      if (/^[1-9]$/.test(event.key) && !(event.target instanceof HTMLInputElement && event.target.type === "text")) this.chooseNumber(Number(event.key));
    });
    one(dialog, "[data-choose-new]", HTMLFormElement).addEventListener("submit", (event) => void this.chooseNew(event));
  }

  get chooser() {
    return one(document, "#choose-speaker", HTMLDialogElement);
  }

  /** @param {import("./model.js").Line | undefined} line */
  choose(line) {
    if (!line || !editable()) return;
    this.line = line;
    const dialog = this.chooser;
    one(dialog, 'input[value="line"]', HTMLInputElement).checked = true;
    const name = this.editor.model.speakerName(line.speaker) || text("editor.no_speaker");
    one(dialog, "[data-scope-all]", HTMLElement).textContent = text("speakers.all", { name });
    const choices = [...this.editor.model.speakers.values()].map((speaker, at) => this.choice(speaker, at, line.speaker));
    one(dialog, "[data-choices]", HTMLElement).replaceChildren(...choices);
    dialog.showModal();
  }

  /** @param {Row & {colour: number}} speaker @param {number} at @param {string | null} now */
  choice(speaker, at, now) {
    const [item, button, key, name] = [document.createElement("li"), document.createElement("button"), document.createElement("kbd"), document.createElement("span")];
    button.type = "button";
    button.className = `choice speaker-${speaker.colour}`;
    button.setAttribute("aria-pressed", String(speaker.id === now));
    name.dir = "auto";
    name.textContent = shownName(speaker);
    key.textContent = at < 9 ? String(at + 1) : "";
    button.append(name, ...(at < 9 ? [key] : []));
    button.addEventListener("click", () => this.chosen(speaker.id));
    item.append(button);
    return item;
  }

  /** @param {number} number from 1 */
  chooseNumber(number) {
    const speaker = [...this.editor.model.speakers.values()][number - 1];
    if (speaker) this.chosen(speaker.id);
  }

  /** @param {SubmitEvent} event */
  async chooseNew(event) {
    event.preventDefault();
    const field = one(/** @type {HTMLFormElement} */ (event.target), "input", HTMLInputElement);
    const name = field.value.trim();
    if (!name) return;
    field.value = "";
    const before = new Set(this.editor.model.speakers.keys());
    this.editor.ask("/speakers", { name });
    await this.editor.queue.settled();
    const made = [...this.editor.model.speakers.keys()].find((id) => !before.has(id));
    if (made) this.chosen(made);
  }

  /** @param {string} speaker */
  chosen(speaker) {
    const dialog = this.chooser;
    const scope = one(dialog, 'input[name="scope"]:checked', HTMLInputElement).value;
    const { line } = this;
    dialog.close();
    if (!line) return;
    if (scope === "line") this.editor.patch(line, { speaker });
    else if (scope === "run") this.editor.ask("/assign", { from_segment: line.id, run: true, speaker });
    else if (line.speaker) this.editor.ask(`/speakers/${line.speaker}/merge`, { into: speaker });
    else this.editor.ask("/assign", { start: 0, end: state.duration, unassigned: true, speaker });
    line.element?.querySelector(".line-speaker")?.dispatchEvent(new FocusEvent("focus"));
  }

  /** Alt and a number give the line that voice. @param {import("./model.js").Line | undefined} line @param {number} number */
  assign(line, number) {
    const speaker = [...this.editor.model.speakers.values()][number - 1];
    if (!line || !speaker) return;
    this.editor.patch(line, { speaker: speaker.id });
    say(text("speakers.assigned", { name: shownName(speaker) }));
  }

  // --- One speaker -------------------------------------------------------------------------------------------------
  startEditing() {
    const dialog = this.editing;
    closeable(dialog);
    one(dialog, "[data-rename]", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.editor.ask(`/speakers/${this.edited}`, { name: one(dialog, "#speaker-name", HTMLInputElement).value.trim() }, "PATCH");
      dialog.close();
    });
    one(dialog, "[data-merge]", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.editor.ask(`/speakers/${this.edited}/merge`, { into: one(dialog, "#speaker-into", HTMLSelectElement).value });
      dialog.close();
    });
  }

  get editing() {
    return one(document, "#edit-speaker", HTMLDialogElement);
  }

  /** @param {Row & {colour: number}} row */
  edit(row) {
    if (!editable()) return;
    this.edited = row.id;
    const dialog = this.editing;
    one(dialog, "#speaker-name", HTMLInputElement).value = row.name;
    one(dialog, "#speaker-name", HTMLInputElement).placeholder = shownName(row);
    const others = [...this.editor.model.speakers.values()].filter((speaker) => speaker.id !== row.id);
    one(dialog, "#speaker-into", HTMLSelectElement).replaceChildren(...others.map((speaker) => new Option(shownName(speaker), speaker.id)));
    one(dialog, "[data-merge]", HTMLFormElement).hidden = !others.length;
    const dots = Array.from({ length: COLOURS }, (_none, at) => this.dot(at + 1, row.colour));
    one(dialog, "[data-colours]", HTMLElement).replaceChildren(...dots);
    dialog.showModal();
    one(dialog, "#speaker-name", HTMLInputElement).select();
  }

  /** @param {number} colour @param {number} now */
  dot(colour, now) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `dot speaker-${colour}`;
    button.setAttribute("aria-label", text("speakers.colour", { number: colour }));
    button.setAttribute("aria-pressed", String(colour === now));
    button.addEventListener("click", () => {
      this.editor.ask(`/speakers/${this.edited}`, { colour }, "PATCH");
      for (const other of all(this.editing, ".dot")) other.setAttribute("aria-pressed", String(other === button));
    });
    return button;
  }
}

/** @param {Row} row */
function facts(row) {
  if (row.talk_seconds === undefined) return "";
  const words = [clock(row.talk_seconds), percent(row.share ?? 0), text("speakers.words", { count: row.words ?? 0 })];
  if (row.words_per_minute) words.push(text("speakers.pace", { count: Math.round(row.words_per_minute) }));
  words.push(text("speakers.turns", { count: row.turns ?? 0 }));
  if ((row.silence ?? 0) >= 1) words.push(text("speakers.pauses", { time: clock(row.silence ?? 0) }));
  return words.join(" · ");
}

/**
 * Who stands on a speaker's button stands there again once the list was drawn anew; where it went, on the speaker's
 * first, and where the speaker was merged away, on the first speaker's.
 * @param {HTMLElement} list
 * @returns {() => void}
 */
function keepFocus(list) {
  const person = document.activeElement?.closest("[data-speaker]");
  if (!(person instanceof HTMLElement) || !list.contains(person)) return () => {};
  const at = all(person, "button").findIndex((button) => button === document.activeElement);
  return () => {
    const people = all(list, "[data-speaker]");
    const same = people.find((one) => one.dataset.speaker === person.dataset.speaker) ?? people[0];
    const buttons = same ? all(same, "button") : [];
    (buttons[at] ?? buttons[0])?.focus({ preventScroll: true });
  };
}

/** A close button, and a click beside the dialog. @param {HTMLDialogElement} dialog */
export function closeable(dialog) {
  one(dialog, "[data-close]", HTMLButtonElement).addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
