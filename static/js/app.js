// On every page: menus that close, toasts, copy buttons, and live news where there is an organization.

import { all, meta } from "./dom.js";
import { Live } from "./live.js";
import { text } from "./text.js";
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

for (const button of all(document, "[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy ?? "");
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    await navigator.clipboard.writeText(source?.textContent ?? "");
    label.textContent = text("copy.done");
    setTimeout(() => (label.textContent = before), 2000);
  });
}

if (meta("organization")) new Live(meta("organization"), meta("live-url")).start();
