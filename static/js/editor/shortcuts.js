// One list of keys: it is what the page listens to, and what the dialog of `?` draws.

import { one } from "../dom.js";
import { text } from "../text.js";
import { covered, isWriting, state } from "./state.js";

/**
 * @typedef {{name: string, keys: string[], does: (event: KeyboardEvent) => unknown, edits?: boolean, writing?: boolean, shown?: boolean}} Shortcut
 *   `keys`: as "Ctrl+Shift+Z" ; several do the same.
 *   `writing`: also where one writes; single keys are then pressed with Alt. `edits`: not for those who only read.
 *   `shown`: only told here; the line itself listens to it.
 */

/** How a place on the board is called, and how the key that people see on it. */
const PLACES = { Slash: "/", BracketLeft: "[", BracketRight: "]", Comma: ",", Period: ".", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

export class Shortcuts {
  /** @param {Shortcut[]} list */
  constructor(list) {
    this.list = list.filter((shortcut) => state.canEdit || !shortcut.edits);
    /** @type {Map<string, Shortcut>} */
    this.byKey = new Map(this.list.filter((shortcut) => !shortcut.shown).flatMap((shortcut) => shortcut.keys.map((key) => [key, shortcut])));
    this.dialog = one(document, "#shortcuts", HTMLDialogElement);
  }

  start() {
    // Before others, so that Escape is still asked about a menu that it closes.
    document.addEventListener("keydown", (event) => this.press(event), { capture: true });
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || covered()) return;
    const combination = written(event);
    const shortcut = this.byKey.get(combination);
    if (!shortcut) return;
    const single = !/Ctrl|Alt/.test(combination);
    if (single && isWriting(event.target) && !shortcut.writing) return;
    // Fields beside the text have their own undo.
    if (/Ctrl\+(Shift\+)?[ZY]$/.test(combination) && isWriting(event.target) && !isLine(event.target)) return;
    const inForm = event.target instanceof Element && event.target.closest("form, [data-escape]") !== null;
    if (combination === "Escape" && (inForm || document.querySelector("details[data-menu][open]"))) return;
    if (combination === "Space" && event.target instanceof HTMLElement && event.target.closest("button, summary, a, input, video, audio")) return;
    event.preventDefault();
    shortcut.does(event);
  }

  draw() {
    const rows = this.list.filter((shortcut) => shortcut.name).flatMap((shortcut) => {
      const [term, words] = [document.createElement("dt"), document.createElement("dd")];
      shortcut.keys.forEach((key, at) => term.append(...(at ? [" "] : []), keyElement(key)));
      words.textContent = text(`keys.${shortcut.name}`);
      return [term, words];
    });
    one(this.dialog, "[data-keys]", HTMLElement).replaceChildren(...rows);
  }
}

/** @param {EventTarget | null} target */
function isLine(target) {
  return target instanceof Element && target.closest("[data-lines]") !== null;
}

/** The key by its letter where that is a Latin one, else by its place: Z is elsewhere on a German board, and ئ on an Arabic one. @param {KeyboardEvent} event */
function written(event) {
  if (event.key === "?" || event.key === "؟") return event.altKey ? "Alt+Shift+Slash" : "Shift+Slash";
  const control = event.ctrlKey || event.metaKey;
  const signs = { "[": "BracketLeft", "]": "BracketRight", "/": "Slash", ",": "Comma", ".": "Period" };
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : signs[/** @type {keyof typeof signs} */ (event.key)];
  const place = letter ?? event.code.replace(/^Key|^Digit|^Numpad(?=\d)/, "");
  return [control && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", place].filter(Boolean).join("+");
}

/** @param {string} key */
function keyElement(key) {
  const box = document.createElement("kbd");
  box.dir = "ltr";
  const seen = key.replace("Shift+Slash", "?").replace("Alt+1", "Alt+1–9").split("+");
  box.textContent = seen.map((part) => PLACES[/** @type {keyof typeof PLACES} */ (part)] ?? part).join(" + ");
  return box;
}
