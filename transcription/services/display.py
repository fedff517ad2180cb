"""How the reader at hand wants to see Arabic. For reading and saving only: what is edited is the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from accounts.models import User
from transcription.asr.serial import words_from_json, words_to_json
from transcription.asr.text.arabic import has_arabic
from transcription.asr.text.display import Display, shown
from transcription.models import Segment
from transcription.services import transcripts

NAMES = ("diacritics", "digits")


def asked(query: Mapping[str, str]) -> Display:
    """What an address says by `diacritics` and `digits`. Raises Invalid."""
    _format, options = transcripts.check("txt", {name: query[name] for name in NAMES if name in query})
    return options.display


def preferred(user: User | None) -> dict[str, str]:
    """A person's own preference, as an address would say it."""
    if user is None:
        return {}
    return {"diacritics": "1" if user.diacritics else "0", "digits": user.digits or "as_is"}


def shown_rows(rows: list[Segment], display: Display) -> list[Segment]:
    """The lines as they are to be read. Never save these rows."""
    if not display.changes_nothing:
        for row in rows:
            _show(row, display)
    return rows


def _show(row: Segment, display: Display) -> None:
    if has_arabic(row.text):
        row.text = shown(row.text, display, in_arabic=True)
        words = words_from_json(row.words)
        row.words = words_to_json(replace(word, text=shown(word.text, display, in_arabic=True)) for word in words)
