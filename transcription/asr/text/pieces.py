"""A line's text cut at its words, so that what is shown is the text itself and not its words put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transcription.asr.types import Word


def pieces(text: str, words: Iterable[Word]) -> Iterator[tuple[str, Word | None]]:
    """Parts of `text`, in order and nothing left out: each word where it stands, and what is between. A word that the
    text does not have is passed over."""
    at = 0
    for word in words:
        wanted = word.text.strip()
        found = text.find(wanted, at) if wanted else -1
        if found < 0:
            continue
        if found > at:
            yield text[at:found], None
        at = found + len(wanted)
        yield wanted, word
    if at < len(text):
        yield text[at:], None
