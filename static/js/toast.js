// Short news at the edge of the page. The region is polite: a screen reader finishes its sentence first.

import { all, one, stamp } from "./dom.js";

const STAYS = 8000;

/** @typedef {"success" | "info" | "warning" | "error"} Level */

/**
 * @param {string} message
 * @param {Level} [level]
 * @param {{label: string, href: string}} [link]
 */
export function toast(message, level = "info", link) {
  const box = stamp("toast");
  box.classList.add(`toast-${level}`);
  const words = one(box, "div", HTMLDivElement);
  words.textContent = message;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.label;
    words.append(" ", anchor);
  }
  one(document, "#toasts", HTMLElement).append(box);
  settle(box);
}

/** Those that came with the page. */
export function settleToasts() {
  for (const box of all(document, "#toasts .toast")) settle(box);
}

/** Gives a toast its close button and, where nothing went wrong, its end. @param {HTMLElement} box */
function settle(box) {
  const close = one(box, "[data-close]", HTMLButtonElement);
  close.hidden = false;
  close.addEventListener("click", () => box.remove());
  if (box.classList.contains("toast-error") || box.classList.contains("toast-warning")) return;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer = undefined;
  // Nobody loses what the mouse or the focus is on; the time to read begins again after it.
  const wait = () => {
    clearTimeout(timer);
    if (!box.matches(":hover, :focus-within")) timer = setTimeout(() => box.remove(), STAYS);
  };
  for (const event of ["pointerenter", "focusin", "pointerleave", "focusout"]) box.addEventListener(event, wait);
  wait();
}
