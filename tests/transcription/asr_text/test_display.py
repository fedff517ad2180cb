"""How Arabic is shown: diacritics and digits, and that nothing else changes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.asr_text.strategies import any_text
from transcription.asr.text.arabic import arabic_digits, ascii_digits, has_arabic, strip_diacritics
from transcription.asr.text.display import DIGITS, Display, shown, shown_segment
from transcription.asr.types import Segment, Word

displays = st.builds(Display, diacritics=st.booleans(), digits=st.sampled_from(DIGITS))


@pytest.mark.parametrize(
    ("text", "display", "expected"),
    [
        ("في عام 2024، النسخة 2.0", Display(digits="arabic"), "في عام ٢٠٢٤، النسخة ٢.٠"),
        ("مع K8s و 3 خوادم", Display(digits="arabic"), "مع K8s و ٣ خوادم"),
        ("عام ٢٠٢٤ أو ۱۴۰۳", Display(digits="latin"), "عام 2024 أو 1403"),
        ("قالَ مُحَمَّدٌ", Display(diacritics=False), "قال محمد"),
        ("قالَ 5", Display(diacritics=False, digits="arabic"), "قال ٥"),
        ("In 2024 we met", Display(diacritics=False, digits="arabic"), "In 2024 we met"),
        ("ser\u0301ie 5", Display(diacritics=False, digits="arabic"), "ser\u0301ie 5"),
    ],
)
def test_shown(text: str, display: Display, expected: str) -> None:
    assert shown(text, display) == expected


@given(any_text, displays)
def test_only_marks_and_digits_change(text: str, display: Display) -> None:
    after = shown(text, display)
    kept = [letter for letter in (strip_diacritics(text) if after != text else text) if not letter.isdecimal()]
    assert kept == [letter for letter in strip_diacritics(after) if not letter.isdecimal()] or after == text
    assert shown(after, display) == after or not has_arabic(after)


@given(any_text)
def test_digits_keep_their_value(text: str) -> None:
    values = [unicodedata.decimal(letter) for letter in text if letter.isdecimal()]
    assert [unicodedata.decimal(letter) for letter in arabic_digits(text) if letter.isdecimal()] == values
    assert ascii_digits(arabic_digits(text)) == ascii_digits(text) or any("a" <= c.lower() <= "z" for c in text)


@given(any_text)
def test_as_it_is_changes_nothing(text: str) -> None:
    assert shown(text, Display()) == text


def test_a_word_is_shown_as_its_line() -> None:
    """The word 2024 has no letter of its own to be judged by."""
    words = (Word("عامَ", 0, 500), Word("2024", 500, 900))
    segment = Segment(0, 900, "عامَ 2024", words)
    after = shown_segment(segment, Display(diacritics=False, digits="arabic"))
    assert (after.text, [word.text for word in after.words]) == ("عام ٢٠٢٤", ["عام", "٢٠٢٤"])
    assert [(word.start_ms, word.end_ms) for word in after.words] == [(0, 500), (500, 900)]
    english = Segment(0, 900, "In 2024", (Word("In", 0, 500), Word("2024", 500, 900)))
    assert shown_segment(english, Display(digits="arabic")) is english
