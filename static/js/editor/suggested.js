// Whose voice a speaker's may be: what workers heard, for people to accept or reject.

import { call } from "../api.js";
import { one, stamp } from "../dom.js";
import { percent, text } from "../text.js";
import { toast } from "../toast.js";
import { editable, say, state, tell } from "./state.js";

const MOST = 100;

/** @typedef {{id: string, speaker: string, profile_name: string, score: number | null, sure: boolean}} Suggestion */

/** Fires `change` when others are to be shown. */
export class Suggested extends EventTarget {
  /**
   * @param {import("./editor.js").Editor} editor
   * @param {Suggestion[]} suggestions none where voices are not kept
   */
  constructor(editor, suggestions) {
    super();
    this.editor = editor;
    this.deciding = false;
    /** @type {Map<string, Suggestion>} by speaker */
    this.likeliest = likeliest(suggestions);
  }

  /** @param {string} speaker @param {string} name what the speaker is called now @returns {HTMLElement | null} */
  draw(speaker, name) {
    const found = this.likeliest.get(speaker);
    if (!found || !editable()) return null;
    const item = stamp("person-suggested");
    one(item, "[data-name]", HTMLElement).textContent = found.profile_name;
    one(item, "[data-score]", HTMLElement).textContent = likeness(found);
    const names = { speaker: name, name: found.profile_name };
    this.button(item, "[data-accept]", text("speakers.is", names), () => this.decide(found, "accept"));
    this.button(item, "[data-reject]", text("speakers.is_not", names), () => this.decide(found, "reject"));
    return item;
  }

  /** @param {HTMLElement} item @param {string} selector @param {string} means @param {() => Promise<boolean>} does */
  button(item, selector, means, does) {
    const button = one(item, selector, HTMLButtonElement);
    button.setAttribute("aria-label", `${button.textContent}: ${means}`);
    button.addEventListener("click", async () => {
      if (this.deciding) return;
      this.deciding = true;
      // The next suggestion stands in the same place: who presses twice must not decide it unread.
      one(/** @type {HTMLElement} */ (item.closest("[data-speaker]")), "button", HTMLButtonElement).focus({ preventScroll: true });
      if (await does()) say(means);
      this.deciding = false;
    });
  }

  /** @param {Suggestion} suggestion @param {"accept" | "reject"} way @returns {Promise<boolean>} whether it is decided */
  async decide(suggestion, way) {
    this.editor.saveAll();
    await this.editor.queue.settled();
    const answer = await call(`/speaker-profiles/suggestions/${suggestion.id}/${way}`, { method: "POST" }).catch((error) => {
      toast(error instanceof Error ? error.message : "", "error");
      return null;
    });
    if (answer) this.likeliest.delete(suggestion.speaker);
    // The name is a version of the transcript: this page fetches it as it would somebody else's.
    if (answer && way === "accept") tell("behind", { since: state.version });
    await this.load();
    return answer !== null;
  }

  /** What is left: after a rejection somebody else may be the likeliest. */
  async load() {
    const query = new URLSearchParams({ transcript: state.transcript, limit: String(MOST) });
    const answer = await call(`/speaker-profiles/suggestions?${query}`).catch(() => null);
    if (answer) this.likeliest = likeliest(answer.data);
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Suggestion[]} suggestions */
function likeliest(suggestions) {
  const sorted = [...suggestions].sort((a, b) => (a.score ?? 0) - (b.score ?? 0));
  return new Map(sorted.map((one) => [one.speaker, one]));
}

/** @param {Suggestion} suggestion */
function likeness({ score, sure }) {
  if (score === null) return "";
  const words = [text("speakers.likeness", { score: percent(score) })];
  if (sure) words.push(text("speakers.sure"));
  return words.join(" · ");
}
