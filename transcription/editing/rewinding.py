"""Lines as they were at an earlier version, by taking operations back one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from transcription.editing.changes import Change, Difference, applied, difference
from transcription.editing.lines import Line, Voice


@dataclass(frozen=True, slots=True)
class State:
    """Lines and speakers by id. May hold a part of a transcript: then only that part is rewound."""

    lines: Mapping[str, Line] = field(default_factory=dict)
    voices: Mapping[str, Voice] = field(default_factory=dict)

    def after(self, change: Change) -> State:
        lines, voices = dict(self.lines), dict(self.voices)
        for line in change.before:
            lines.pop(line.id, None)
        for voice in change.voices_before:
            voices.pop(voice.id, None)
        lines.update((line.id, line) for line in change.after)
        voices.update((voice.id, voice) for voice in change.voices_after)
        return State(lines, voices)


def rewound(state: State, newest_first: Iterable[Difference]) -> State:
    """The state before all of these operations. It must hold, as they are now, all lines that they touched."""
    for one in newest_first:
        state = state.after(applied(one.inverse, state.lines, state.voices, check=False))
    return state


def between(now: State, then: State) -> Change:
    """What leads from one state to the other. Lines that are in both stay in their places."""
    kept = (
        replace(line, position=now.lines[line.id].position) if line.id in now.lines else line
        for line in then.lines.values()
    )
    whole = Change(tuple(now.lines.values()), tuple(kept), tuple(now.voices.values()), tuple(then.voices.values()))
    return applied(difference(whole), now.lines, now.voices)


def with_known_speaker(old: Line, current: Line | None, now: State) -> Line:
    """An earlier line with its speaker, where that one is still there; else with the one it has now."""
    if old.speaker is None or old.speaker in now.voices:
        return old
    return replace(old, speaker=current.speaker if current else None)
