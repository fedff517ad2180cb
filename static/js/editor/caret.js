// Where the caret stands in a line, counted in characters of its text.

/** The text of a line as it is kept: single spaces, none at its ends. @param {string} text */
export function clean(text) {
  return text.replace(/[\s\u00a0]+/g, " ").trim();
}

/** The server counts characters, JavaScript halves of some. @param {string} text @param {number} at in JavaScript's count */
export function toCharacters(text, at) {
  return [...text.slice(0, at)].length;
}

/** @param {string} text @param {number} at in characters */
export function fromCharacters(text, at) {
  return [...text].slice(0, at).join("").length;
}

/**
 * Both ends of the selection in characters, or null where it is elsewhere.
 * @param {HTMLElement} element
 * @returns {{start: number, end: number} | null}
 */
export function caretIn(element) {
  const selection = getSelection();
  if (!selection || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!element.contains(range.startContainer) || !element.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  return { start, end: start + range.toString().length };
}

/**
 * @param {HTMLElement} element
 * @param {number} start
 * @param {number} [end]
 */
export function placeCaret(element, start, end = start) {
  const range = rangeOf(element, start, end);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/**
 * @param {HTMLElement} element
 * @param {number} start
 * @param {number} end
 */
export function rangeOf(element, start, end) {
  const range = document.createRange();
  const [from, to] = [spot(element, start), spot(element, end)];
  range.setStart(from.node, from.offset);
  range.setEnd(to.node, to.offset);
  return range;
}

/**
 * @param {HTMLElement} element
 * @param {number} offset
 * @returns {{node: Node, offset: number}}
 */
function spot(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  /** @type {Node | null} */
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (left <= length) return { node, offset: left };
    left -= length;
    last = node;
  }
  return last ? { node: last, offset: last.textContent?.length ?? 0 } : { node: element, offset: 0 };
}
