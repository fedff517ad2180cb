// The transcript page: player and text, tied together.

import { one } from "./dom.js";
import { Player } from "./player.js";
import { TranscriptText } from "./transcript.js";

const player = new Player(one(document, "[data-player]", HTMLElement));
const lines = document.querySelector("[data-lines]");
if (lines instanceof HTMLElement) {
  const layout = JSON.parse(one(document, "#layout", HTMLScriptElement).textContent ?? "{}");
  new TranscriptText(lines, layout, player).start();
}
player.start();

// A hit of the search leads to its second. Whether it may also sound is the browser's to say.
const asked = Number(new URLSearchParams(location.search).get("t"));
if (asked > 0) {
  player.seek(asked);
  player.play();
}
