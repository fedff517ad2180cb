"""Arabic normalization, step by step and as a whole."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.asr_text.strategies import any_text
from transcription.asr.text import arabic
from transcription.asr.text.arabic import ArabicOptions, normalize

OFF = {field.name: False for field in fields(ArabicOptions)}
all_options = st.builds(ArabicOptions, **dict.fromkeys(OFF, st.booleans()))


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (arabic.unify_alef, "أحمد إلى آمن ٱلله", "احمد الى امن الله"),
        (arabic.unify_yaa, "على مصطفى", "علي مصطفي"),
        (arabic.unify_taa_marbuta, "مدرسة", "مدرسه"),
        (arabic.unify_hamza, "مؤمن بيئة سماء", "مومن بيية سما"),
        (arabic.unify_persian, "کتابی", "كتابي"),
        (arabic.strip_tatweel, "جمـــيل", "جميل"),
        (arabic.strip_diacritics, "مُحَمَّدٌ هٰذَا ۝ قُلۡ", "محمد هذا  قل"),
        (arabic.ascii_digits, "٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹", "0123456789 0123456789"),
        (arabic.ascii_punctuation, "نعم، لا؛ لماذا؟ ٥٠٪ ٣٫٥", "نعم, لا; لماذا? ٥٠% ٣.٥"),
    ],
)
def test_each_step(step: Callable[[str], str], before: str, after: str) -> None:
    assert step(before) == after


def test_the_defaults_make_spellings_of_one_sentence_equal() -> None:
    assert normalize("إنَّ أَحْمَدَ ذَهَبَ إلى المدرسةِ، في عام ٢٠٢٤؟") == "ان احمد ذهب الي المدرسه, في عام 2024?"


def test_hamza_is_only_folded_on_request() -> None:
    assert normalize("مسؤول") == "مسؤول"
    assert normalize("مسؤول", ArabicOptions(hamza=True)) == "مسوول"


@pytest.mark.parametrize(("name", "text"), [("alef", "أ"), ("yaa", "ى"), ("tatweel", "ـ"), ("digits", "٣")])
def test_a_step_left_out_leaves_its_letters(name: str, text: str) -> None:
    assert normalize(text, ArabicOptions(**OFF)) == text
    assert normalize(text, ArabicOptions(**{**OFF, name: True})) != text


def test_letters_that_come_taken_apart_are_put_together_first() -> None:
    assert normalize("ا\u0654", ArabicOptions(**{**OFF, "alef": True})) == "ا"


def test_a_fold_that_makes_a_new_letter_is_folded_again() -> None:
    assert normalize("آ\u0654", ArabicOptions(**{**OFF, "alef": True})) == "ا"


@given(any_text, all_options)
def test_twice_is_once(text: str, options: ArabicOptions) -> None:
    once = normalize(text, options)
    assert normalize(once, options) == once


@given(st.text(st.characters(max_codepoint=0x24F)), all_options)
def test_other_scripts_keep_their_letters(text: str, options: ArabicOptions) -> None:
    assert normalize(text, options) == unicodedata.normalize("NFC", text)
