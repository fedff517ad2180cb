"""Words to speakers."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.attribute import NEAREST_MS, TurnIndex, attribute, speakers_of
from transcription.asr.types import Segment, Turn, Word


def segment(*words: tuple[Any, ...]) -> Segment:
    made = tuple(Word(*word) for word in words)
    return Segment(made[0].start_ms, made[-1].end_ms, " ".join(word.text for word in made), made)


def speakers(segments: tuple[Segment, ...]) -> list[str | None]:
    return [word.speaker for part in segments for word in part.words]


def test_segments_split_where_the_speaker_changes() -> None:
    said = segment(("Are", 0, 300), ("you?", 300, 700), ("Yes.", 1_000, 1_400))
    found = attribute([said], [Turn(0, 800, "S1"), Turn(900, 1_500, "S2")])
    assert [(part.speaker, part.text, part.start_ms, part.end_ms) for part in found] == [
        ("S1", "Are you?", 0, 700),
        ("S2", "Yes.", 1_000, 1_400),
    ]


def test_a_stretched_word_counts_by_its_beginning() -> None:
    said = segment(("well", 0, 3_000), ("so", 3_000, 3_300))
    assert speakers(attribute([said], [Turn(0, 600, "S1"), Turn(700, 3_300, "S2")])) == ["S1", "S2"]


def test_a_word_in_a_gap_goes_to_the_nearest_edge_unless_that_is_far() -> None:
    turns = [Turn(0, 1_000, "S1"), Turn(2_000, 3_000, "S2")]
    assert speakers(attribute([segment(("a", 1_300, 1_400)), segment(("b", 1_700, 1_800))], turns)) == ["S1", "S2"]
    assert speakers(attribute([segment(("c", 5_000, 5_200))], turns)) == [None]
    assert speakers(attribute([segment(("d", 2_500, 2_700), ("e", 5_000, 5_200))], turns)) == ["S2", "S2"]


def test_where_two_speak_at_once_a_word_goes_to_who_has_more_of_it_and_of_equals_to_who_began_first() -> None:
    turns = [Turn(0, 1_190, "S1"), Turn(1_150, 2_000, "S2"), Turn(1_600, 2_000, "S1")]
    said = segment(("one", 600, 1_000), ("two", 1_000, 1_400), ("three", 1_650, 1_900))
    assert speakers(attribute([said], turns)) == ["S1", "S2", "S2"]


def test_a_short_island_is_smoothed_and_a_real_answer_is_not() -> None:
    slip = [Turn(0, 1_000, "S1"), Turn(1_000, 1_250, "S2"), Turn(1_250, 3_000, "S1")]
    said = segment(("we", 700, 980), ("are", 1_000, 1_240), ("here", 1_260, 1_600))
    assert speakers(attribute([said], slip)) == ["S1", "S1", "S1"]
    answer = [Turn(0, 1_000, "S1"), Turn(1_300, 1_600, "S2"), Turn(1_900, 3_000, "S1")]
    said = segment(("right?", 700, 980), ("Yes.", 1_300, 1_590), ("Good.", 1_900, 2_300))
    assert speakers(attribute([said], answer)) == ["S1", "S2", "S1"]


def test_a_word_of_a_long_turn_is_no_island_where_two_speak_at_once() -> None:
    turns = [Turn(0, 1_000, "S1"), Turn(900, 1_900, "S2"), Turn(1_280, 3_000, "S1")]
    said = segment(("we", 700, 980), ("no", 1_000, 1_240), ("are", 1_300, 1_500), ("here", 1_910, 2_200))
    assert speakers(attribute([said], turns)) == ["S1", "S2", "S2", "S1"]
    said = segment(("we", 700, 980), ("no", 1_000, 1_240), ("are", 1_280, 1_500, None, "S1"))
    assert speakers(attribute([said], turns)) == ["S1", "S2", "S1"]


def test_a_short_island_stays_where_its_speaker_is_known() -> None:
    """The channel of a call says who it is, however short."""
    said = segment(("so", 0, 280, None, "S1"), ("yes", 300, 500, None, "S2"), ("then", 520, 800, None, "S1"))
    assert speakers(attribute([said], [Turn(0, 800, "S1"), Turn(300, 500, "S2")])) == ["S1", "S2", "S1"]


def test_known_speakers_stay_and_segments_without_words_are_placed() -> None:
    known = Segment(0, 500, "hi", (Word("hi", 0, 500, None, "S9"),), speaker="S9")
    bare = Segment(2_000, 3_000, "…")
    found = attribute([known, bare], [Turn(0, 900, "S1"), Turn(1_900, 3_000, "S2")])
    assert [part.speaker for part in found] == ["S9", "S2"]


turn_lists = st.lists(
    st.builds(lambda a, n, k: Turn(a, a + n, k), st.integers(0, 9_000), st.integers(1, 4_000), st.sampled_from("ABC")),
    max_size=30,
)


@given(turn_lists, st.integers(0, 13_000), st.integers(1, 2_000))
def test_the_index_answers_like_a_full_search(turns: list[Turn], start: int, length: int) -> None:
    expected: dict[str, int] = {}
    for turn in turns:
        shared = min(start + length, turn.end_ms) - max(start, turn.start_ms)
        if shared > 0:
            expected[turn.speaker] = expected.get(turn.speaker, 0) + shared
    index = TurnIndex(turns)
    assert index.overlaps(start, start + length) == expected
    distances = {t: max(t.start_ms - start, start - t.end_ms, 0) for t in turns}
    nearest = min(distances.values(), default=9_999)
    candidates = {t.speaker for t, distance in distances.items() if distance == nearest}
    assert index.nearest(start) in (candidates if nearest < 1_500 else candidates | {None})


def one_by_one(words: list[Word], turns: list[Turn]) -> list[str | None]:
    """The rule for a word, as plainly as it can be written; without islands."""
    turns = sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms))
    found: list[str | None] = []
    for word in words:
        shared: dict[str, int] = {}
        for turn in turns:
            length = min(word.end_ms, turn.end_ms) - max(word.start_ms, turn.start_ms)
            if length > 0:
                shared[turn.speaker] = shared.get(turn.speaker, 0) + length
        most = max(shared, key=shared.__getitem__, default=None)  # of equals the first, as turns are in order
        found.append(word.speaker or most or closest(word, turns))
    return found


def closest(word: Word, turns: list[Turn]) -> str | None:
    middle = (word.start_ms + word.end_ms) // 2
    best = min(turns, key=lambda turn: max(turn.start_ms - middle, middle - turn.end_ms, 0), default=None)
    if best is None:
        return None
    near = best.start_ms - middle < NEAREST_MS and middle - best.end_ms <= NEAREST_MS
    return best.speaker if near else None


spaced_words = st.lists(
    st.builds(
        lambda at, length, speaker: Word("w", at * 50, at * 50 + length, speaker=speaker),
        st.integers(0, 280),
        st.integers(0, 600),
        st.sampled_from([None] * 9 + ["Z"]),
    ),
    max_size=40,
).map(lambda words: [word for word in sorted(words, key=lambda word: word.start_ms) for _ in range(3)])


@given(spaced_words, turn_lists)
def test_many_at_once_are_decided_like_one_by_one(words: list[Word], turns: list[Turn]) -> None:
    """Each word stands three times, so that nothing is short enough to be an island."""
    assert speakers_of(words, turns) == one_by_one(words, turns)


def test_the_middle_of_a_gap_belongs_to_the_turn_before() -> None:
    turns = [Turn(0, 1_000, "S1"), Turn(2_000, 3_000, "S2")]
    assert speakers_of([Word("so", 1_400, 1_600)], turns) == ["S1"]


def test_a_known_speaker_stays_in_a_tie() -> None:
    turns = [Turn(0, 1_400, "S1"), Turn(1_000, 2_000, "S2")]
    words = [Word("one", 0, 400), Word("two", 1_000, 1_400), Word("three", 1_000, 1_400, speaker="S9")]
    assert speakers_of(words, turns) == ["S1", "S1", "S9"]


def test_blocks_are_decided_like_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = [Turn(0, 1_190, "S1"), Turn(1_190, 2_000, "S2")]
    words = [Word("one", 600, 1_000), Word("two", 1_000, 1_400), Word("three", 1_500, 1_900)]
    whole = speakers_of(words, turns)
    monkeypatch.setattr("transcription.asr.attribute.BLOCK_WORDS", 1)
    assert speakers_of(words, turns) == whole


def test_hours_of_words_take_a_moment() -> None:
    turns = [Turn(i * 2_400, i * 2_400 + 2_000, f"S{i % 4}") for i in range(6_000)]
    words = [
        segment(*((f"w{n}", i * 3_600 + n * 360, i * 3_600 + n * 360 + 300) for n in range(10))) for i in range(4_000)
    ]
    began = time.process_time()
    assert None not in speakers(attribute(words, turns))
    assert time.process_time() - began < 5
