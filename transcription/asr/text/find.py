"""What somebody searches for, and where it stands in a text: words compared by `search_fold`, places in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from transcription.asr.text.normalize import search_fold

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TERMS = 16
# A shorter beginning would stand for a good part of all words.
SHORTEST_BEGINNING = 2
_QUOTES = str.maketrans(dict.fromkeys("“”„«»″＂", '"'))
_PARTS = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that follow each other. `is_beginning`: the last one may go on."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def __str__(self) -> str:
        text = " ".join(self.words)
        return (f'"{text}"' if len(self.words) > 1 else text) + ("*" if self.is_beginning else "")


@dataclass(frozen=True, slots=True)
class Place:
    """A folded word and the characters [start, end) of the original text that it came from."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Characters [start, end) of the text; `word` is the number of its first word among `places`."""

    start: int
    end: int
    word: int


def parse(query: str) -> tuple[Term, ...]:
    """The terms of a query, all of which must be found: words, "quoted phrases", beginnings (budg*).

    A word that folds into several (well-known) is a phrase. Empty where nothing is left to search for.
    """
    found: list[Term] = []
    for quoted, star, word in _PARTS.findall(query.translate(_QUOTES)):
        words = tuple(search_fold(quoted or word).split())
        starred = bool(star) or word.endswith("*")
        if words:
            found.append(Term(words, starred and len(words[-1]) >= SHORTEST_BEGINNING))
    return tuple(dict.fromkeys(found))[:MOST_TERMS]


def places(text: str) -> list[Place]:
    """The words of `search_fold(text)` in order, each with where it stands in `text`."""
    found: list[Place] = []
    for start, end in _stretches(text):
        # One written word may be several (a ligature that stands for a sentence): all of them stand in its place.
        found += [Place(word, start, end) for word in search_fold(text[start:end]).split()]
    return found


def hits(where: list[Place], terms: Iterable[Term]) -> list[Hit]:
    """Where the terms stand, in order; what touches or overlaps is one hit."""
    found = [
        Hit(where[at].start, where[at + len(term.words) - 1].end, at)
        for term in terms
        for at in range(len(where) - len(term.words) + 1)
        if _stands_at(where, at, term)
    ]
    joined: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (hit.start, -hit.end)):
        if joined and hit.start <= joined[-1].end:
            last = joined[-1]
            joined[-1] = Hit(last.start, max(last.end, hit.end), last.word)
        else:
            joined.append(hit)
    return joined


def _stands_at(where: list[Place], at: int, term: Term) -> bool:
    *before, last = term.words
    if any(where[at + number].word != word for number, word in enumerate(before)):
        return False
    found = where[at + len(before)].word
    return found.startswith(last) if term.is_beginning else found == last


def _stretches(text: str) -> Iterable[tuple[int, int]]:
    """[start, end) of what is written together."""
    start: int | None = None
    for at, character in enumerate(text):
        if not _parts(character):
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(text)


@lru_cache(maxsize=4096)
def _parts(character: str) -> bool:
    """Whether the fold cuts a word at this character."""
    return search_fold(f"x{character}x") == "x x"
