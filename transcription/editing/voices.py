"""What people do to the speakers of a transcript."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from transcription.asr.types import gettext_noop
from transcription.editing.changes import Change
from transcription.editing.lines import EditError, Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transcription.editing.lines import Line

COLOURS = 8
_LABEL = re.compile(r"S(\d{1,9})", re.ASCII)


def add(voice: Voice, lines: Sequence[Line] = ()) -> Change:
    """A new speaker, who takes `lines`."""
    return Change(tuple(lines), _given(lines, voice.id), (), (voice,))


def describe(voice: Voice, *, name: str | None = None, colour: int | None = None) -> Change:
    """Another name, another colour, or both."""
    after = replace(voice, name=voice.name if name is None else name, colour=voice.colour if colour is None else colour)
    return Change() if after == voice else Change(voices_before=(voice,), voices_after=(after,))


def merge(voice: Voice, into: Voice, lines: Sequence[Line]) -> Change:
    """`into` takes the `lines` of `voice`, which goes."""
    if voice.id == into.id:
        raise EditError("into", gettext_noop("A speaker is not merged with itself. Choose another one."))
    return Change(tuple(lines), _given(lines, into.id), (voice,), ())


def next_label(known: Iterable[str]) -> str:
    """S4 after S1, S2 and S3. Give all labels that ever were: one that went may come back by undo."""
    return label_of(max((number_of(label) or 0 for label in known), default=0) + 1)


def label_of(number: int) -> str:
    """S3 of 3."""
    return f"S{number}"


def number_of(label: str) -> int | None:
    """3 of S3; None of what an engine calls otherwise."""
    found = _LABEL.fullmatch(label)
    return int(found[1]) if found else None


def colour_of(voice_label: str, colour: int | None) -> int:
    """What is shown, 1 to 8: the chosen one, else by the label's number, so that others keep theirs when one goes."""
    if colour:
        return colour
    return ((number_of(voice_label) or 1) - 1) % COLOURS + 1


def _given(lines: Sequence[Line], speaker: str) -> tuple[Line, ...]:
    return tuple(replace(line, speaker=speaker) for line in lines)
