// The dialog with the links of a transcript. Its inside comes from the server; without scripts it is a page of its own.

import { all } from "./dom.js";
import { text } from "./text.js";

const body = document.getElementById("share-body");
const dialog = body?.closest("dialog");

/** Copy buttons of what just came. */
function listen() {
  for (const button of all(body ?? document, "[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy ?? "")?.textContent ?? "");
      (button.querySelector("span") ?? button).textContent = text("copy.done");
    });
  }
}

function show() {
  listen();
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.body.addEventListener("htmx:afterSwap", (event) => event.target === body && show());
// What was asked for before this script was there.
if (dialog && body?.childElementCount) show();
dialog?.querySelector("[data-close]")?.addEventListener("click", () => dialog instanceof HTMLDialogElement && dialog.close());
// A click beside the dialog closes it: the backdrop is the dialog itself, everything in it is something else.
dialog?.addEventListener("click", (event) => event.target === dialog && dialog instanceof HTMLDialogElement && dialog.close());
