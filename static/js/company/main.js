// The company on the transcript page: the channel, who is here, highlights and comments.

import { showNews } from "./comments.js";
import { Highlights } from "./highlights.js";
import { drawPeople, markLines } from "./presence.js";
import { Room } from "./room.js";

/** @typedef {import("./room.js").Person} Person */

const aside = document.getElementById("company");
const lines = document.getElementById("lines");
const place = document.getElementById("presence");
const transcript = aside?.dataset.transcript ?? "";
const own = aside?.dataset.person ?? "";

if (transcript && lines) {
  const highlights = new Highlights(transcript, lines);
  const room = new Room(transcript);
  /** @type {Person[]} */
  let others = [];

  room.addEventListener("people", (event) => {
    others = /** @type {CustomEvent<Person[]>} */ (event).detail.filter((one) => one.id !== own);
    if (place) drawPeople(place, others);
    markLines(others);
  });
  room.addEventListener("news", (event) => {
    const news = /** @type {CustomEvent} */ (event).detail;
    if (news.type === "comments.changed") showNews();
    if (news.type === "highlights.changed") void highlights.load().then(showNews);
    if (news.type === "transcript.status" || news.type === "snapshot") {
      document.dispatchEvent(new CustomEvent("tadwin:lock", { detail: { locked: news.locked } }));
    }
    if (news.type === "transcript.status") showNews();
  });
  // Lines that scroll into view may be ones in which somebody writes.
  new MutationObserver(() => others.length && markLines(others)).observe(lines, { childList: true, subtree: true });
  document.addEventListener("tadwin:line-focus", (event) => room.sit(/** @type {CustomEvent} */ (event).detail?.segment ?? null));
  lines.addEventListener("focusout", (event) => {
    if (!(event.relatedTarget instanceof Node) || !lines.contains(event.relatedTarget)) room.sit(null);
  });
  highlights.start();
  void room.start();
}
