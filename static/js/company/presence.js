// Draws who else has the transcript open, and marks the lines in which others write.

import { all } from "../dom.js";
import { text } from "../text.js";

/** @typedef {import("./room.js").Person} Person */

/**
 * @param {HTMLElement} place
 * @param {Person[]} people everybody but us
 */
export function drawPeople(place, people) {
  place.className = "presence";
  place.replaceChildren();
  for (const person of people) {
    const avatar = document.createElement("span");
    avatar.className = "avatar";
    avatar.title = person.name;
    avatar.setAttribute("aria-hidden", "true");
    avatar.textContent = person.name.trim().slice(0, 1);
    place.append(avatar);
  }
  if (!people.length) return;
  const words = document.createElement("span");
  words.dir = "auto";
  const names = people.map((person) => person.name);
  words.textContent = text("company.here", { names: new Intl.ListFormat(document.documentElement.lang).format(names) });
  place.append(words);
}

/**
 * Marks the lines of others; lines that come later are marked by calling it again.
 * @param {Person[]} people everybody but us
 */
export function markLines(people) {
  const taken = new Map(people.filter((one) => one.segment).map((one) => [one.segment ?? "", one.name]));
  for (const line of all(document, ".line[data-taken]")) {
    if (!taken.has(line.dataset.segment ?? "")) delete line.dataset.taken;
  }
  for (const [segment, name] of taken) {
    const line = document.querySelector(`.line[data-segment="${CSS.escape(segment)}"]`);
    const words = text("company.writes", { name });
    if (line instanceof HTMLElement && line.dataset.taken !== words) line.dataset.taken = words;
  }
}
