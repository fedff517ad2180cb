"""Where several people speak at once: a recognizer hears one of them, and the words may be another's."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from transcription.asr.types import Flag, Segment, Span, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transcription.asr.types import Turn

OVERLAP = Flag("overlap", gettext_noop("Another voice is heard at the same time."))
# Detectors place edges differently: where one takes over from another, both may seem to speak for a moment.
SHORTEST_MS = 300


def overlapping(turns: Iterable[Turn]) -> tuple[Span, ...]:
    """The stretches in which two speakers or more speak, in order. No two turns of one speaker may overlap."""
    edges = sorted(edge for turn in turns for edge in ((turn.start_ms, 1), (turn.end_ms, -1)))
    found: list[Span] = []
    voices = since = 0
    for at, change in edges:
        if voices <= 1 < voices + change:
            since = at
        elif voices + change <= 1 < voices and at > since:
            found.append(Span(since, at))
        voices += change
    return tuple(found)


def flag_overlaps(segments: Iterable[Segment], overlaps: Sequence[Span]) -> tuple[Segment, ...]:
    """Those in whose time several speak get a flag. `overlaps`: in order, apart from each other."""
    return tuple(
        replace(segment, flags=(*segment.flags, OVERLAP)) if is_overlapped(segment, overlaps) else segment
        for segment in segments
    )


def is_overlapped(segment: Segment, overlaps: Sequence[Span]) -> bool:
    """Whether several speak for 0.3 s of its time, or half of it where it is shorter than twice that."""
    first = bisect_right(overlaps, segment.start_ms, key=lambda span: span.end_ms)
    last = bisect_left(overlaps, segment.end_ms, key=lambda span: span.start_ms)
    shared = sum(
        min(segment.end_ms, span.end_ms) - max(segment.start_ms, span.start_ms) for span in overlaps[first:last]
    )
    return shared > 0 and shared >= min(SHORTEST_MS, (segment.end_ms - segment.start_ms) / 2)
