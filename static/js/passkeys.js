// Passkeys: the browser is asked for a credential when its form is sent, then the form goes on its way with it.

import { all, one } from "./dom.js";
import { text } from "./text.js";

/** @typedef {{create: (options: unknown) => Promise<unknown>, get: (options: unknown) => Promise<unknown>}} WebauthnJson */

/** The library beside this module, a plain script. */
const library = /** @type {{webauthnJSON?: WebauthnJson}} */ (/** @type {unknown} */ (window)).webauthnJSON;

for (const form of all(document, "form[data-passkey]")) {
  if (form instanceof HTMLFormElement) form.addEventListener("submit", (event) => void ask(event, form));
}

/**
 * @param {SubmitEvent} event
 * @param {HTMLFormElement} form
 */
async function ask(event, form) {
  event.preventDefault();
  const button = one(form, "button[type=submit]", HTMLButtonElement);
  button.disabled = true;
  tell(form, "");
  try {
    const credential = await credentialFor(form);
    one(form, "input[name=credential]", HTMLInputElement).value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    button.disabled = false;
    tell(form, text(reason(error)));
  }
}

/** @param {HTMLFormElement} form */
async function credentialFor(form) {
  if (!library || !window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
  if (form.dataset.passkey === "create") return library.create(creation(form));
  return library.get(form.dataset.passkey === "login" ? await fetched(form.action) : given(form).request_options);
}

/** What the server asks for, and whether the key shall replace the password. @param {HTMLFormElement} form */
function creation(form) {
  const options = given(form).creation_options;
  const alone = form.querySelector("input[name=passwordless]");
  if (alone instanceof HTMLInputElement) {
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone.checked ? "required" : "discouraged";
    wanted.requireResidentKey = alone.checked;
    if (alone.checked) wanted.userVerification = "required";
  }
  return options;
}

/** @param {HTMLFormElement} form */
function given(form) {
  return JSON.parse(one(document, `#${form.dataset.options}`, HTMLScriptElement).textContent ?? "{}");
}

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options;
}

/** @param {unknown} error @returns {string} the key of a sentence */
function reason(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "passkey.canceled";
  if (name === "InvalidStateError") return "passkey.known";
  // Browsers refuse addresses that are numbers, and http anywhere but on localhost.
  if (name === "SecurityError" || name === "NotSupportedError") return "passkey.impossible";
  return "error.unexpected";
}

/** @param {HTMLFormElement} form @param {string} sentence */
function tell(form, sentence) {
  const place = one(form, "[data-passkey-error]", HTMLElement);
  place.textContent = sentence;
  place.hidden = !sentence;
}
