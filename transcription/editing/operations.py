"""What people do to lines. Each takes the lines it touches and gives a `Change`, or raises EditError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import EllipsisType

from transcription.asr.overlaps import OVERLAP as OVERLAPPED
from transcription.asr.segments import mean_confidence
from transcription.asr.text.tokens import clean, is_unspaced, stretches
from transcription.asr.types import Word, gettext_noop
from transcription.editing.changes import Change
from transcription.editing.lines import CERTAIN, EditError, Line, Mark
from transcription.editing.words import in_order, moved, parted, retimed, spread_over

OVERLAP = Mark(OVERLAPPED.type, OVERLAPPED.reason)


def edit(
    line: Line,
    *,
    text: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    speaker: str | EllipsisType | None = ...,
) -> Change:
    """Another text, other times, another speaker (None: nobody), or all of it.

    The text is written on one line, with single spaces.
    """
    start = line.start_ms if start_ms is None else start_ms
    end = line.end_ms if end_ms is None else end_ms
    after = _at(line, start, end)
    if text is not None and clean(text) != clean(line.text):
        after = _with_text(after, clean(text))
    if not isinstance(speaker, EllipsisType) and speaker != line.speaker:
        after = replace(after, speaker=speaker, edited=True)
    return _changed([line], [after])


def split(line: Line, at: int, *, id: str) -> Change:
    """Cut the text before its character `at`: the left part keeps the id, the right one is new and follows it.

    A word that is cut becomes two. The new line has the old one's position: whoever writes it gives it its own.
    """
    left_text, right_text = clean(line.text[:at]), clean(line.text[at:])
    if not left_text or not right_text:
        raise EditError("at", gettext_noop("A line is split between two words. Choose a place inside its text."))
    left, right = _parted(line, at)
    border = left[-1].end_ms if left else right[0].start_ms if right else (line.start_ms + line.end_ms) // 2
    first = replace(line, text=left_text, words=left, end_ms=border, confidence=_confidence(line, left), edited=True)
    begin = right[0].start_ms if right else border
    second = replace(
        line,
        id=id,
        text=right_text,
        words=right,
        start_ms=begin,
        confidence=_confidence(line, right),
        edited=True,
        version=1,
    )
    return Change((line,), (first, second))


def merge(line: Line, following: Line) -> Change:
    """`following` joins `line`, which keeps its id, and its speaker where it has one. No word is lost."""
    end = max(line.end_ms, following.end_ms)
    start = min(line.start_ms, following.start_ms)
    words = in_order((*line.words, *following.words), start, end)
    joined = replace(
        line,
        start_ms=start,
        end_ms=end,
        text=_joined(line.text, following.text),
        words=words,
        speaker=line.speaker or following.speaker,
        language=line.language or following.language,
        flags=tuple({one.type: one for one in (*following.flags, *line.flags)}.values()),
        edited=True,
    )
    joined = replace(joined, confidence=_confidence(joined, words))
    return Change((line, following), (joined,))


def insert(
    *, id: str, position: int, start_ms: int, end_ms: int, text: str, speaker: str | None = None, language: str = ""
) -> Change:
    """A new line whose words share its time."""
    written = clean(text)
    words = tuple(spread_over([written[a:b] for a, b in stretches(written)], start_ms, end_ms))
    line = Line(id, position, start_ms, end_ms, written, words, speaker, language, CERTAIN, (), edited=True)
    return Change((), (line,))


def delete(lines: Iterable[Line]) -> Change:
    return Change(tuple(lines), ())


def assign(lines: Sequence[Line], speaker: str | None) -> Change:
    """Give all lines to one speaker, or to nobody."""
    return _changed(lines, [replace(line, speaker=speaker, edited=True) for line in lines if line.speaker != speaker])


def rewrite(lines: Iterable[Line], texts: dict[str, str]) -> Change:
    """Many lines with new texts, by their ids: one operation, as replacing is."""
    touched = [line for line in lines if line.id in texts and clean(texts[line.id]) != clean(line.text)]
    return _changed(touched, [_with_text(line, clean(texts[line.id])) for line in touched])


def realign(lines: Sequence[Line], words: Mapping[str, Sequence[Word]]) -> Change:
    """The same words at other times, by the ids of their lines. A line grows where its words reach out of it."""
    return _changed(lines, [_with_times(line, words[line.id]) for line in lines if line.id in words])


def set_flag(line: Line, type: str, *, hidden: bool) -> Change:
    """Hide a doubt, or show it again."""
    if all(one.type != type for one in line.flags):
        raise EditError("type", gettext_noop("This line has no such flag."), "not_found")
    flags = tuple(replace(one, hidden=hidden) if one.type == type else one for one in line.flags)
    return _changed([line], [replace(line, flags=flags)])


def accept(line: Line, word: int | None = None, *, overlaps: bool = False) -> Change:
    """A person has listened, and the word, or the whole line, is right. `overlaps`: that is a doubt about it too."""
    if word is not None:
        if not 0 <= word < len(line.words):
            raise EditError("word", gettext_noop("This line has no such word."), "not_found")
        words = tuple(replace(one, confidence=CERTAIN) if at == word else one for at, one in enumerate(line.words))
        return _changed([line], [replace(line, words=words, confidence=_confidence(line, words))])
    flags = tuple(replace(one, hidden=True) for one in line.flags)
    if overlaps and all(one.type != OVERLAP.type for one in flags):
        flags = (*flags, replace(OVERLAP, hidden=True))
    words = tuple(replace(one, confidence=CERTAIN) for one in line.words)
    return _changed([line], [replace(line, words=words, confidence=CERTAIN, flags=flags)])


def run_from(lines: Iterable[Line], first: Line) -> list[Line]:
    """`first` and the lines right behind it that have its speaker. `lines`: in order, from `first` on."""
    _, run = next(groupby(lines, key=lambda line: line.speaker), (None, iter([first])))
    return list(run)


def _changed(before: Sequence[Line], after: Sequence[Line]) -> Change:
    """Only what really differs."""
    new = {line.id: line for line in after}
    touched = [line for line in before if line.id in new and new[line.id] != line]
    return Change(tuple(touched), tuple(new[line.id] for line in touched))


def _at(line: Line, start_ms: int, end_ms: int) -> Line:
    if end_ms < start_ms:
        raise EditError("end", gettext_noop("A line cannot end before it begins."))
    if (start_ms, end_ms) == (line.start_ms, line.end_ms):
        return line
    shift = start_ms - line.start_ms if end_ms - line.end_ms == start_ms - line.start_ms else None
    words = moved(line.words, start_ms, end_ms, by_ms=shift)
    return replace(line, start_ms=start_ms, end_ms=end_ms, words=words, edited=True)


def _with_text(line: Line, text: str) -> Line:
    words = retimed(line.text, line.words, text, line.start_ms, line.end_ms)
    return replace(line, text=text, words=words, confidence=_confidence(line, words), edited=True)


def _with_times(line: Line, words: Sequence[Word]) -> Line:
    start, end = min(line.start_ms, words[0].start_ms), max(line.end_ms, words[-1].end_ms)
    return replace(line, start_ms=start, end_ms=end, words=in_order(words, start, end))


def _confidence(line: Line, words: Sequence[Word]) -> float | None:
    """That of its words; where none has one, what the line had."""
    known = mean_confidence(words)
    return line.confidence if known is None else known


def _parted(line: Line, at: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words before and behind a place in the text."""
    left, right = line.text[:at], line.text[at:]
    whole = f"{left} {right}"
    return parted(whole, retimed(line.text, line.words, whole, line.start_ms, line.end_ms), len(left))


def _joined(first: str, second: str) -> str:
    if not first or not second:
        return first or second
    glue = "" if is_unspaced(first[-1]) and is_unspaced(second[0]) else " "
    return f"{first}{glue}{second}"
