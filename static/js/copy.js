// Buttons that copy what stands in another place of the page.

import { all } from "./dom.js";
import { text } from "./text.js";

const STAYS = 2000;

/** @param {ParentNode} root */
export function serveCopyButtons(root) {
  for (const button of all(root, "[data-copy]")) {
    button.hidden = !navigator.clipboard;
    const label = button.querySelector("span") ?? button;
    const usual = label.textContent;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer = undefined;
    button.addEventListener("click", async () => {
      const words = document.getElementById(button.dataset.copy ?? "")?.textContent ?? "";
      // A browser may say no: then the button says nothing, and the words are there to be selected.
      const copied = await navigator.clipboard.writeText(words).then(() => true, () => false);
      if (!copied) return;
      label.textContent = text("copy.done");
      clearTimeout(timer);
      timer = setTimeout(() => (label.textContent = usual), STAYS);
    });
  }
}
