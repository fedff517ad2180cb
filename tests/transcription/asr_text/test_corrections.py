"""Which words a person took for which."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.transcription.asr_text.strategies import any_text
from transcription.asr.text.corrections import corrections


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("We use tadween daily.", "We use Tadwin daily.", [("tadween", "Tadwin")]),
        ("We use tad ween daily.", "We use Tadwin daily.", [("tad ween", "Tadwin")]),
        ("we use it", "We use it.", []),
        ("Good day, all", "Good day all!", []),
        ("قال محمد نعم", "قال أحمد نعم", [("محمد", "أحمد")]),
        ("one two three four five", "an altogether different sentence here", []),
        ("a b", "", []),
        ("said hello there", "said there", []),
        ("the ceo and the cto", "the CEO and the CTO", [("ceo", "CEO"), ("cto", "CTO")]),
    ],
)
def test_corrections(before: str, after: str, found: list[tuple[str, str]]) -> None:
    assert list(corrections(before, after)) == found


@given(any_text, any_text)
def test_any_two_lines(before: str, after: str) -> None:
    assert all(said != written for said, written in corrections(before, after))
    assert list(corrections(before, before)) == []
