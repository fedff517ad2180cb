"""Diarization error rates worked out by hand."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.metrics.speakers import best_mapping, read_rttm, speaker_errors
from transcription.asr.types import Turn

SAID = [Turn(0, 10_000, "ann"), Turn(10_000, 20_000, "ben")]
TURNS = st.lists(
    st.builds(
        lambda start, length, who: Turn(start, start + length, who),
        st.integers(0, 5000),
        st.integers(1, 3000),
        st.sampled_from("abc"),
    ),
    max_size=6,
)


def test_names_do_not_matter() -> None:
    found = [Turn(0, 10_000, "S2"), Turn(10_000, 20_000, "S1")]
    assert speaker_errors(SAID, found, collar_ms=0).rate == 0


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], (20_000, 20_000, 0, 0)),
        ([Turn(0, 20_000, "S1")], (20_000, 0, 0, 10_000)),
        ([Turn(0, 10_000, "S1"), Turn(10_000, 25_000, "S2")], (20_000, 0, 5_000, 0)),
        ([Turn(0, 12_000, "S1"), Turn(12_000, 20_000, "S2")], (20_000, 0, 0, 2_000)),
        ([Turn(0, 10_000, "S1"), Turn(5_000, 20_000, "S2")], (20_000, 0, 5_000, 0)),
        ([Turn(0, 10_000, "S1"), Turn(10_000, 15_000, "S2"), Turn(15_000, 20_000, "S3")], (20_000, 0, 0, 5_000)),
    ],
)
def test_by_hand(found: list[Turn], expected: tuple[int, int, int, int]) -> None:
    errors = speaker_errors(SAID, found, collar_ms=0)
    assert (errors.total_ms, errors.missed_ms, errors.false_alarm_ms, errors.confused_ms) == expected
    assert errors.rate == sum(expected[1:]) / 20_000


def test_everybody_counts_where_people_overlap() -> None:
    said = [Turn(0, 4_000, "ann"), Turn(2_000, 4_000, "ben")]
    errors = speaker_errors(said, [Turn(0, 4_000, "S1")], collar_ms=0)
    assert (errors.total_ms, errors.missed_ms, errors.rate) == (6_000, 2_000, 1 / 3)


def test_the_collar_forgives_edges() -> None:
    found = [Turn(200, 10_200, "S1"), Turn(10_200, 19_900, "S2")]
    assert speaker_errors(SAID, found, collar_ms=0).rate == pytest.approx((200 + 200 + 100) / 20_000)
    errors = speaker_errors(SAID, found, collar_ms=250)
    assert (errors.rate, errors.total_ms) == (0, 20_000 - 4 * 250)


def test_nobody_speaks() -> None:
    with pytest.raises(ValueError, match="nobody"):
        _ = speaker_errors([], [Turn(0, 1, "S1")]).rate


@given(TURNS, TURNS)
def test_what_must_hold_for_any_turns(said: list[Turn], found: list[Turn]) -> None:
    errors = speaker_errors(said, found, collar_ms=0)
    assert min(errors.missed_ms, errors.false_alarm_ms, errors.confused_ms) >= 0
    assert errors.missed_ms + errors.confused_ms <= errors.total_ms
    assert speaker_errors(said, said, collar_ms=0).missed_ms == 0
    assert speaker_errors(said, said, collar_ms=0).confused_ms == 0


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_no_mapping_is_better(rows: int, columns: int, data: st.DataObject) -> None:
    found, true = [f"f{n}" for n in range(rows)], [f"t{n}" for n in range(columns)]
    shared = {(f, t): data.draw(st.integers(0, 30)) for f in found for t in true}
    chosen = best_mapping(shared)
    assert len(set(chosen.values())) == len(chosen)
    best = max(
        sum(shared.get((f, t), 0) for f, t in zip(found, order, strict=False))
        for order in permutations([*true, *[""] * rows], rows)
    )
    assert sum(shared[pair] for pair in chosen.items()) == best


def test_rttm() -> None:
    text = (
        "SPKR-INFO x\nSPEAKER a 1 1.440 11.872 <NA> <NA> MEE009 <NA> <NA>\nSPEAKER a 1 0.5 0.5 <NA> <NA> B <NA> <NA>\n"
    )
    assert read_rttm(text) == [Turn(500, 1000, "B"), Turn(1440, 13312, "MEE009")]
    with pytest.raises(ValueError):
        read_rttm("SPEAKER a 1 0.5")
