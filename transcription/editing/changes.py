"""What an operation did, as values: the lines and speakers it touched, as they were and as they are."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from transcription.editing.lines import Json, Line, Voice, fields_from_json, line_to_json, voice_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet


# What lies in time is taken back together, or words would stand outside a line whose times were changed since.
TIMED = frozenset({"start_ms", "end_ms", "words"})
NO_CONTENT = frozenset({"id", "version"})


@dataclass(frozen=True, slots=True)
class Change:
    """A line that is only in `before` goes, one that is only in `after` is new; the same with speakers."""

    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    voices_before: tuple[Voice, ...] = ()
    voices_after: tuple[Voice, ...] = ()

    @property
    def inverse(self) -> Change:
        return Change(self.after, self.before, self.voices_after, self.voices_before)

    @property
    def is_empty(self) -> bool:
        return self.before == self.after and self.voices_before == self.voices_after


@dataclass(frozen=True, slots=True)
class Edit:
    """One line or speaker: the fields that differ, or all of them where the other side is None (not there)."""

    id: str
    before: Json | None
    after: Json | None

    @property
    def inverse(self) -> Edit:
        return Edit(self.id, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Difference:
    """A change as it is stored: small, and good for lines that other fields of were changed since."""

    lines: tuple[Edit, ...] = ()
    voices: tuple[Edit, ...] = ()

    @property
    def inverse(self) -> Difference:
        return Difference(tuple(one.inverse for one in self.lines), tuple(one.inverse for one in self.voices))

    def to_json(self) -> Json:
        return {"lines": [_to_json(one) for one in self.lines], "speakers": [_to_json(one) for one in self.voices]}

    @classmethod
    def from_json(cls, data: Mapping[str, list[Json]]) -> Difference:
        return cls(
            tuple(Edit(row["id"], row["before"], row["after"]) for row in data["lines"]),
            tuple(Edit(row["id"], row["before"], row["after"]) for row in data["speakers"]),
        )


class Collision(Exception):
    """Lines or speakers are not any more as the change left them. `ids`: those in the way."""

    def __init__(self, ids: Iterable[str]) -> None:
        super().__init__("changed since")
        self.ids = tuple(dict.fromkeys(ids))


def difference(change: Change) -> Difference:
    """The stored form of a change; what does not differ is left out."""
    return Difference(_edits(change.before, change.after), _edits(change.voices_before, change.voices_after))


def applied(what: Difference, lines: Mapping[str, Line], voices: Mapping[str, Voice], *, check: bool = True) -> Change:
    """`what` done to the lines and speakers as they are now; `lines` and `voices` hold at least those it names.

    With `check`, raises Collision where one of its fields is not any more as it was before.
    """
    if check and (found := [*_collisions(what.lines, lines), *_collisions(what.voices, voices)]):
        raise Collision(found)
    return Change(
        before=tuple(lines[one.id] for one in what.lines if one.id in lines),
        after=tuple(_line(one, lines.get(one.id)) for one in what.lines if one.after is not None),
        voices_before=tuple(voices[one.id] for one in what.voices if one.id in voices),
        voices_after=tuple(_voice(one, voices.get(one.id)) for one in what.voices if one.after is not None),
    )


def _edits(before: Sequence[Line] | Sequence[Voice], after: Sequence[Line] | Sequence[Voice]) -> tuple[Edit, ...]:
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    found = (_edit(id, old.get(id), new.get(id)) for id in dict.fromkeys([*old, *new]))
    return tuple(one for one in found if one.before is None or one.after is None or one.before != one.after)


def _edit(id: str, old: Line | Voice | None, new: Line | Voice | None) -> Edit:
    if old is None or new is None:
        return Edit(id, None if old is None else _json(old), None if new is None else _json(new))
    # Compared as values: most lines of a large change differ in one small field, and their words need no JSON.
    names = {field.name for field in fields(old) if getattr(old, field.name) != getattr(new, field.name)} - NO_CONTENT
    names |= TIMED if TIMED & names else frozenset()
    return Edit(id, _json(old, names), _json(new, names))


def _json(one: Line | Voice, names: AbstractSet[str] | None = None) -> Json:
    return line_to_json(one, names) if isinstance(one, Line) else voice_to_json(one, names)


def _collisions(edits: Iterable[Edit], known: Mapping[str, Line] | Mapping[str, Voice]) -> Iterable[str]:
    return (one.id for one in edits if not _is_as_before(one, known.get(one.id)))


def _is_as_before(edit: Edit, now: Line | Voice | None) -> bool:
    if edit.before is None or now is None:
        return edit.before is None and now is None
    current = _json(now, edit.before.keys())
    # A line may have been moved to make room; that changes nothing that anybody wrote.
    return all(current[name] == value for name, value in edit.before.items() if name != "position")


def _line(edit: Edit, now: Line | None) -> Line:
    fields = fields_from_json(edit.after or {})
    return Line(id=edit.id, **fields) if now is None else replace(now, **fields)


def _voice(edit: Edit, now: Voice | None) -> Voice:
    fields = edit.after or {}
    return Voice(id=edit.id, **fields) if now is None else replace(now, **fields)


def _to_json(edit: Edit) -> Json:
    return {"id": edit.id, "before": edit.before, "after": edit.after}
