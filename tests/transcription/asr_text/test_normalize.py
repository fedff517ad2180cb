"""The fold for search: what people type finds what was said."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.transcription.asr_text.strategies import any_text
from transcription.asr.text.normalize import search_fold


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Café", "cafe"),
        ("don’t", "DONT"),
        ("don't", "dont"),
        ("naïve résumé", "NAIVE  resume"),
        ("Straße", "STRASSE"),
        ("Łódź, Ærø", "lodz aero"),
        ("ﬁne ｆｕｌｌ", "fine full"),
        ("إلى المدرسةِ", "الي المدرسه"),
        ("مسؤول", "مسوول"),
        ("شيء", "شي"),
        ("ﻻ", "لا"),
        ("کتاب", "كتاب"),
        ("٢٠٢٤ ۲۰۲۴ २०२४", "2024 2024 2024"),
        ("نعم، لماذا؟", "نعم لماذا"),
        ("well-known... (yes)", "well known yes"),
        ("invi\u00adsible\u200b", "invisible"),
        ("co´operate", "cooperate"),
        ("aŉb", "anb"),
    ],
)
def test_equal_for_search(said: str, typed: str) -> None:
    assert search_fold(said) == search_fold(typed)


@pytest.mark.parametrize(("one", "other"), [("ours", "hours"), ("かき", "がき"), ("सुन", "सन"), ("12", "1 2")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert search_fold(one) != search_fold(other)


def test_the_fold_of_an_example() -> None:
    assert search_fold("  “Don’t!”  she said — أَحْمَد، ٣ cafés\n") == "dont she said احمد 3 cafes"


def test_a_fold_that_makes_an_apostrophe_drops_it_too() -> None:
    assert search_fold("ŉ ẚ") == "n a"


@given(any_text)
def test_twice_is_once(text: str) -> None:
    once = search_fold(text)
    assert search_fold(once) == once


@given(any_text)
def test_words_are_parted_by_single_spaces(text: str) -> None:
    assert search_fold(text) == " ".join(search_fold(text).split())
