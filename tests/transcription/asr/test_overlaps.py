"""Several people at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.overlaps import OVERLAP, flag_overlaps, overlapping
from transcription.asr.types import Segment, Span, Turn


def test_where_two_speak_at_once() -> None:
    turns = [Turn(0, 1_000, "S1"), Turn(700, 2_000, "S2"), Turn(900, 1_500, "S3"), Turn(2_000, 3_000, "S1")]
    assert overlapping(turns) == (Span(700, 1_500),)
    assert overlapping(turns[:1]) == overlapping([]) == ()


def test_lines_are_flagged_that_share_enough_of_it() -> None:
    lines = [Segment(0, 1_000, "a"), Segment(1_000, 2_000, "b"), Segment(1_900, 2_100, "c"), Segment(5_000, 6_000, "d")]
    overlaps = [Span(700, 1_250), Span(2_000, 2_100)]
    flagged = flag_overlaps(lines, overlaps)
    assert [line.flags for line in flagged] == [(OVERLAP,), (), (OVERLAP,), ()]
    assert flag_overlaps(lines, []) == tuple(lines)


edges = st.lists(st.integers(0, 60), max_size=6, unique=True).map(sorted)


@given(st.lists(edges, max_size=3))
def test_every_moment_is_counted_once(speakers: list[list[int]]) -> None:
    turns = [
        Turn(start, end, f"S{number}")
        for number, own in enumerate(speakers)
        for start, end in zip(own[::2], own[1::2], strict=False)
    ]
    expected = [at for at in range(60) if sum(turn.start_ms <= at < turn.end_ms for turn in turns) > 1]
    assert [at for span in overlapping(turns) for at in range(span.start_ms, span.end_ms)] == expected
