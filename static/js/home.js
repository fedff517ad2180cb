// The drop zone of the home page: files in, rows with progress, options remembered.

import { call } from "./api.js";
import { all, meta, one, stamp } from "./dom.js";
import { keep, recallJson } from "./memory.js";
import { approximately, percent, size, text } from "./text.js";
import { remember, remembered, Upload } from "./upload.js";

const OPTIONS = "tadwin.options";
const AT_ONCE = 2;
const DONE_STAYS = 6000;

const form = one(document, "#upload", HTMLFormElement);
const zone = one(form, "[data-drop]", HTMLElement);
const input = one(form, "#id_files", HTMLInputElement);
const list = one(document, "#uploads", HTMLUListElement);
const status = one(document, "#upload-status", HTMLElement);
const pick = one(form, "[data-pick]", HTMLButtonElement);
/** @type {Upload[]} */
const uploads = [];

// --- Options ---------------------------------------------------------------------------------------------------------
/** @returns {HTMLSelectElement[]} */
function selects() {
  return /** @type {HTMLSelectElement[]} */ (all(form, "select"));
}

function recallOptions() {
  /** @type {Record<string, string>} */
  const known = recallJson(OPTIONS);
  for (const select of selects()) {
    const value = known[select.name];
    if (value !== undefined && [...select.options].some((option) => option.value === value)) select.value = value;
  }
}

form.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLSelectElement)) return;
  keep(OPTIONS, JSON.stringify(Object.fromEntries(selects().map((select) => [select.name, select.value]))));
});

function wishes() {
  const chosen = Object.fromEntries(selects().map((select) => [select.name, select.value]));
  /** @type {Record<string, unknown>} */
  const job = {};
  for (const name of ["language", "mode"]) if (chosen[name]) job[name] = chosen[name];
  return { organization: meta("organization"), project: chosen.project || null, job };
}

// --- Files -----------------------------------------------------------------------------------------------------------
/** @param {Iterable<File>} files */
function add(files) {
  for (const file of files) {
    const upload = new Upload(file, wishes());
    const twin = uploads.some((other) => other.fingerprint === upload.fingerprint && !["failed", "canceled"].includes(other.state));
    if (twin) continue;
    uploads.push(upload);
    list.append(row(upload));
  }
  showUnfinished();
  next();
}

/** Starts what waits, a few at a time. */
function next() {
  const running = uploads.filter((upload) => upload.active).length;
  for (const upload of uploads.filter((one) => one.state === "waiting").slice(0, Math.max(0, AT_ONCE - running))) {
    void upload.run().then(next);
  }
}

/** @param {Upload} upload */
function row(upload) {
  const element = stamp("upload-row");
  one(element, ".upload-name", HTMLElement).textContent = upload.file.name;
  const buttons = {
    pause: one(element, "[data-pause]", HTMLButtonElement),
    resume: one(element, "[data-resume]", HTMLButtonElement),
    again: one(element, "[data-again]", HTMLButtonElement),
    cancel: one(element, "[data-cancel]", HTMLButtonElement),
  };
  for (const button of Object.values(buttons)) {
    button.setAttribute("aria-label", `${button.getAttribute("aria-label")}: ${upload.file.name}`);
  }
  buttons.pause.addEventListener("click", () => {
    upload.pause();
    buttons.resume.focus();
  });
  buttons.resume.addEventListener("click", () => void upload.run().then(next));
  buttons.again.addEventListener("click", () => void upload.run().then(next));
  buttons.cancel.addEventListener("click", () => void upload.cancel().then(next));
  upload.addEventListener("change", () => draw(element, upload, buttons));
  draw(element, upload, buttons);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Upload} upload
 * @param {Record<"pause" | "resume" | "again" | "cancel", HTMLButtonElement>} buttons
 */
function draw(element, upload, buttons) {
  const share = upload.file.size ? upload.sent / upload.file.size : 0;
  const bar = one(element, "progress", HTMLProgressElement);
  bar.value = share;
  bar.setAttribute("aria-label", upload.file.name);
  one(element, ".upload-state", HTMLElement).textContent = words(upload, share);
  element.classList.toggle("upload-failed", upload.state === "failed");
  element.classList.toggle("upload-done", ["done", "stored"].includes(upload.state));
  buttons.pause.hidden = !["sending", "offline", "preparing"].includes(upload.state);
  buttons.resume.hidden = upload.state !== "paused";
  buttons.again.hidden = upload.state !== "failed";
  buttons.cancel.hidden = ["done", "stored", "finishing", "canceled"].includes(upload.state);
  announce(upload, share);
  if (["done", "stored", "canceled"].includes(upload.state)) leave(element, upload);
}

