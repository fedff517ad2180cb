// The player: our own controls over the browser's <audio> or <video>, a waveform, the keyboard.

import { call } from "./api.js";
import { isControl, one } from "./dom.js";
import { keep, recall } from "./memory.js";
import { clock, text } from "./text.js";
import { toast } from "./toast.js";

const SKIP = 5;
const BAR = 3;
const COLOURS = 8;
const SPEED = "tadwin.speed";

/** Sends "time" whenever the position changes. */
export class Player extends EventTarget {
  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    this.root = root;
    this.media = one(root, "audio, video", HTMLMediaElement);
    this.duration = Number(root.dataset.duration) || 0;
    this.playButton = one(root, "[data-play]", HTMLButtonElement);
    this.seekBar = one(root, ".player-seek", HTMLInputElement);
    this.speed = one(root, "[data-speed]", HTMLSelectElement);
    this.now = one(root, "[data-now]", HTMLElement);
    this.wave = new Wave(one(root, ".wave", HTMLCanvasElement));
    this.reloads = 0;
    this.wanted = false;
    this.frame = 0;
    /** Where a piece that is played alone ends. */
    this.until = Infinity;
  }

  start() {
    const controls = one(this.root, ".player-controls", HTMLElement);
    controls.hidden = false;
    this.root.classList.add("player-on", "player-flat");
    this.listen();
    this.recallSpeed();
    this.show();
    const source = this.root.dataset.waveform;
    if (source) void this.loadWave(source);
  }

  listen() {
    const { media } = this;
    for (const name of ["play", "pause", "ended"]) media.addEventListener(name, () => this.show());
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) media.addEventListener(name, () => this.show());
    media.addEventListener("error", () => this.recover());
    media.addEventListener("playing", () => {
      this.reloads = 0;
      this.tick();
    });
    this.playButton.addEventListener("click", () => this.toggle());
    one(this.root, "[data-back]", HTMLButtonElement).addEventListener("click", () => this.skip(-SKIP));
    one(this.root, "[data-forward]", HTMLButtonElement).addEventListener("click", () => this.skip(SKIP));
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    this.speed.addEventListener("change", () => this.changeSpeed());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  get time() {
    return this.media.currentTime;
  }

  toggle() {
    if (this.media.paused) this.play();
    else this.media.pause();
  }

  play() {
    // A refusal arrives as the media's own "error" event too.
    this.wanted = true;
    this.media.play().catch(() => null);
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.until = Infinity;
    this.media.currentTime = Math.min(Math.max(0, seconds), this.duration || seconds);
    this.show();
  }

  /** @param {number} seconds */
  skip(seconds) {
    this.seek(this.time + seconds);
  }

  /** A piece, and then silence again. @param {number} from @param {number} to */
  playSpan(from, to) {
    this.until = to;
    this.seek(from);
    this.until = to;
    this.play();
  }

  /** Who is heard when: a digit each for equal pieces of the recording, the number of a colour, 0 for nobody. @param {string} voices */
  setVoices(voices) {
    this.wave.voices = voices;
    this.wave.drawn = "";
    this.wave.draw();
  }

  /** Time runs from left to right in every language, so the right arrow is always later. @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const arrow = { ArrowLeft: -SKIP, ArrowRight: SKIP }[event.key];
    const onBar = event.target === this.seekBar;
    if (arrow && (onBar || !isControl(event.target))) this.skip(arrow);
    else if (event.key === " " && (onBar || !isControl(event.target))) this.toggle();
    else return;
    event.preventDefault();
  }

  changeSpeed() {
    this.media.playbackRate = Number(this.speed.value);
    keep(SPEED, this.speed.value);
  }

  recallSpeed() {
    const known = recall(SPEED);
    if (known && [...this.speed.options].some((option) => option.value === known)) this.speed.value = known;
    this.media.playbackRate = Number(this.speed.value);
  }

  /** A signed address lives for minutes, a page for hours: load once more and go on where it stopped. */
  recover() {
    if (this.reloads > 1 || !this.wanted) {
      if (this.wanted) toast(text("player.broken"), "error");
      return;
    }
    this.reloads += 1;
    const { currentTime, playbackRate } = this.media;
    this.media.load();
    this.media.currentTime = currentTime;
    this.media.playbackRate = playbackRate;
    this.play();
  }

  /** "timeupdate" comes four times a second: too seldom to mark words by. */
  tick() {
    // Every jump says "playing" again: the ticking from before it would go on beside this one.
    cancelAnimationFrame(this.frame);
    if (this.media.paused) return;
    if (this.time >= this.until) {
      this.until = Infinity;
      this.media.pause();
    }
    this.dispatchEvent(new Event("time"));
    this.frame = requestAnimationFrame(() => this.tick());
  }

  show() {
    const { media, seekBar } = this;
    if (Number.isFinite(media.duration) && !this.duration) this.duration = media.duration;
    seekBar.max = String(this.duration);
    seekBar.value = String(media.currentTime);
    seekBar.setAttribute("aria-valuetext", text("player.position", { time: clock(media.currentTime), total: clock(this.duration) }));
    this.now.textContent = clock(media.currentTime);
    one(this.root, "[data-icon-play]", HTMLElement).hidden = !media.paused;
    one(this.root, "[data-icon-pause]", HTMLElement).hidden = media.paused;
    this.playButton.setAttribute("aria-label", text(media.paused ? "player.play" : "player.pause"));
    this.wave.played = this.duration ? media.currentTime / this.duration : 0;
    this.wave.draw();
    this.dispatchEvent(new Event("time"));
  }

  /** @param {string} source path of the API */
  async loadWave(source) {
    try {
      const { url } = await call(`${source.replace(/^\/api\/v1/, "")}?link=1`);
      const peaks = await (await fetch(url)).json();
      this.wave.points = peaks.points;
      this.root.classList.remove("player-flat");
      this.wave.draw();
    } catch {
      // Without its picture the bar is a plain slider, and works.
    }
  }
}

