"""How a reader wants to see Arabic: with or without diacritics, in which digits. Never written back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from transcription.asr.text import arabic
from transcription.asr.types import Segment

Line = TypeVar("Line", bound=Segment)

Digits = Literal["as_is", "arabic", "latin"]
DIGITS: tuple[Digits, ...] = get_args(Digits)


@dataclass(frozen=True, slots=True)
class Display:
    """`diacritics`: shown as they are written, or hidden. `digits`: of Arabic lines; those of others stay."""

    diacritics: bool = True
    digits: Digits = "as_is"

    @property
    def changes_nothing(self) -> bool:
        return self.diacritics and self.digits == "as_is"


def shown(text: str, display: Display, *, in_arabic: bool | None = None) -> str:
    """`text` as it is to be read. `in_arabic`: whether the line around it is; judged by the text itself where None."""
    if not (arabic.has_arabic(text) if in_arabic is None else in_arabic):
        return text
    if not display.diacritics:
        text = arabic.strip_diacritics(text)
    if display.digits == "latin":
        return arabic.ascii_digits(text)
    return arabic.arabic_digits(text) if display.digits == "arabic" else text


def shown_segment(segment: Line, display: Display) -> Line:
    """A line and its words."""
    in_arabic = arabic.has_arabic(segment.text)
    if display.changes_nothing or not in_arabic:
        return segment
    words = tuple(replace(word, text=shown(word.text, display, in_arabic=True)) for word in segment.words)
    return replace(segment, text=shown(segment.text, display, in_arabic=True), words=words)
