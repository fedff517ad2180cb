"""The values that operations work on. Times are integer milliseconds from the start of the recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transcription.asr.serial import words_from_json, words_to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from transcription.asr.types import Word

Json = dict[str, Any]
# Of a word or a line that a person wrote or has looked at.
CERTAIN = 1.0
LINE_FIELDS = (
    "position", "start_ms", "end_ms", "text", "words", "speaker", "language", "confidence", "flags", "edited",
)  # fmt: skip
VOICE_FIELDS = ("label", "name", "colour")


@dataclass(frozen=True, slots=True)
class Mark:
    """A doubt about a line. `hidden`: a person has looked at it and found nothing wrong."""

    type: str
    reason: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line. Its words lie within its times, in order, and do not overlap. `speaker`: the id of a `Voice`."""

    id: str
    position: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    language: str = ""
    confidence: float | None = None
    flags: tuple[Mark, ...] = ()
    edited: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker. `colour`: 1 to 8, or None where nobody has chosen one."""

    id: str
    label: str
    name: str = ""
    colour: int | None = None


class EditError(Exception):
    """An operation that cannot be done to these lines. `field`: of the request; `message`: to be translated."""

    def __init__(self, field: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.code = code


def line_to_json(line: Line, names: AbstractSet[str] | None = None) -> Json:
    """All that a person may change, and what follows from it, or the fields `names` of it.

    Neither id nor version: those are not content.
    """
    return {name: _field_to_json(line, name) for name in LINE_FIELDS if names is None or name in names}


def _field_to_json(line: Line, name: str) -> Any:
    match name:
        case "words":
            return words_to_json(line.words)
        case "flags":
            return marks_to_json(line.flags)
    return getattr(line, name)


def fields_from_json(data: Mapping[str, Any]) -> Json:
    """Those of a line's fields that `data` has, as a `Line` takes them."""
    fields = dict(data)
    if "words" in fields:
        fields["words"] = words_from_json(fields["words"])
    if "flags" in fields:
        fields["flags"] = marks_from_json(fields["flags"])
    return fields


def voice_to_json(voice: Voice, names: AbstractSet[str] | None = None) -> Json:
    return {name: getattr(voice, name) for name in VOICE_FIELDS if names is None or name in names}


def marks_to_json(marks: tuple[Mark, ...]) -> list[Json]:
    """As rows keep them: `hidden` only where it is so, as the machine writes none."""
    hidden = {"hidden": True}
    return [{"type": one.type, "reason": one.reason, **(hidden if one.hidden else {})} for one in marks]


def marks_from_json(rows: list[Json]) -> tuple[Mark, ...]:
    return tuple(Mark(row["type"], row["reason"], bool(row.get("hidden"))) for row in rows)
