"""Finding, splitting and spreading words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.segments import ends_sentence, into_sentences, split, spread, word_offsets
from transcription.asr.types import Segment, Span, Word


def said(text: str, *, step: int = 400, tokens: list[str] | None = None) -> Segment:
    tokens = tokens or text.split()
    words = tuple(Word(token, i * step, i * step + 300, i / 10) for i, token in enumerate(tokens))
    return Segment(0, len(tokens) * step, text, words, language="en")


def test_split_slices_the_text_as_it_is_written() -> None:
    left, right = split(said("今日は  良い天気", tokens=["今日", "は", "良い", "天気"]), [2])
    assert (left.text, right.text) == ("今日は", "良い天気")
    assert [word.text for word in right.words] == ["良い", "天気"]
    assert (left.start_ms, left.end_ms, right.start_ms, right.end_ms) == (0, 700, 800, 1600)
    assert (left.confidence, right.confidence) == (0.05, 0.25)


def test_split_joins_words_where_the_text_was_changed() -> None:
    changed = Segment(0, 800, "five six", said("5 6").words)
    assert [part.text for part in split(changed, [1])] == ["5", "6"]


@given(st.lists(st.integers(-3, 12), max_size=5))
def test_split_loses_no_word(cuts: list[int]) -> None:
    whole = said("a b c d e f g h")
    parts = split(whole, cuts)
    assert tuple(word for part in parts for word in part.words) == whole.words
    assert " ".join(part.text for part in parts) == whole.text
    assert (parts[0].start_ms, parts[-1].end_ms) == (whole.start_ms, whole.end_ms)


def test_sentences_end_at_marks_and_long_pauses_but_not_at_abbreviations() -> None:
    segment = said("Dr. Reed is here. Is “she?” Yes نعم؟ good")
    assert [part.text for part in into_sentences(segment)] == ["Dr. Reed is here.", "Is “she?”", "Yes نعم؟", "good"]
    late = Segment(0, 9_000, "one two", (Word("one", 0, 300), Word("two", 5_000, 5_300)))
    assert [part.text for part in into_sentences(late)] == ["one", "two"]
    assert not ends_sentence("etc.")


def test_word_offsets_tell_when_words_are_not_in_the_text() -> None:
    assert word_offsets("to be or", said("to be or").words) == [0, 3, 6]
    assert word_offsets("to be", said("be to").words) is None


def test_spread_leaves_silences_out() -> None:
    spans = spread(["one", "four", "one"], [Span(1_000, 1_500), Span(4_000, 4_950)])
    assert spans[0] == Span(1_000, 1_450)
    assert spans[1:] == [Span(1_450, 4_500), Span(4_500, 4_950)]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spans))
    with pytest.raises(ValueError, match="no speech"):
        spread(["one"], [])
