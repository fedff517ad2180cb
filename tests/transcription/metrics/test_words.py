"""Error rates worked out by hand, against an independent implementation, and by what must hold for any texts."""

from __future__ import annotations

from dataclasses import replace

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.metrics.words import Comparison, Counts, Folding, Pair, compare
from transcription.asr.text.arabic import ArabicOptions

PLAIN = Folding(case=False, punctuation=False, arabic=None)
WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "a"]), max_size=12).map(" ".join)


def numbers(found: Comparison) -> tuple[int, int, int, int]:
    words = found.words
    return words.total, words.substitutions, words.insertions, words.deletions


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("the cat sat", "the cat sat", (3, 0, 0, 0)),
        ("the cat sat", "the cat sits", (3, 1, 0, 0)),
        ("the cat sat", "the cat", (3, 0, 0, 1)),
        ("the cat sat", "the old cat sat", (3, 0, 1, 0)),
        ("the cat sat on the mat", "cat sat in the the mat", (6, 1, 1, 1)),
        ("one two three", "", (3, 0, 0, 3)),
        ("", "one two", (0, 0, 2, 0)),
        ("The cat, sat!", "the CAT sat", (3, 0, 0, 0)),
        ("re-enter it", "re enter it", (3, 0, 0, 0)),
        ("don't", "dont", (1, 0, 0, 0)),
        ("yes — no", "yes no", (2, 0, 0, 0)),
    ],
)
def test_by_hand(said: str, heard: str, expected: tuple[int, int, int, int]) -> None:
    assert numbers(compare(said, heard)) == expected


def test_rates() -> None:
    found = compare("the cat sat on", "the bat sat")
    assert found.words.rate == 2 / 4
    # "the cat sat on" has 14 characters; c -> b, and " on" is missing.
    assert (found.characters.total, found.characters.errors, found.characters.rate) == (14, 4, 4 / 14)
    assert compare("a", "a b c d").words.rate == 3, "it may exceed 1"


def test_no_reference_no_rate() -> None:
    with pytest.raises(ValueError, match="empty"):
        _ = compare(" ... ", "words").words.rate


def test_the_alignment_keeps_the_words_as_they_are_written() -> None:
    assert compare("The Cat, sat down", "the cat stood still down").alignment == (
        Pair("equal", "The", "the"),
        Pair("equal", "Cat,", "cat"),
        *compare("sat", "stood still").alignment,
        Pair("equal", "down", "down"),
    )


ARABIC = [
    ("ذهب أحمد إلى المدرسة", "ذهب احمد الى المدرسه", {}),
    ("مُحَمَّدٌ", "محمد", {"diacritics": False}),
    ("مدرسة", "مدرسه", {"taa_marbuta": False}),
    ("أحمد", "احمد", {"alef": False}),
    ("على", "علي", {"yaa": False}),
    ("كـــتاب", "كتاب", {"tatweel": False}),
    ("عام ٢٠٢٤", "عام 2024", {"digits": False}),
]


@pytest.mark.parametrize(("said", "heard", "off"), ARABIC)
def test_arabic_spellings_are_the_same_unless_chosen_otherwise(said: str, heard: str, off: dict[str, bool]) -> None:
    assert compare(said, heard).words.errors == 0
    if off:
        folding = Folding(arabic=replace(ArabicOptions(), **off))
        assert compare(said, heard, folding).words.errors == 1
    assert compare(said, heard, Folding(arabic=None)).words.errors > 0


def test_hamza_on_request() -> None:
    assert compare("مسؤول", "مسوول").words.errors == 1
    assert compare("مسؤول", "مسوول", Folding(arabic=ArabicOptions(hamza=True))).words.errors == 0


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("press one or twenty one", "Press 1, or 21."),
        ("in eighteen thirteen", "in 1813"),
        ("sixty percent", "60%"),
        ("three point five", "3.5"),
        ("one thousand two hundred dollars", "$1,200"),
        ("the first", "the 1st"),
        ("one zero zero zero one", "10001"),
        ("nine oh two one oh", "90210"),
        ("five five five one two three four", "555-1234"),
        ("two thousand five", "2005"),
        ("twenty oh five", "2005"),
        ("nineteen eighty four", "1984"),
        ("one thousand nine hundred eighty four", "1984"),
    ],
)
def test_digits_as_words(said: str, heard: str) -> None:
    assert compare(said, heard, Folding(numbers=True)).words.errors == 0
    assert compare(heard, said, Folding(numbers=True)).words.errors == 0
    assert compare(said, heard).words.errors > 0


def test_a_wrong_number_is_still_wrong() -> None:
    assert compare("twenty one", "22", Folding(numbers=True)).words.errors == 1


@given(WORDS.filter(bool), WORDS)
def test_counts_agree_with_jiwer(said: str, heard: str) -> None:
    theirs = jiwer.process_words(said, heard)
    found = compare(said, heard, PLAIN).words
    assert found.errors == theirs.substitutions + theirs.insertions + theirs.deletions
    assert found.rate == pytest.approx(theirs.wer)
    assert compare(said, heard, PLAIN).characters.rate == pytest.approx(jiwer.cer(said, heard))


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_alignment_is_both_texts(said: str, heard: str) -> None:
    found = compare(said, heard, PLAIN)
    assert [pair.reference for pair in found.alignment if pair.kind != "insert"] == [
        pair.reference for pair in compare(said, said, PLAIN).alignment
    ]
    counts, kinds = found.words, [pair.kind for pair in found.alignment]
    assert counts.total == len(kinds) - kinds.count("insert")
    assert counts.errors == len(kinds) - kinds.count("equal")


@given(WORDS, WORDS)
def test_swapping_the_texts_swaps_insertions_and_deletions(said: str, heard: str) -> None:
    there, back = compare(said, heard).words, compare(heard, said).words
    assert there.errors == back.errors
    assert there.insertions - there.deletions == back.deletions - back.insertions


@given(st.text(max_size=60), st.booleans(), st.booleans())
def test_a_text_agrees_with_itself(text: str, number: bool, punctuation: bool) -> None:
    assert compare(text, text, Folding(numbers=number, punctuation=punctuation)).words.errors == 0


def test_counts_add_up() -> None:
    assert Counts(3, 1, 0, 1) + Counts(4, 0, 2, 0) == Counts(7, 1, 2, 1)


@pytest.mark.parametrize(
    "folding", [Folding(), Folding(numbers=True, arabic=None), Folding(arabic=ArabicOptions(hamza=True))]
)
def test_foldings_survive_json(folding: Folding) -> None:
    assert Folding.from_json(folding.to_json()) == folding
