"""What an export is made of: a transcript that is read once, and the options of the public API."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from transcription.asr.text.display import DIGITS, Digits, Display
from transcription.asr.text.segment import SubtitleRules
from transcription.asr.types import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class InvalidOption(ValueError):
    """An option that an export cannot follow. `field` is its name in the query, `message` a sentence for the user."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class ExportSegment(Segment):
    """A segment with what only a stored one has; the JSON export shows it."""

    id: str | None = None
    version: int = 1
    edited: bool = False


@dataclass(frozen=True, slots=True)
class ExportTranscript:
    """`segments` may be a generator and is read once, in order. `speakers`: names by the ids that segments carry.

    `metadata` fills the rest of the JSON shape, where given: `id`, `job`, `language_confidence`, `version`, `metrics`,
    `provenance`, and by speaker id `labels` and `profiles`.
    """

    title: str
    language: str | None
    duration_ms: int
    segments: Iterable[Segment]
    speakers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def name_of(self, speaker: str | None) -> str:
        """The name to show, the id where none is known, empty for nobody."""
        return "" if speaker is None else self.speakers.get(speaker) or speaker


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`timestamps` and `paragraphs` shape txt and md, `words` json, `bom` csv (for Excel), the rest subtitles.

    `diacritics` and `digits` are how Arabic is shown, in every format.
    """

    speakers: bool = True
    timestamps: bool = False
    paragraphs: bool = True
    words: bool = True
    bom: bool = False
    diacritics: bool = True
    digits: Digits = "as_is"
    max_chars: int = 42
    max_lines: int = 2
    max_cps: float = 17.0
    min_duration: float = 1.0
    max_duration: float = 7.0

    @property
    def display(self) -> Display:
        return Display(self.diacritics, self.digits)

    @property
    def rules(self) -> SubtitleRules:
        return SubtitleRules(
            max_chars=self.max_chars,
            max_lines=self.max_lines,
            max_cps=self.max_cps,
            min_duration_ms=round(self.min_duration * 1000),
            max_duration_ms=round(self.max_duration * 1000),
        )

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], *, ignore: frozenset[str] = frozenset({"format", "link"})
    ) -> ExportOptions:
        """The options in a query string. Raises `InvalidOption` for an unknown name or a value out of range."""
        given = {name: _parse(name, str(query[name])) for name in query if name not in ignore}
        options = cls(**given)
        if options.min_duration > options.max_duration:
            raise InvalidOption("min_duration", "The shortest duration is longer than the longest. Make it smaller.")
        return options


_FLAGS = frozenset(option.name for option in fields(ExportOptions) if isinstance(option.default, bool))
_WHOLE = {"max_chars": (10, 200), "max_lines": (1, 4)}
_DECIMAL = {"max_cps": (5.0, 100.0), "min_duration": (0.0, 10.0), "max_duration": (1.0, 60.0)}


def _parse(name: str, value: str) -> Any:
    if name in _FLAGS:
        return _flag(name, value)
    if name in _WHOLE:
        return _number(name, value, int, *_WHOLE[name])
    if name in _DECIMAL:
        return _number(name, value, float, *_DECIMAL[name])
    if name == "digits":
        if value not in DIGITS:
            raise InvalidOption(name, f"Use one of: {', '.join(DIGITS)}.")
        return value
    raise InvalidOption(name, "There is no such export option. Check the spelling.")


def _flag(name: str, value: str) -> bool:
    lowered = value.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise InvalidOption(name, "Use 1 for yes or 0 for no.")
    return lowered in _TRUE


def _number(name: str, value: str, kind: type[int] | type[float], least: float, most: float) -> float:
    try:
        number = kind(value)
    except ValueError:
        number = most + 1
    # Also refuses nan, which compares with nothing.
    if not least <= number <= most:
        sort = "whole number" if kind is int else "number"
        raise InvalidOption(name, f"Use a {sort} from {least:g} to {most:g}.")
    return number
