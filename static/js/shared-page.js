// A shared transcript: all its lines are in the page, so that there is only the moment to mark and to go to.

import { all, one, ready } from "./dom.js";
import { Player } from "./player.js";
import { lastBefore } from "./moment.js";

const root = document.querySelector("[data-player]");
if (root instanceof HTMLElement) begin(new Player(root));

/** @param {Player} player */
function begin(player) {
  const lines = all(document, ".line");
  const starts = lines.map((line) => Number(line.dataset.start));
  const follow = one(document, "[data-follow]", HTMLInputElement);
  /** @type {HTMLElement | null} */
  let now = null;

  player.addEventListener("time", () => {
    const line = lines[lastBefore(starts, player.time)] ?? null;
    if (line === now || (player.media.paused && !player.time)) return;
    now?.classList.remove("line-now");
    line?.classList.add("line-now");
    now = line;
    if (follow.checked && !player.media.paused) line?.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const word = event.target.closest(".w");
    const start = word instanceof HTMLElement ? word.dataset.s : event.target.closest(".line-time")?.closest(".line")?.getAttribute("data-start");
    if (!start) return;
    player.seek(Number(start));
    player.play();
  });
  player.start();
  ready(one(document, "[data-lines]", HTMLElement));
}
