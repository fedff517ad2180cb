// @ in a comment: a list of people, by keyboard and mouse.

/** @typedef {{name: string, email: string}} Known */

const MOST = 6;

/** @returns {Known[]} */
function people() {
  const source = document.getElementById("company-people");
  return source ? JSON.parse(source.textContent ?? "[]") : [];
}

class Suggestions {
  constructor() {
    /** @type {HTMLUListElement} */
    this.list = document.createElement("ul");
    this.list.className = "mention-list";
    this.list.id = "mention-list";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    /** @type {HTMLTextAreaElement | null} */
    this.field = null;
    /** @type {Known[]} */
    this.found = [];
    this.at = 0;
    this.from = 0;
    this.list.addEventListener("pointerdown", (event) => {
      const item = event.target instanceof Element ? event.target.closest("li") : null;
      if (!item) return;
      event.preventDefault();
      this.choose([...this.list.children].indexOf(item));
    });
  }

  /** Opens for what stands before the caret, or closes. @param {HTMLTextAreaElement} field */
  look(field) {
    const before = field.value.slice(0, field.selectionStart);
    const sign = before.lastIndexOf("@");
    const typed = before.slice(sign + 1);
    const begins = sign === 0 || /\s/.test(before[sign - 1] ?? "");
    if (sign < 0 || !begins || typed.length > 40 || typed.includes("\n")) return this.close();
    const wanted = typed.toLocaleLowerCase();
    const fits = (/** @type {string} */ name) => name.toLocaleLowerCase().startsWith(wanted);
    this.found = people()
      .filter((one) => fits(one.name) || fits(one.email) || one.name.split(" ").some(fits))
      .slice(0, MOST);
    if (!this.found.length || this.found.some((one) => one.name.toLocaleLowerCase() === wanted)) return this.close();
    this.field = field;
    this.from = sign;
    this.at = 0;
    this.draw();
  }

  draw() {
    const { field, list } = this;
    if (!field) return;
    list.replaceChildren(...this.found.map((one, index) => item(one, index, index === this.at)));
    if (list.previousElementSibling !== field) field.after(list);
    list.hidden = false;
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-activedescendant", `mention-${this.at}`);
  }

  close() {
    this.list.hidden = true;
    this.field?.removeAttribute("aria-activedescendant");
    this.field?.removeAttribute("aria-controls");
    this.field = null;
  }

  /** @param {number} index */
  choose(index) {
    const { field } = this;
    const chosen = this.found[index];
    if (!field || !chosen) return;
    // Of two people with one name the address tells which is meant.
    const same = people().filter((one) => one.name === chosen.name).length > 1;
    const words = `@${same ? chosen.email : chosen.name} `;
    field.setRangeText(words, this.from, field.selectionStart, "end");
    this.close();
    field.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.list.hidden || event.target !== this.field) return;
    const count = this.found.length;
    if (event.key === "ArrowDown") this.at = (this.at + 1) % count;
    else if (event.key === "ArrowUp") this.at = (this.at + count - 1) % count;
    else if (event.key === "Enter" || event.key === "Tab") this.choose(this.at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.list.hidden) this.draw();
  }
}

/**
 * @param {Known} one
 * @param {number} index
 * @param {boolean} selected
 */
function item(one, index, selected) {
  const element = document.createElement("li");
  element.id = `mention-${index}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", String(selected));
  element.dir = "auto";
  element.textContent = one.name;
  return element;
}

/** Listens in every comment field, those that come later too. */
export function startMentions() {
  const suggestions = new Suggestions();
  const asked = (/** @type {EventTarget | null} */ target) =>
    target instanceof HTMLTextAreaElement && target.dataset.mentions !== undefined ? target : null;
  document.addEventListener("input", (event) => {
    const field = asked(event.target);
    if (field) suggestions.look(field);
  });
  document.addEventListener("keydown", (event) => suggestions.key(event), true);
  document.addEventListener("focusout", (event) => {
    if (event.target === suggestions.field) suggestions.close();
  });
}
