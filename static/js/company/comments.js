// The list of comments: news of others without losing what is being written, moments, and people who are called.

import { all } from "../dom.js";
import { clock } from "../text.js";
import { startMentions } from "./mentions.js";

const body = document.getElementById("company-body");
let time = 0;
let locked = body?.querySelector("[data-company]")?.getAttribute("data-locked") ?? "";

/** Whether something was written in the list that is not sent yet. */
function isWriting() {
  return all(body ?? document, "textarea").some((field) => {
    return field instanceof HTMLTextAreaElement && (field === document.activeElement || field.value !== field.defaultValue);
  });
}

/** Others commented: show it, or offer to where somebody writes. */
export function showNews() {
  if (!body) return;
  if (!isWriting()) document.body.dispatchEvent(new CustomEvent("tadwin:comments"));
  else for (const button of all(body, "[data-show-news]")) button.hidden = false;
}

/** A new comment belongs to the moment that is heard, until somebody says otherwise. */
function followTime() {
  const field = body?.querySelector("[data-moment]");
  if (!(field instanceof HTMLInputElement) || field.dataset.kept) return;
  const words = body?.querySelector("#comment-text");
  if (words instanceof HTMLTextAreaElement && words.value && field.dataset.set) return;
  field.dataset.set = "1";
  field.value = clock(time);
}

/** Comments are about `seconds` from now on: the writer chose a place. @param {number} seconds */
export function writeAt(seconds) {
  const field = body?.querySelector("[data-moment]");
  const words = body?.querySelector("#comment-text");
  if (!(field instanceof HTMLInputElement) || !(words instanceof HTMLTextAreaElement)) return;
  field.value = clock(seconds);
  field.dataset.kept = "1";
  words.focus();
}

function settle() {
  const part = body?.querySelector("[data-company]");
  if (!part) return;
  const now = part.getAttribute("data-locked") ?? "";
  if (now !== locked) document.dispatchEvent(new CustomEvent("tadwin:lock", { detail: { locked: Boolean(now) } }));
  locked = now;
  followTime();
  const named = location.hash.startsWith("#comment-") ? document.getElementById(location.hash.slice(1)) : null;
  if (named && !named.dataset.shown) {
    named.dataset.shown = "1";
    named.closest("details")?.setAttribute("open", "");
    named.classList.add("thread-heard");
    named.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("tadwin:time", (event) => {
  time = Number(/** @type {CustomEvent} */ (event).detail?.seconds ?? 0);
  followTime();
});
document.addEventListener("tadwin:lock", (event) => {
  locked = /** @type {CustomEvent} */ (event).detail.locked ? "1" : "";
});

body?.addEventListener("input", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.dataset.moment !== undefined) event.target.dataset.kept = "1";
});
body?.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("[data-show-news]")) document.body.dispatchEvent(new CustomEvent("tadwin:comments"));
  const moment = target?.closest("[data-reveal]");
  // On the page of comments alone the link leads to the text.
  if (!(moment instanceof HTMLElement) || !document.getElementById("lines")) return;
  event.preventDefault();
  const seconds = Number(moment.dataset.reveal);
  document.dispatchEvent(new CustomEvent("tadwin:reveal", { detail: { seconds } }));
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === body) settle();
});
settle();
startMentions();
