"""What is wrong with a subtitle, by the rules that it was made for.

The segmentation keeps line length and longest duration by itself, and strives for the rest; speech is what it is. These
are the places where it had to give in, which only an editor can mend: by fewer words, or by other times.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from transcription.asr.text.segment import Cue, SubtitleRules
from transcription.asr.text.tokens import display_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transcription.asr.types import Segment


class Issue(StrEnum):
    TOO_FAST = "too_fast"
    LONG_LINE = "long_line"
    MANY_LINES = "many_lines"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    SMALL_GAP = "small_gap"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Checked:
    """A cue, its characters a second, and what a viewer will trip over."""

    cue: Cue
    speed: float
    issues: tuple[Issue, ...]


def check(cues: Sequence[Cue], segments: Iterable[Segment], rules: SubtitleRules) -> list[Checked]:
    """Every cue with its issues. `segments` are the lines that they were made of: two at once are an overlap."""
    crowded = overlaps(segments)
    followers = [*cues[1:], None] if cues else []
    return [
        Checked(cue, speed_of(cue), tuple(_issues(cue, following, rules, crowded)))
        for cue, following in zip(cues, followers, strict=True)
    ]


def speed_of(cue: Cue) -> float:
    """Characters a second, a line's break counted as one."""
    characters = sum(map(display_width, cue.lines)) + len(cue.lines) - 1
    return characters * 1000 / max(1, cue.end_ms - cue.start_ms)


def overlaps(segments: Iterable[Segment]) -> list[tuple[int, int]]:
    """Stretches in which two lines are spoken at once."""
    ordered = sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms))
    found: list[tuple[int, int]] = []
    until = 0
    for before, after in pairwise(ordered):
        until = max(until, before.end_ms)
        if after.start_ms < until:
            found.append((after.start_ms, min(until, after.end_ms)))
    return found


def _issues(
    cue: Cue, following: Cue | None, rules: SubtitleRules, crowded: Sequence[tuple[int, int]]
) -> Iterable[Issue]:
    shown_ms = cue.end_ms - cue.start_ms
    if speed_of(cue) > rules.max_cps:
        yield Issue.TOO_FAST
    if any(display_width(line) > rules.max_chars for line in cue.lines):
        yield Issue.LONG_LINE
    if len(cue.lines) > rules.max_lines:
        yield Issue.MANY_LINES
    if shown_ms < rules.min_duration_ms:
        yield Issue.TOO_SHORT
    if shown_ms > rules.max_duration_ms:
        yield Issue.TOO_LONG
    # Without two frames between them two cues look like one that changes.
    if following is not None and 0 <= following.start_ms - cue.end_ms < rules.min_gap_ms:
        yield Issue.SMALL_GAP
    if any(start < cue.end_ms and cue.start_ms < end for start, end in crowded):
        yield Issue.OVERLAP
