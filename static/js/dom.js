// Finding elements, with the types that the rest counts on.

/**
 * The first match below `root`. Throws where a template lost an element that a script needs.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function one(root, selector, type) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}`);
  return found;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function all(root, selector) {
  return [...root.querySelectorAll(selector)].filter((element) => element instanceof HTMLElement);
}

/**
 * A fresh copy of the only element of a <template>.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function stamp(id) {
  const copy = one(document, `template#${id}`, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${id} is empty`);
  return copy;
}

/**
 * @param {string} name
 * @returns {string} the content of <meta name>, empty where there is none
 */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** Whether a key press belongs to a control and not to the page. @param {EventTarget | null} target */
export function isControl(target) {
  return target instanceof Element && target.closest("input, select, textarea, button, a, summary, audio, video, [contenteditable]") !== null;
}

/** The page's module serves this element now: clicks that came before it (early.js) are made again. @param {Element} element */
export function ready(element) {
  element.dispatchEvent(new CustomEvent("tadwin:ready", { bubbles: true }));
}
