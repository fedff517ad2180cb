"""What a talk is about."""

from __future__ import annotations

import pytest

from transcription.asr.segments import questions_in
from transcription.asr.text.keywords import keywords


def test_words_that_come_again_and_again_as_they_are_mostly_written() -> None:
    said = [("The Budget is larger.", "en"), ("Is the budget “larger”, and whose budget is it?", "en"), ("Once.", "en")]
    assert keywords(said, most=5) == [("budget", 3), ("larger", 2)]
    assert keywords(said, most=1) == [("budget", 3)]


def test_an_arabic_word_counts_with_and_without_its_article_and_its_marks() -> None:
    said = [("سنبدأ اليوم بمراجعة الميزانية، ثم ميزانية الفريق.", "ar"), ("والميزانيةُ في الفريق؟", "ar")]
    assert keywords(said, most=5) == [("الميزانية", 3), ("الفريق", 2)]


def test_function_words_numbers_and_short_words_of_other_languages_say_nothing() -> None:
    assert keywords([("And it was 2024 2024, don’t you think? You don't, and it was.", "en")], most=5) == []
    assert keywords([("und und der der Vertrag, der Vertrag", "de")], most=5) == [("Vertrag", 2)]
    assert keywords([("… — ? …", "en")], most=5) == []


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Shall we begin? Yes. Why?", ["Shall we begin?", "Why?"]),
        ("قال: «هل نبدأ؟» نعم.", ["قال: «هل نبدأ؟»"]),
        ("Mr. Smith asked what", []),
        ("", []),
    ],
)
def test_questions(text: str, questions: list[str]) -> None:
    assert list(questions_in(text)) == questions
