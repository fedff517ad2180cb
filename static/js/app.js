// On every page: menus that close, toasts, copy buttons, and live news where there is an organization.

import { serveCopyButtons } from "./copy.js";
import { all, meta } from "./dom.js";
import { Live } from "./live.js";
import { settleToasts } from "./toast.js";

document.documentElement.classList.add("scripted");
settleToasts();

// A form that was refused comes back at its beginning; what is wrong with it may stand far below.
const mistake = document.querySelector('main form [aria-invalid="true"], main form .notice-bad[role="alert"]');
if (mistake instanceof HTMLElement) {
  if (mistake.matches(".notice-bad")) mistake.tabIndex = -1;
  mistake.focus();
}

/** @returns {HTMLDetailsElement[]} */
function openMenus() {
  return /** @type {HTMLDetailsElement[]} */ (all(document, "details[data-menu][open]"));
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

serveCopyButtons(document);

if (meta("organization")) new Live(meta("organization")).start();
