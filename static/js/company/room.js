// The channel of one transcript: who else is here, and news of its comments and its review.

import { backoff, pause } from "../api.js";
import { openSocket } from "../socket.js";

/** @typedef {{id: string, name: string, segment: string | null}} Person */

const SETTLE = 250;

/** Sends "people" (detail: Person[]), "news" (detail: the event) and "closed". */
export class Room extends EventTarget {
  /** @param {string} transcript */
  constructor(transcript) {
    super();
    this.path = `/transcripts/${transcript}`;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {string | null} */
    this.line = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.saying = undefined;
  }

  /** Stays connected, for ever. */
  async start() {
    for (let attempt = 0; ; attempt += 1) {
      const code = await this.connect(() => (attempt = 0)).catch(() => 0);
      this.socket = null;
      this.send("people", []);
      // 44xx: we may not listen, and asking again would not change it.
      if (code >= 4400 && code < 4500) return;
      await pause(backoff(Math.min(attempt, 5)));
    }
  }

  /**
   * @param {() => void} opened
   * @returns {Promise<number>} the close code, once the connection has ended
   */
  async connect(opened) {
    const socket = await openSocket(this.path);
    this.socket = socket;
    return new Promise((resolve) => {
      socket.addEventListener("message", (message) => {
        const data = JSON.parse(message.data);
        if (data.type === "snapshot") opened();
        if (data.people) this.send("people", data.people);
        if (data.type === "snapshot" && this.line) this.say();
        if (data.type !== "presence") this.send("news", data);
      });
      socket.addEventListener("close", (event) => resolve(event.code));
    });
  }

  /** The line that we are in; told when it has settled. @param {string | null} line */
  sit(line) {
    if (line === this.line) return;
    this.line = line;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.say(), SETTLE);
  }

  say() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ type: "here", segment: this.line }));
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
