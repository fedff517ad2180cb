"""Which language is spoken where, in recordings that mix several."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from transcription.asr.chunk import pieces, samples_of
from transcription.asr.types import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from transcription.asr.types import Chunk

    Hear = Callable[[NDArray[np.float32]], tuple[str, float]]

# Long enough to tell a language by, short enough that one without a pause is rarely two.
LONGEST_MS = 10_000
# Less, or less sure, is taken for the language around it: a name or a "yes" is no change of language.
SHORTEST_MS, SURE = 1_000, 0.5


@dataclass(frozen=True, slots=True)
class Region:
    """Neighbouring speech in one language, in spans that fit the model's window."""

    language: str
    confidence: float
    windows: tuple[Span, ...]

    @property
    def duration_ms(self) -> int:
        return sum(window.duration_ms for window in self.windows)


@dataclass(frozen=True, slots=True)
class _Heard:
    span: Span
    language: str
    confidence: float

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE and self.span.duration_ms >= SHORTEST_MS


def regions(chunk: Chunk, hear: Hear, *, window_ms: int, gap_ms: int) -> list[Region]:
    """The chunk's speech in order of time. A chunk without speech has no regions.

    `hear` tells (language, probability) of some samples; it is asked once for each stretch between two pauses.
    """
    heard = [_Heard(span, *hear(samples_of(chunk, span))) for span in pieces(chunk, max_ms=LONGEST_MS, gap_ms=0)]
    settled = zip(_settled(heard), heard, strict=True)
    found = []
    for language, group in groupby(settled, key=lambda pair: pair[0]):
        members = [one for _, one in group]
        spoken = replace(chunk, speech=tuple(one.span for one in members))
        windows = tuple(pieces(spoken, max_ms=window_ms, gap_ms=gap_ms))
        own = [one.confidence for one in members if one.language == language]
        found.append(Region(language, sum(own) / len(own) if own else 0.0, windows))
    return found


def main_language(found: Sequence[Region]) -> tuple[str | None, float | None]:
    """The language in which most is said, and how sure that is."""
    spoken: dict[str, int] = defaultdict(int)
    for region in found:
        spoken[region.language] += region.duration_ms
    if not spoken:
        return None, None
    language = max(spoken, key=spoken.__getitem__)
    weights = [(region.confidence, region.duration_ms) for region in found if region.language == language]
    return language, round(sum(one * ms for one, ms in weights) / spoken[language], 4)


def _settled(heard: Sequence[_Heard]) -> list[str]:
    """A language for each: its own where that is sure, else that of the sure one before, else of the one after."""
    known = [one.language if one.is_sure else None for one in heard]
    first = next((language for language in known if language), None) or _likeliest(heard)
    settled, last = [], first
    for language in known:
        last = language or last
        settled.append(last)
    return settled


def _likeliest(heard: Sequence[_Heard]) -> str:
    votes: dict[str, float] = defaultdict(float)
    for one in heard:
        votes[one.language] += one.confidence * one.span.duration_ms
    return max(votes, key=votes.__getitem__, default="")
