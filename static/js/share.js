// The dialog with the links of a transcript. Its inside comes from the server; without scripts it is a page of its own.

import { serveCopyButtons } from "./copy.js";

const body = document.getElementById("share-body");
const dialog = body?.closest("dialog");

function show() {
  if (body) serveCopyButtons(body);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.body.addEventListener("htmx:afterSwap", (event) => event.target === body && show());
// What was asked for before this script was there.
if (dialog && body?.childElementCount) show();
dialog?.querySelector("[data-close]")?.addEventListener("click", () => dialog instanceof HTMLDialogElement && dialog.close());
// A click beside the dialog closes it: the backdrop is the dialog itself, everything in it is something else.
dialog?.addEventListener("click", (event) => event.target === dialog && dialog instanceof HTMLDialogElement && dialog.close());