/**
 * @param {Upload} upload
 * @param {number} share
 */
function words(upload, share) {
  const done = size(upload.sent);
  const total = size(upload.file.size);
  switch (upload.state) {
    case "sending": {
      const { speed } = upload;
      if (!speed) return text("upload.started", { done, total });
      const left = approximately((upload.file.size - upload.sent) / speed);
      return text("upload.sending", { done, total, speed: size(speed), left });
    }
    case "paused":
      return text("upload.paused", { percent: percent(share) });
    case "offline":
      return text("upload.offline", { seconds: Math.max(1, Math.round((upload.retryAt - Date.now()) / 1000)) });
    case "failed":
      return text("upload.failed", { reason: upload.reason });
    default:
      return text(`upload.${upload.state}`);
  }
}

/** @type {WeakMap<Upload, string>} */
const announced = new WeakMap();

/**
 * Says every quarter and every end, not every percent.
 * @param {Upload} upload
 * @param {number} share
 */
function announce(upload, share) {
  const stage = upload.state === "sending" ? `sending ${Math.floor(share * 4)}` : upload.state;
  if (announced.get(upload) === stage || ["waiting", "preparing", "finishing"].includes(upload.state)) return;
  announced.set(upload, stage);
  const { name } = upload.file;
  status.textContent =
    upload.state === "sending" ? text("upload.announce", { name, percent: percent(share) }) : `${name}: ${words(upload, share)}`;
}

/**
 * @param {HTMLElement} element
 * @param {Upload} upload
 */
function leave(element, upload) {
  if (upload.job) document.body.dispatchEvent(new CustomEvent("tadwin:job", { detail: upload.job }));
  document.body.dispatchEvent(new CustomEvent("tadwin:refresh"));
  setTimeout(() => {
    element.remove();
    const at = uploads.indexOf(upload);
    if (at >= 0) uploads.splice(at, 1);
  }, upload.state === "canceled" ? 0 : DONE_STAYS);
}

// --- Uploads of an earlier visit -------------------------------------------------------------------------------------
const notice = one(document, "#unfinished", HTMLElement);

/** @returns {[string, import("./upload.js").Remembered][]} */
function unfinished() {
  const here = new Set(uploads.map((upload) => upload.fingerprint));
  const own = `${meta("organization")}|`;
  return Object.entries(remembered()).filter(([fingerprint]) => fingerprint.startsWith(own) && !here.has(fingerprint));
}

function showUnfinished() {
  const waiting = unfinished();
  notice.hidden = waiting.length === 0;
  const names = waiting.map(([, known]) => `“${known.name}”`).join(", ");
  one(notice, "p", HTMLElement).textContent = text("upload.unfinished", { names });
}

one(notice, "button", HTMLButtonElement).addEventListener("click", () => {
  for (const [fingerprint, known] of unfinished()) {
    remember(fingerprint, null);
    void call(`/media/uploads/${known.upload}/abort`, { body: {} }).catch(() => null);
  }
  showUnfinished();
});

// --- Ways in ---------------------------------------------------------------------------------------------------------
function take() {
  add([...(input.files ?? [])]);
  input.value = "";
}

pick.hidden = false;
input.tabIndex = -1;
input.setAttribute("aria-hidden", "true");
pick.addEventListener("click", () => input.click());
input.addEventListener("change", take);
form.addEventListener("submit", (event) => {
  // The address of a file goes to the server like any form.
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  add([...(input.files ?? [])]);
});

for (const kind of ["dragenter", "dragover"]) {
  zone.addEventListener(kind, (event) => {
    event.preventDefault();
    zone.classList.add("drop-over");
  });
}
for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("drop-over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  add([...(event.dataTransfer?.files ?? [])]);
});
// A file dropped beside the zone must not replace the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

window.addEventListener("beforeunload", (event) => {
  if (uploads.some((upload) => upload.active)) event.preventDefault();
});

recallOptions();
showUnfinished();
// What was chosen before this script was there.
take();
