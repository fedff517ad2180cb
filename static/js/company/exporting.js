// The export dialog: options by format, and the dialog around what the server draws.

import { all } from "../dom.js";

const dialog = document.querySelector("dialog.export-dialog");
const body = document.getElementById("export-body");

/** Shows the options of the chosen format alone. */
function fit() {
  const form = document.querySelector("[data-export]");
  const format = form?.querySelector("#export-format");
  if (!(form instanceof HTMLFormElement) || !(format instanceof HTMLSelectElement)) return;
  for (const part of all(form, "[data-for]")) {
    part.hidden = !(part.dataset.for ?? "").split(" ").includes(format.value);
    for (const field of part.querySelectorAll("input")) field.disabled = part.hidden;
  }
}

document.addEventListener(
  "change",
  (event) => {
    if (event.target instanceof Element && event.target.id === "export-format") fit();
  },
  // Before the form is sent for its preview: what is not for the format is left out.
  true,
);

function show() {
  fit();
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.body.addEventListener("htmx:afterSwap", (event) => event.target === body && show());
if (dialog instanceof HTMLDialogElement) {
  dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
// On a page of its own the form is there already; in the dialog where it was asked for before this script was there.
if (body?.childElementCount) show();
