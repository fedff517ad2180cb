"""Speakers told apart anew, over lines that people may have edited: what changes, and who keeps their name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from transcription.asr.attribute import attribute
from transcription.asr.overlaps import is_overlapped
from transcription.asr.types import Segment
from transcription.editing.changes import Change
from transcription.editing.lines import Line, Mark, Voice
from transcription.editing.operations import OVERLAP
from transcription.editing.voices import next_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from transcription.asr.types import Span, Turn


@dataclass(frozen=True, slots=True)
class Retold:
    """`voices`: the speaker of the transcript for each name in the turns."""

    change: Change
    voices: dict[str, Voice]


def retell(
    lines: Sequence[Line],
    voices: Sequence[Voice],
    turns: Sequence[Turn],
    *,
    new_id: Callable[[], str],
    labels: Iterable[str] = (),
    overlaps: Sequence[Span] | None = None,
) -> Retold:
    """Give every word the speaker that the turns say. Lines are cut where that changes, but not those that were edited.

    Whoever speaks at most the same times as somebody did before is that one, with name and colour. Speakers to whom
    nothing is left go, unless somebody named them. `labels`: all that ever were, for one that went may come back.
    `overlaps`: where several speak at once; lines there are marked, and others no longer. None: nobody can tell.
    """
    parts = [list(own) for own in _parts(lines, turns)]
    known = _matched(lines, parts, voices, new_id, [*labels, *(voice.label for voice in voices)])
    after = [new for line, own in zip(lines, parts, strict=True) for new in _lines(line, own, known, overlaps, new_id)]
    used = {line.speaker for line in after}
    gone = tuple(voice for voice in voices if voice.id not in used and not voice.name)
    there = {voice.id for voice in voices}
    added = tuple(voice for voice in known.values() if voice.id not in there and voice.id in used)
    old = {line.id: line for line in lines}
    changed = [line for line in after if old.get(line.id) != line]
    before = tuple(old[line.id] for line in changed if line.id in old)
    return Retold(Change(before, tuple(changed), gone, added), known)


def _parts(lines: Sequence[Line], turns: Iterable[Turn]) -> Iterator[Iterator[Segment]]:
    """The pieces of each line, one speaker each."""
    told = iter(attribute([_unsaid(line) for line in lines], turns))
    for line in lines:
        first = next(told)
        own = [first]
        missing = len(line.words) - len(first.words)
        while missing > 0:
            own.extend(islice(told, 1))
            missing -= len(own[-1].words)
        yield iter([_whole(line, own)] if line.edited else own)


def _unsaid(line: Line) -> Segment:
    words = tuple(replace(word, speaker=None) for word in line.words)
    return Segment(line.start_ms, line.end_ms, line.text, words, confidence=line.confidence)


def _whole(line: Line, own: Sequence[Segment]) -> Segment:
    """An edited line stays one: it is whose most of its words are."""
    votes = Counter({part.speaker: 0 for part in own})
    for part in own:
        votes[part.speaker] += max(1, len(part.words))
    words = tuple(word for part in own for word in part.words)
    return replace(_unsaid(line), words=words, speaker=votes.most_common(1)[0][0])


def _matched(
    lines: Sequence[Line],
    parts: Sequence[Sequence[Segment]],
    voices: Sequence[Voice],
    new_id: Callable[[], str],
    labels: list[str],
) -> dict[str, Voice]:
    """Pairs of a name in the turns and a speaker, those first that share most time; a new speaker for the others."""
    shared: Counter[tuple[str, str]] = Counter()
    names: dict[str, None] = {}
    for line, own in zip(lines, parts, strict=True):
        for part in own:
            if part.speaker:
                names[part.speaker] = None
                if line.speaker:
                    shared[part.speaker, line.speaker] += part.end_ms - part.start_ms + 1
    by_id = {voice.id: voice for voice in voices}
    found: dict[str, Voice] = {}
    for (name, speaker), _time in shared.most_common():
        if name not in found and speaker in by_id:
            found[name] = by_id.pop(speaker)
    for name in names:
        if name not in found:
            labels.append(next_label(labels))
            found[name] = Voice(new_id(), labels[-1])
    return found


def _lines(
    line: Line,
    own: Sequence[Segment],
    known: dict[str, Voice],
    overlaps: Sequence[Span] | None,
    new_id: Callable[[], str],
) -> Iterator[Line]:
    for number, part in enumerate(own):
        voice = known.get(part.speaker or "")
        labels = {name: one.label for name, one in known.items()}
        words = tuple(replace(word, speaker=labels.get(word.speaker or "")) for word in part.words)
        flags = line.flags if overlaps is None else _flags(line, is_overlapped(part, overlaps))
        told = replace(line, words=words, speaker=voice.id if voice else None, flags=flags)
        if len(own) > 1:
            told = replace(told, text=part.text, start_ms=part.start_ms, end_ms=part.end_ms, confidence=part.confidence)
        yield told if number == 0 else replace(told, id=new_id(), version=1)


def _flags(line: Line, overlapped: bool) -> tuple[Mark, ...]:
    """With the mark of an overlap, or without. One that a person has hidden stays hidden."""
    if any(mark.type == OVERLAP.type and mark.hidden for mark in line.flags):
        return line.flags
    kept = tuple(mark for mark in line.flags if mark.type != OVERLAP.type)
    return (*kept, OVERLAP) if overlapped else kept
