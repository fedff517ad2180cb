"""Which places of a transcript a person should listen to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transcription.editing.lines import CERTAIN
from transcription.editing.operations import OVERLAP

if TYPE_CHECKING:
    from transcription.editing.lines import Json

LOW_CONFIDENCE, INTERPOLATED = "low_confidence", "interpolated"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line (`word` None) or one word of it. `reasons`: types of flags, `overlap`, and the two above."""

    segment: str
    position: int
    word: int | None
    reasons: tuple[str, ...]


def doubts_of(
    segment: str,
    position: int,
    words: Sequence[list[Any]],
    flags: Iterable[Json],
    confidence: float | None,
    *,
    threshold: float,
    overlaps: bool,
) -> Iterator[Doubt]:
    """Those of one line: the line itself, then its words (as rows keep them). What a person accepted is none."""
    flags = list(flags)
    hidden = {flag["type"] for flag in flags if flag.get("hidden")}
    reasons = [flag["type"] for flag in flags if flag["type"] not in hidden]
    if overlaps and OVERLAP.type not in hidden and OVERLAP.type not in reasons:
        reasons.append(OVERLAP.type)
    if not words and confidence is not None and confidence < threshold:
        reasons.append(LOW_CONFIDENCE)
    if reasons:
        yield Doubt(segment, position, None, tuple(dict.fromkeys(reasons)))
    for at, (_text, _start, _end, sure, _speaker, interpolated) in enumerate(words):
        found = []
        if sure is not None and sure < threshold:
            found.append(LOW_CONFIDENCE)
        if interpolated and sure != CERTAIN:
            found.append(INTERPOLATED)
        if found:
            yield Doubt(segment, position, at, tuple(found))
