// What all parts of the transcript page share, and how they tell each other news.

/** `version`: the newest operation that this page knows. */
export const state = { transcript: "", version: 0, canEdit: false, locked: false, user: "", duration: 0 };

/** Whether the text can be changed now. */
export function editable() {
  return state.canEdit && !state.locked;
}

/**
 * Tells everybody on the page.
 * @param {string} name without "tadwin:"
 * @param {Record<string, unknown>} detail
 */
export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`tadwin:${name}`, { detail }));
}

/**
 * @param {string} name without "tadwin:"
 * @param {(detail: any) => void} listener
 */
export function hear(name, listener) {
  document.addEventListener(`tadwin:${name}`, (event) => listener(/** @type {CustomEvent} */ (event).detail ?? {}));
}

/** Whether a line can be read whole, between what stands above and below the text. @param {Element} line */
export function inSight(line) {
  const above = document.querySelector(".editor-top")?.getBoundingClientRect().bottom ?? 0;
  const { top, bottom } = line.getBoundingClientRect();
  return top > above + 8 && bottom < window.innerHeight - 160;
}

const NARROW = matchMedia("(width < 48rem), (height < 30rem)");

/**
 * Where two open bars would cover the text, the one that opens closes the others.
 * @param {string} name of the bar
 * @param {() => void} hide
 * @returns {() => void} says that this one opens
 */
export function bar(name, hide) {
  hear("bar", (opened) => NARROW.matches && opened.name !== name && hide());
  return () => tell("bar", { name });
}

/** For those who listen to the page instead of looking at it. @param {string} words */
export function say(words) {
  const place = document.querySelector("#said");
  if (place) place.textContent = words;
}

/** Whether a key press belongs to somebody who writes. @param {EventTarget | null} target */
export function isWriting(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "range", "button"].includes(target.type);
}

/** Whether a dialog or menu lies over the page. */
export function covered() {
  return document.querySelector("dialog[open], [popover]:popover-open") !== null;
}
