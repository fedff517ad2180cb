// Words for people: translated sentences, times, sizes.

const language = document.documentElement.lang || "en";

/** @type {Map<string, string>} */
const sentences = new Map();
// Those of every page, and those that an instrument brings for itself.
for (const holder of document.querySelectorAll("template#texts, template[data-texts]")) {
  if (!(holder instanceof HTMLTemplateElement)) continue;
  for (const item of holder.content.querySelectorAll("[data-key]")) {
    sentences.set(item.getAttribute("data-key") ?? "", item.textContent ?? "");
  }
}

/**
 * The sentence of `key` in the reader's language, its {names} filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function text(key, values = {}) {
  const sentence = sentences.get(key) ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * 83.4 -> "1:23", 3723 -> "1:02:03"
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * "ar" -> "Arabic", in the reader's language
 * @param {string} code
 */
export function languageName(code) {
  return new Intl.DisplayNames([language], { type: "language" }).of(code) ?? code;
}

/**
 * @param {number} number
 * @param {string} unit of Intl
 */
function measured(number, unit) {
  const digits = number < 10 && unit !== "byte" && unit !== "kilobyte" && unit !== "minute" && unit !== "hour" ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(number);
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let at = 0;
  let number = bytes;
  while (number >= 1000 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return measured(number, units[at] ?? "byte");
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/**
 * "less than a minute", "4 min", "2 hr 5 min"
 * @param {number} seconds
 */
export function approximately(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return text("live.moment");
  if (minutes < 60) return measured(minutes, "minute");
  return `${measured(Math.floor(minutes / 60), "hour")} ${measured(minutes % 60, "minute")}`;
}
