"""Terms of a search as a query of PostgreSQL."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery

from transcription.asr.text.find import Term

CONFIG = "simple"


def words_query(terms: tuple[Term, ...]) -> SearchQuery:
    """All `terms`. They are folded: letters, marks and digits, so nothing in them is an operator."""
    return SearchQuery(" & ".join(f"({_one(term)})" for term in terms), config=CONFIG, search_type="raw")


def _one(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_beginning else "")
