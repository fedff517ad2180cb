"""Small typing errors, on every PostgreSQL: words of the organization that are nearly what was typed.

`pg_trgm` is not everywhere (the embedded server has none), so words are compared here. The list of words is bounded:
those of the organization's newest LINES lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.db import connection

from organizations.tenancy import Caller
from transcription.asr.text.find import Term

LINES = 20_000
# A shorter word has too many neighbours; a longer one may have two errors.
SHORTEST, LONG = 4, 8


def corrected(caller: Caller, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """The terms, with words that nobody said replaced by the nearest that somebody said."""
    typed = {word for term in terms for word in term.words if len(word) >= SHORTEST}
    if not typed:
        return terms
    known = _words(caller, min(map(len, typed)) - 2, max(map(len, typed)) + 2)
    right = {word: nearest(word, known) for word in typed}
    return tuple(Term(tuple(right.get(word) or word for word in term.words), term.is_beginning) for term in terms)


def nearest(word: str, known: Iterable[tuple[str, int]]) -> str | None:
    """Of words with their frequency, the nearest to `word` within its allowed errors, the more frequent first."""
    allowed = 2 if len(word) >= LONG else 1
    letters = set(word)
    best: tuple[int, int, str] | None = None
    for other, lines in known:
        if abs(len(other) - len(word)) > allowed or len(letters.symmetric_difference(other)) > 2 * allowed:
            continue
        errors = distance(word, other)
        if errors <= allowed and (best is None or (errors, -lines, other) < best):
            best = (errors, -lines, other)
    return best[2] if best else None


def distance(one: str, other: str) -> int:
    """Letters to change, add, drop or swap with their neighbour (optimal string alignment distance)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        before, last, row = row, before, [at]
        for there, wanted in enumerate(other, start=1):
            cost = min(before[there] + 1, row[-1] + 1, before[there - 1] + (letter != wanted))
            if at > 1 and there > 1 and letter == other[there - 2] and one[at - 2] == wanted:
                cost = min(cost, last[there - 2] + 1)
            row.append(cost)
    return row[-1]


def _words(caller: Caller, shortest: int, longest: int) -> list[tuple[str, int]]:
    parameters: dict[str, str | int] = {
        "organization_id": str(caller.organization.pk),
        "lines": LINES,
        "shortest": shortest,
        "longest": longest,
    }
    with connection.cursor() as cursor:
        cursor.execute(_sql(), parameters)
        return list(cursor.fetchall())


@cache
def _sql() -> str:
    return (Path(__file__).parent.parent / "sql" / "words.sql").read_text()
