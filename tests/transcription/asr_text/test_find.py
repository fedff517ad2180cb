"""Words and where they stand in the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.asr.text.find import Term, hits, parse, places
from transcription.asr.text.normalize import search_fold

AWKWARD = st.text(alphabet=st.sampled_from("abéأإى ةْـ'’-.،٣ﷺﻻ\u0301\u200b\u0654\u064e ß½²=≠"))


@given(st.text() | AWKWARD)
def test_places_are_the_words_of_the_fold(text: str) -> None:
    found = places(text)
    assert [place.word for place in found] == search_fold(text).split()
    assert all(0 <= place.start < place.end <= len(text) for place in found)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("budget  Final", (Term(("budget",)), Term(("final",)))),
        ("«the end» x", (Term(("the", "end")), Term(("x",)))),
        ('"open', (Term(("open",)),)),
        ("bud* b*", (Term(("bud",), True), Term(("b",)))),
        ('"the bud"*', (Term(("the", "bud"), True),)),
        ("well-known", (Term(("well", "known")),)),
        ("a a", (Term(("a",)),)),
        ("?! *", ()),
    ],
)
def test_queries(query: str, terms: tuple[Term, ...]) -> None:
    assert parse(query) == terms


def test_hits_that_touch_are_one() -> None:
    text = "the budget, the budget is Final"
    found = hits(places(text), parse('"the budget" budget fin*'))
    assert [text[hit.start : hit.end] for hit in found] == ["the budget", "the budget", "Final"]
    assert [hit.word for hit in found] == [0, 2, 5]


def test_a_term_reads_as_it_was_typed() -> None:
    assert [str(term) for term in parse('one "two three" fo*')] == ["one", '"two three"', "fo*"]
