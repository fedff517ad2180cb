// The subtitle page: what is shown at each moment, over the picture or above the sound.

import { all } from "../dom.js";

const stage = document.querySelector("[data-stage]");
const media = stage?.querySelector("audio, video");
const now = stage?.querySelector("[data-now] span");
const cues = all(document, "[data-cue]").map((row) => ({
  row,
  start: Number(row.dataset.start),
  end: Number(row.dataset.end),
  words: row.querySelector("[data-words]")?.textContent ?? "",
}));

if (media instanceof HTMLMediaElement && now) {
  let shown = -1;
  const show = () => {
    const time = media.currentTime;
    const at = cues.findIndex((cue) => cue.start <= time && time < cue.end);
    if (at !== shown) {
      cues[shown]?.row.classList.remove("cue-now");
      cues[at]?.row.classList.add("cue-now");
      now.textContent = cues[at]?.words ?? "";
      shown = at;
    }
  };
  const tick = () => {
    show();
    if (!media.paused) requestAnimationFrame(tick);
  };
  media.addEventListener("play", tick);
  for (const name of ["timeupdate", "seeked"]) media.addEventListener(name, show);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-seek]") : null;
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    stage?.scrollIntoView({ block: "nearest" });
    media.currentTime = Number(link.dataset.seek);
    void media.play().catch(() => null);
  });
}
