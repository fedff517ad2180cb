"""Find and replace in the lines of one transcript."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from transcription.asr.text.find import places
from transcription.asr.text.normalize import search_fold


@dataclass(frozen=True, slots=True)
class Wanted:
    """`fold`: whole words compared by their letters alone, as search does, so that Arabic spellings are one."""

    text: str
    case: bool = False
    whole_word: bool = False
    fold: bool = False

    @property
    def folded(self) -> tuple[str, ...]:
        return tuple(search_fold(self.text).split())


def matches(text: str, wanted: Wanted) -> list[tuple[int, int]]:
    """[start, end) of every match, in order; they do not overlap."""
    if not wanted.fold:
        return list(_literal(text, wanted))
    return list(_folded(text, wanted.folded)) if wanted.folded else []


def replaced(text: str, wanted: Wanted, by: str) -> str:
    """`text` with every match replaced. Nothing in `by` has a meaning of its own."""
    pieces, at = [], 0
    for start, end in matches(text, wanted):
        pieces += [text[at:start], by]
        at = end
    return "".join([*pieces, text[at:]])


def _folded(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    where, at = places(text), 0
    while at + len(words) <= len(where):
        here = where[at : at + len(words)]
        if all(place.word == word for place, word in zip(here, words, strict=True)):
            yield here[0].start, here[-1].end
            at += len(words)
        else:
            at += 1


def _literal(text: str, wanted: Wanted) -> Iterator[tuple[int, int]]:
    pattern = re.compile(re.escape(wanted.text), 0 if wanted.case else re.IGNORECASE)
    for found in pattern.finditer(text):
        if not wanted.whole_word or (_ends_before(text, found.start()) and _begins_behind(text, found.end())):
            yield found.span()


def _ends_before(text: str, at: int) -> bool:
    return at == 0 or not (_is_letter(text[at - 1]) and _is_letter(text[at]))


def _begins_behind(text: str, at: int) -> bool:
    return at == len(text) or not (_is_letter(text[at]) and _is_letter(text[at - 1]))


def _is_letter(character: str) -> bool:
    """Part of a word; marks too, for a letter with a diacritic goes on."""
    return unicodedata.category(character)[0] in "LMN" or character == "_"
