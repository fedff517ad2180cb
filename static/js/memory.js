// What the browser remembers for a person: never worth a page that stops. A store may be full, or forbidden to the site.

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Next time it is asked for again, or stands where it stands by default.
  }
}

/** @param {string} name @returns {any} what was kept as JSON, an empty object where there is nothing to read */
export function recallJson(name) {
  try {
    return JSON.parse(recall(name) ?? "{}");
  } catch {
    return {};
  }
}
