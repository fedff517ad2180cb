"""What is wrong with a subtitle, and nothing where nothing is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.transcription.asr_text.strategies import segments
from transcription.asr.text.legibility import Issue, check, overlaps, speed_of
from transcription.asr.text.segment import Cue, SubtitleRules, to_cues
from transcription.asr.types import Segment

RULES = SubtitleRules(max_chars=20, max_lines=2, max_cps=15, min_duration_ms=1_000, max_duration_ms=6_000)
FINE = Cue(0, 2_000, ("Good morning", "everyone."))


@pytest.mark.parametrize(
    ("cue", "issue"),
    [
        (Cue(0, 1_000, ("Good morning", "everyone.")), Issue.TOO_FAST),
        (Cue(0, 5_000, ("Good morning to everyone.",)), Issue.LONG_LINE),
        (Cue(0, 5_000, ("Good", "morning", "everyone.")), Issue.MANY_LINES),
        (Cue(0, 900, ("Good.",)), Issue.TOO_SHORT),
        (Cue(0, 6_001, ("Good.",)), Issue.TOO_LONG),
    ],
)
def test_each_rule_by_itself(cue: Cue, issue: Issue) -> None:
    (checked,) = check([cue], [], RULES)
    assert checked.issues == (issue,)
    assert check([FINE], [], RULES)[0].issues == ()


@pytest.mark.parametrize(("gap_ms", "expected"), [(0, True), (82, True), (83, False), (5_000, False)])
def test_gaps(gap_ms: int, expected: bool) -> None:
    following = Cue(2_000 + gap_ms, 4_000 + gap_ms, ("Thanks.",))
    first, last = check([FINE, following], [], RULES)
    assert (Issue.SMALL_GAP in first.issues) is expected
    assert last.issues == ()


def test_speed_counts_columns_and_breaks() -> None:
    assert speed_of(Cue(0, 2_000, ("1234567890", "123456789"))) == 10
    # Marks over letters take no room, on the screen or to the eye.
    assert speed_of(Cue(0, 1_000, ("مُحَمَّد",))) == 4


def test_two_lines_at_once() -> None:
    spoken = ((0, 3_000), (2_000, 2_500), (2_800, 4_000), (4_000, 5_000))
    lines = [Segment(start, end, "Words") for start, end in spoken]
    assert overlaps(lines) == [(2_000, 2_500), (2_800, 3_000)]
    first, second = check([Cue(0, 1_900, ("Good",)), Cue(2_100, 3_900, ("Bad",))], lines, RULES)
    assert Issue.OVERLAP not in first.issues and Issue.OVERLAP in second.issues


@settings(max_examples=80, deadline=None)
@given(segments())
def test_what_the_segmentation_promises_is_never_warned_of(given_segments: list[Segment]) -> None:
    """Lines, their number and the longest time are kept, save by a word that is too long by itself."""
    for checked in check(list(to_cues(given_segments)), given_segments, SubtitleRules()):
        assert Issue.TOO_LONG not in checked.issues and Issue.MANY_LINES not in checked.issues
        assert Issue.LONG_LINE not in checked.issues or any(" " not in line for line in checked.cue.lines)
