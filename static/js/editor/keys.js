// The keys of the editor and what they do. A single key means itself beside the text, and with Alt while one writes.

import { editable } from "./state.js";

const SKIP = 5;

/**
 * @param {{editor: import("./editor.js").Editor, writing: import("./writing.js").Writing, find: import("./find.js").Find,
 *   review: import("./review.js").Review, speakers: import("./speakers.js").Speakers, menu: import("./menu.js").LineMenu,
 *   player: import("../player.js").Player, help: () => void}} parts
 * @returns {import("./shortcuts.js").Shortcut[]}
 */
export function keys({ editor, writing, find, review, speakers, menu, player, help }) {
  const line = () => writing.current();
  return [
    { name: "play", keys: ["Space"], does: () => player.toggle() },
    { name: "play_writing", keys: ["Escape"], writing: true, does: () => player.toggle() },
    { name: "back", keys: ["Alt+Comma"], does: () => player.skip(-SKIP) },
    { name: "forward", keys: ["Alt+Period"], does: () => player.skip(SKIP) },
    { name: "skip", keys: ["Shift+ArrowLeft", "Shift+ArrowRight"], shown: true, does: () => null },
    { name: "up", keys: ["Alt+ArrowUp"], does: () => void writing.go(line(), -1) },
    { name: "down", keys: ["Alt+ArrowDown"], does: () => void writing.go(line(), 1) },
    { name: "find", keys: ["Ctrl+F"], does: () => find.open() },
    { name: "replace", keys: ["Ctrl+H"], edits: true, does: () => find.open({ replace: true }) },
    { name: "doubtful", keys: ["N", "Alt+N"], does: () => void review.next() },
    { name: "accept", keys: ["Alt+A"], edits: true, does: () => void review.accept() },
    { name: "save", keys: ["Ctrl+S"], edits: true, does: () => writing.flush() },
    { name: "undo", keys: ["Ctrl+Z"], edits: true, does: () => editor.turn("undo") },
    { name: "redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], edits: true, does: () => editor.turn("redo") },
    { name: "start", keys: ["BracketLeft", "Alt+BracketLeft"], edits: true, does: () => menu.setTime(line(), "start") },
    { name: "end", keys: ["BracketRight", "Alt+BracketRight"], edits: true, does: () => menu.setTime(line(), "end") },
    { name: "speaker", keys: ["Alt+S"], edits: true, does: () => speakers.choose(line()) },
    ...numbers((number) => speakers.assign(line(), number)),
    { name: "split", keys: ["Enter"], edits: true, shown: true, does: () => null },
    { name: "join", keys: ["Backspace"], edits: true, shown: true, does: () => null },
    { name: "insert", keys: ["Ctrl+Enter"], edits: true, does: () => insert(editor, line()) },
    { name: "delete", keys: ["Alt+Delete"], edits: true, does: () => remove(editor, line()) },
    { name: "machine", keys: ["Alt+M"], does: () => void menu.machine(line()) },
    { name: "help", keys: ["Shift+Slash", "Alt+Shift+Slash"], does: () => help() },
  ];
}

/** Alt and 1 to 9, in one row of the list. @param {(number: number) => void} assign @returns {import("./shortcuts.js").Shortcut[]} */
function numbers(assign) {
  return Array.from({ length: 9 }, (_none, at) => ({
    name: at === 0 ? "assign" : "",
    keys: [`Alt+${at + 1}`],
    edits: true,
    does: () => editable() && assign(at + 1),
  }));
}

/** @param {import("./editor.js").Editor} editor @param {import("./model.js").Line | undefined} line */
function insert(editor, line) {
  if (line) void editor.insertBelow(line);
}

/** @param {import("./editor.js").Editor} editor @param {import("./model.js").Line | undefined} line */
function remove(editor, line) {
  if (line) void editor.remove(line);
}
