"""Words to speakers: which turn does each word belong to, and segments split where the speaker changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

import numpy as np

from transcription.asr.segments import split
from transcription.asr.types import Segment, Turn, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Times = NDArray[np.int64]

MAX_WORD_MS = 600  # recognizers stretch a last word over the silence behind it
NEAREST_MS = 1_500
BLOCK_WORDS = 20_000  # decided at once: many speakers need memory for each
ISLAND_WORDS = 2
ISLAND_MS = 350
ISLAND_MS_PER_WORD = 250
ISLAND_PAUSE_MS = 210
SLIP_MS = 500  # a turn that is longer was somebody's


class TurnIndex:
    """Turns for questions about times, one or many at once, each by binary search.

    The ends' prefix maximum lets a search skip all turns that are over. How long each speaker has spoken up to a time
    is a line with bends at the turns' edges, so that its difference tells who speaks how much within a stretch.
    """

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms))
        self._starts = [turn.start_ms for turn in self._turns]
        self._latest_ends = list(accumulate((turn.end_ms for turn in self._turns), max))
        self._names = list(dict.fromkeys(turn.speaker for turn in self._turns))
        self._edges, self._voices, self._spoken = _bends(self._turns, self._names)

    def overlaps(self, start_ms: int, end_ms: int) -> dict[str, int]:
        """Milliseconds of each speaker within a stretch of time."""
        first, last = bisect_right(self._latest_ends, start_ms), bisect_left(self._starts, end_ms)
        shared: dict[str, int] = {}
        for turn in self._turns[first:last]:
            length = min(end_ms, turn.end_ms) - max(start_ms, turn.start_ms)
            if length > 0:
                shared[turn.speaker] = shared.get(turn.speaker, 0) + length
        return shared

    def longest(self, speaker: str, start_ms: int, end_ms: int) -> int:
        """Milliseconds of this speaker's longest turn that shares a stretch of time; 0 where none does."""
        first, last = bisect_right(self._latest_ends, start_ms), bisect_left(self._starts, end_ms)
        own = (turn for turn in self._turns[first:last] if turn.speaker == speaker and turn.end_ms > start_ms)
        return max((turn.end_ms - turn.start_ms for turn in own), default=0)

    def nearest(self, at_ms: int) -> str | None:
        """The speaker of the turn whose edge is nearest, if that is within 1.5 s."""
        return self._nearest(np.array([at_ms], np.int64))[0]

    def clearly(self, starts: Times, ends: Times) -> tuple[list[str | None], list[int]]:
        """Who has most of each stretch, or is nearest where nobody has any; and the indices of the ties."""
        if not self._turns:
            return [None] * len(starts), []
        shared = self._spoken_until(ends) - self._spoken_until(starts)
        best, rows = shared.argmax(axis=1), np.arange(len(shared))
        most = shared[rows, best]
        shared[rows, best] = 0
        second = shared.max(axis=1)
        found: list[str | None] = np.array(self._names, object)[best].tolist()
        gaps = np.flatnonzero(most <= 0)
        for at, speaker in zip(gaps.tolist(), self._nearest((starts[gaps] + ends[gaps]) // 2), strict=True):
            found[at] = speaker
        return found, np.flatnonzero((second > 0) & (second == most)).tolist()

    def _spoken_until(self, times: Times) -> Times:
        """Milliseconds that each speaker has spoken before each time, shape (times, speakers)."""
        at = np.maximum(np.searchsorted(self._edges, times, side="right") - 1, 0)
        spoken: Times = self._spoken[at] + self._voices[at] * (times - self._edges[at])[:, None]
        return spoken

    def _nearest(self, times: Times) -> list[str | None]:
        """Of the turns that began, the one that ends last, or the next to begin, whichever is nearer."""
        if not self._turns:
            return [None] * len(times)
        starts, ends = np.array(self._starts), np.array(self._latest_ends)
        after = np.searchsorted(starts, times, side="right")
        latest = ends[np.maximum(after, 1) - 1]
        behind = np.where(after > 0, np.maximum(times - latest, 0), NEAREST_MS + 1)
        ahead = np.where(after < len(starts), starts[np.minimum(after, len(starts) - 1)] - times, NEAREST_MS)
        is_begun = behind <= ahead
        chosen = np.where(is_begun, np.searchsorted(ends, np.minimum(times, latest)), after)
        near = np.where(is_begun, behind <= NEAREST_MS, ahead < NEAREST_MS)
        pairs = zip(chosen.tolist(), near.tolist(), strict=True)
        return [self._turns[at].speaker if is_near else None for at, is_near in pairs]


def _bends(turns: Sequence[Turn], names: Sequence[str]) -> tuple[Times, Times, Times]:
    """When voices set in or stop; how many of each speaker there are from then on, and what they spoke until then."""
    real = [turn for turn in turns if turn.end_ms > turn.start_ms]
    number = {name: at for at, name in enumerate(names)}
    who = np.array([number[turn.speaker] for turn in real], np.int64)
    starts = np.array([turn.start_ms for turn in real], np.int64)
    ends = np.array([turn.end_ms for turn in real], np.int64)
    before = starts[:1] - 1 if real else np.zeros(1, np.int64)  # a time without voices, for all that comes before
    edges = np.unique(np.concatenate([before, starts, ends]))
    voices = np.zeros((len(edges), len(names)), np.int64)
    np.add.at(voices, (np.searchsorted(edges, starts), who), 1)
    np.add.at(voices, (np.searchsorted(edges, ends), who), -1)
    voices = voices.cumsum(axis=0)
    spoken = np.zeros_like(voices)
    spoken[1:] = (voices[:-1] * np.diff(edges)[:, None]).cumsum(axis=0)
    return edges, voices, spoken


def attribute(segments: Sequence[Segment], turns: Iterable[Turn]) -> tuple[Segment, ...]:
    """Segments with speakers, each of one speaker: split where that changes. Speakers that words have stay.

    A word goes to the speaker who shares most of it; on a tie to the one who began first; in a gap to the nearest edge.
    One or two words between words of one other speaker, without a pause and in a short turn, are taken for its slip.
    """
    index = TurnIndex(turns)
    words = [word for segment in segments for word in segment.words]
    speakers = iter(_smooth(words, _speakers(words, index), index))
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
    middle = (segment.start_ms + segment.end_ms) // 2
    return _most(index, segment.start_ms, segment.end_ms) or index.nearest(middle)


def _most(index: TurnIndex, start_ms: int, end_ms: int) -> str | None:
    """Who shares most of a stretch; of equals the one whose turn began first. None where nobody speaks."""
    shared = index.overlaps(start_ms, end_ms)
    return max(shared, key=shared.__getitem__, default=None)


def speakers_of(words: Sequence[Word], turns: Iterable[Turn]) -> list[str | None]:
    """Who says each word, by the rules of `attribute`; None where nobody is near."""
    index = TurnIndex(turns)
    return _smooth(words, _speakers(words, index), index)


def _speakers(words: Sequence[Word], index: TurnIndex) -> list[str | None]:
    """Most words have one answer and get it all at once; ties are looked at one by one."""
    found: list[str | None] = []
    for first in range(0, len(words), BLOCK_WORDS):
        block = words[first : first + BLOCK_WORDS]
        starts, ends = _times(block)
        best, ties = index.clearly(starts, ends)
        for at in ties:
            best[at] = _most(index, int(starts[at]), int(ends[at]))
        found.extend(word.speaker or speaker for word, speaker in zip(block, best, strict=True))
    return found


def _times(words: Sequence[Word]) -> tuple[Times, Times]:
    starts = np.fromiter((word.start_ms for word in words), np.int64, len(words))
    ends = np.fromiter((word.end_ms for word in words), np.int64, len(words))
    return starts, np.minimum(ends, starts + MAX_WORD_MS)


def _smooth(words: Sequence[Word], speakers: list[str | None], index: TurnIndex) -> list[str | None]:
    result, at = list(speakers), 0
    for _, group in groupby(speakers):
        end = at + len(list(group))
        if _is_island(words, result, at, end) and _is_slip(words[at:end], result[at], index):
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


def _is_slip(island: Sequence[Word], speaker: str | None, index: TurnIndex) -> bool:
    """Whether only a short turn speaks for the island. Where two speak at once, long turns of both are right."""
    if speaker is None:
        return True
    if any(word.speaker for word in island):
        return False
    return index.longest(speaker, island[0].start_ms, island[-1].end_ms) <= SLIP_MS


def _filled(speakers: Sequence[str | None]) -> list[str | None]:
    """Unknown ones take the speaker before them in the segment, else the first known one."""
    first = next((speaker for speaker in speakers if speaker), None)
    result: list[str | None] = []
    for speaker in speakers:
        result.append(speaker or (result[-1] if result else first))
    return result
