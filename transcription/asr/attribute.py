"""Words to speakers: which turn does each word belong to, and segments split where the speaker changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from transcription.asr.segments import split
from transcription.asr.types import Segment, Turn, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_WORD_MS = 600  # recognizers stretch a last word over the silence behind it
NEAREST_MS = 1_500
TIE_SHARE = 0.8
ISLAND_WORDS = 2
ISLAND_MS = 350
ISLAND_MS_PER_WORD = 250
ISLAND_PAUSE_MS = 210


class TurnIndex:
    """Turns for questions about a time: the ends' prefix maximum lets a search skip all turns that are over."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms))
        self._starts = [turn.start_ms for turn in self._turns]
        self._latest_ends = list(accumulate((turn.end_ms for turn in self._turns), max))

    def overlaps(self, start_ms: int, end_ms: int) -> dict[str, int]:
        """Milliseconds of each speaker within a stretch of time."""
        first, last = bisect_right(self._latest_ends, start_ms), bisect_left(self._starts, end_ms)
        shared: dict[str, int] = {}
        for turn in self._turns[first:last]:
            length = min(end_ms, turn.end_ms) - max(start_ms, turn.start_ms)
            if length > 0:
                shared[turn.speaker] = shared.get(turn.speaker, 0) + length
        return shared

    def nearest(self, at_ms: int) -> str | None:
        """The speaker of the turn whose edge is nearest, if that is within 1.5 s."""
        last = bisect_left(self._starts, at_ms + NEAREST_MS)
        first = bisect_left(self._latest_ends, at_ms - NEAREST_MS)
        near = self._turns[first:last]
        best = min(near, key=lambda turn: _distance(turn, at_ms), default=None)
        return best.speaker if best and _distance(best, at_ms) <= NEAREST_MS else None


def _distance(turn: Turn, at_ms: int) -> int:
    return max(turn.start_ms - at_ms, at_ms - turn.end_ms, 0)


def attribute(segments: Sequence[Segment], turns: Iterable[Turn]) -> tuple[Segment, ...]:
    """Segments with speakers, each of one speaker: split where that changes. Speakers that words have stay.

    A word goes to the speaker who shares most of it; on a near tie to the one before; in a gap to the nearest edge.
    One or two words between words of one other speaker, without a pause, are taken for a slip of the turns.
    """
    index = TurnIndex(turns)
    words = [word for segment in segments for word in segment.words]
    speakers = iter(_smooth(words, _speakers(words, index)))
    result: list[Segment] = []
    for segment in segments:
        if not segment.words:
            result.append(replace(segment, speaker=segment.speaker or _of_stretch(segment, index)))
            continue
        own = _filled([next(speakers) for _ in segment.words])
        said = tuple(replace(word, speaker=speaker) for word, speaker in zip(segment.words, own, strict=True))
        cuts = [at for at in range(1, len(own)) if own[at] != own[at - 1]]
        parts = split(replace(segment, words=said), cuts)
        result.extend(replace(part, speaker=part.words[0].speaker) for part in parts)
    return tuple(result)


def _of_stretch(segment: Segment, index: TurnIndex) -> str | None:
    shared = index.overlaps(segment.start_ms, segment.end_ms)
    return max(shared, key=shared.__getitem__) if shared else index.nearest((segment.start_ms + segment.end_ms) // 2)


def _speakers(words: Sequence[Word], index: TurnIndex) -> list[str | None]:
    found: list[str | None] = []
    for word in words:
        found.append(word.speaker or _of_word(word, index, found[-1] if found else None))
    return found


def _of_word(word: Word, index: TurnIndex, before: str | None) -> str | None:
    end = min(word.end_ms, word.start_ms + MAX_WORD_MS)
    shared = index.overlaps(word.start_ms, end)
    if not shared:
        return index.nearest((word.start_ms + end) // 2)
    best, *rest = sorted(shared, key=shared.__getitem__, reverse=True)
    if rest and before in (best, rest[0]) and shared[rest[0]] > TIE_SHARE * shared[best]:
        return before
    return best


def _smooth(words: Sequence[Word], speakers: list[str | None]) -> list[str | None]:
    result, at = list(speakers), 0
    for _, group in groupby(speakers):
        end = at + len(list(group))
        if _is_island(words, result, at, end):
            result[at:end] = [result[at - 1]] * (end - at)
        at = end
    return result


def _is_island(words: Sequence[Word], speakers: Sequence[str | None], first: int, last: int) -> bool:
    count = last - first
    if first == 0 or last == len(words) or count > ISLAND_WORDS or speakers[first - 1] != speakers[last]:
        return False
    length = words[last - 1].end_ms - words[first].start_ms
    pauses = words[first].start_ms - words[first - 1].end_ms, words[last].start_ms - words[last - 1].end_ms
    return length < ISLAND_MS + ISLAND_MS_PER_WORD * (count - 1) and max(pauses) < ISLAND_PAUSE_MS


def _filled(speakers: Sequence[str | None]) -> list[str | None]:
    """Unknown ones take the speaker before them in the segment, else the first known one."""
    first = next((speaker for speaker in speakers if speaker), None)
    result: list[str | None] = []
    for speaker in speakers:
        result.append(speaker or (result[-1] if result else first))
    return result
