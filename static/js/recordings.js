// The list: ticks, and refreshing without losing them.

import { all } from "./dom.js";

const region = document.getElementById("recordings");

/** @returns {HTMLInputElement[]} */
function ticks() {
  return /** @type {HTMLInputElement[]} */ (all(document, 'input[name="recording"]'));
}

/** @returns {HTMLInputElement | null} */
function allTick() {
  return document.querySelector("input[data-all]");
}

function show() {
  const boxes = ticks();
  const ticked = boxes.filter((box) => box.checked).length;
  const whole = allTick();
  document.querySelector(".many")?.classList.toggle("many-shown", ticked > 0);
  if (!whole) return;
  whole.hidden = false;
  whole.checked = ticked > 0 && ticked === boxes.length;
  whole.indeterminate = ticked > 0 && ticked < boxes.length;
}

document.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLInputElement) || event.target.type !== "checkbox") return;
  if (event.target === allTick()) for (const box of ticks()) box.checked = event.target.checked;
  show();
});

// The address may have changed since the page came: filters keep themselves in it.
document.body.addEventListener("htmx:configRequest", (event) => {
  const { detail } = /** @type {CustomEvent<{elt: Element, path: string}>} */ (event);
  if (detail.elt === region) detail.path = location.pathname + location.search;
});
// A list that changes under ticked boxes would lose them.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { detail } = /** @type {CustomEvent<{elt: Element}>} */ (event);
  if (detail.elt === region && ticks().some((box) => box.checked)) event.preventDefault();
});
document.body.addEventListener("htmx:afterSwap", show);
show();
