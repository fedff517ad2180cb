// The transcript page: its parts, tied together.

import { one, ready } from "./dom.js";
import { Blocks } from "./editor/blocks.js";
import { Drafts } from "./editor/draft.js";
import { Painter } from "./editor/draw.js";
import { Editor } from "./editor/editor.js";
import { Find } from "./editor/find.js";
import { Follow } from "./editor/follow.js";
import { History } from "./editor/history.js";
import { keys } from "./editor/keys.js";
import { LineMenu } from "./editor/menu.js";
import { Model } from "./editor/model.js";
import { Others } from "./editor/others.js";
import { Place } from "./editor/place.js";
import { Queue } from "./editor/queue.js";
import { Review } from "./editor/review.js";
import { Saving } from "./editor/saving.js";
import { Shortcuts } from "./editor/shortcuts.js";
import { Speakers, closeable } from "./editor/speakers.js";
import { hear, state } from "./editor/state.js";
import { Suggested } from "./editor/suggested.js";
import { Talk } from "./editor/talk.js";
import { Writing } from "./editor/writing.js";
import { Player } from "./player.js";

const player = new Player(one(document, "[data-player]", HTMLElement));
const lines = document.querySelector("[data-lines]");
if (lines instanceof HTMLElement) begin(lines, JSON.parse(one(document, "#layout", HTMLScriptElement).textContent ?? "{}"));
player.start();
if (lines) ready(lines);

/**
 * @param {HTMLElement} root
 * @param {import("./editor/blocks.js").Layout} layout
 */
function begin(root, layout) {
  const { transcript, user, version, locked, duration } = layout;
  Object.assign(state, { transcript, user, version, locked, duration, canEdit: layout.can_edit });
  const model = new Model();
  model.setSpeakers(layout.speakers);
  const painter = new Painter(model, layout.reasons, layout.mixed);
  const blocks = new Blocks(root, layout, model, painter);
  const history = new History();
  const editor = new Editor(model, blocks, painter, new Queue(model, history), history);
  blocks.place();
  one(document, "#editor-bar", HTMLElement).hidden = false;

  const drafts = new Drafts(() => ({ changes: editor.unsaved(), recalled: editor.queue.recalled }));
  const writing = new Writing(root, editor, drafts);
  const follow = new Follow(blocks, player);
  const find = new Find(editor, writing);
  const speakers = new Speakers(editor, player, new Suggested(editor, layout.suggestions));
  const menu = new LineMenu(editor, speakers, player);
  const review = new Review(editor, find, player);
  const shortcuts = new Shortcuts(keys({ editor, writing, find, review, speakers, menu, player, help: () => help(shortcuts) }));
  blocks.held = (line) => line === follow.line || line.contains(document.activeElement) || Boolean(model.of(line)?.theirs);
  for (const part of [writing, follow, find, speakers, new Talk(editor, player, find), menu, review, shortcuts]) part.start();
  if (state.canEdit) new Others(editor, drafts).start();
  new Saving(editor, drafts).start();
  tools(editor, shortcuts);
  hear("lock", () => speakers.draw());
  player.setVoices(layout.voices);
  openAt(editor, follow);
}

/** @param {Shortcuts} shortcuts */
function help({ dialog }) {
  if (!dialog.open) dialog.showModal();
}

/**
 * @param {Editor} editor
 * @param {Shortcuts} shortcuts
 */
function tools(editor, shortcuts) {
  closeable(shortcuts.dialog);
  document.querySelector('[data-do="help"]')?.addEventListener("click", () => help(shortcuts));
  for (const way of /** @type {const} */ (["undo", "redo"])) {
    const button = document.querySelector(`[data-do="${way}"]`);
    if (!(button instanceof HTMLButtonElement)) continue;
    button.addEventListener("click", () => editor.turn(way));
    const show = () => (button.disabled = state.locked || !editor.can(way));
    editor.history.addEventListener("change", show);
    editor.queue.addEventListener("state", show);
    hear("typed", show);
    show();
  }
  hear("lock", ({ locked }) => {
    state.locked = Boolean(locked);
    editor.unlockAll();
    editor.history.changed();
    if (!state.locked) void editor.queue.send();
  });
}

/**
 * A hit of the search leads to its second; whether it may also sound is the browser's to say. Else one is where one was.
 * @param {Editor} editor
 * @param {Follow} follow
 */
function openAt(editor, follow) {
  const hash = Number(/^#t=([\d.]+)$/.exec(location.hash)?.[1]);
  const asked = Number(new URLSearchParams(location.search).get("t"));
  const moment = hash || asked;
  if (moment > 0) {
    player.seek(moment);
    void follow.reveal(moment, true);
    if (asked > 0) player.play();
  }
  void new Place(editor).start(moment > 0);
  hear("reveal", ({ segment, seconds }) => {
    const line = segment ? editor.model.byId(segment) : undefined;
    if (line) void editor.show(line);
    else if (Number.isFinite(seconds)) void follow.reveal(seconds, true);
  });
}