/** Draws lows and highs as bars, what has been played in the accent colour. */
class Wave {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {number[]} low, high, low, high … from -127 to 127 */
    this.points = [];
    this.played = 0;
    this.voices = "";
    this.drawn = "";
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.drawn = "";
      this.draw();
    });
  }

  draw() {
    const { canvas, points } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const bars = Math.floor(width / BAR);
    const now = `${width} ${height} ${points.length} ${Math.floor(this.played * bars)}`;
    if (!points.length || !bars || now === this.drawn) return;
    this.drawn = now;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const brush = canvas.getContext("2d");
    if (!brush) return;
    brush.scale(ratio, ratio);
    const colours = getComputedStyle(canvas);
    const voices = this.voices && voiceColours(canvas);
    for (let bar = 0; bar < bars; bar += 1) {
      const half = Math.max(1, (this.loudest(bar, bars) / 127) * (height / 2));
      const played = bar < this.played * bars;
      const voice = voices && voices[Number(this.voices[Math.floor((bar * this.voices.length) / bars)])];
      brush.globalAlpha = voice && !played ? 0.45 : 1;
      brush.fillStyle = voice || (played ? colours.color : colours.borderTopColor);
      brush.fillRect(bar * BAR, height / 2 - half, BAR - 1, half * 2);
    }
  }

  /**
   * @param {number} bar
   * @param {number} bars
   */
  loudest(bar, bars) {
    const pairs = this.points.length / 2;
    const first = Math.floor((bar * pairs) / bars);
    const last = Math.max(first + 1, Math.floor(((bar + 1) * pairs) / bars));
    let most = 0;
    for (let at = first * 2; at < last * 2; at += 1) most = Math.max(most, Math.abs(this.points[at] ?? 0));
    return most;
  }
}

/** The colours of speakers as the theme has them; none for 0, which is nobody. @param {HTMLElement} place */
function voiceColours(place) {
  return Array.from({ length: COLOURS + 1 }, (_none, number) => {
    // A new one for each: the colour of one that changes its class may still be on its way from the last.
    const probe = document.createElement("span");
    probe.className = `speaker-${number}`;
    place.after(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return number ? color : "";
  });
}
