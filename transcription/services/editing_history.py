"""The past of a transcript: taken back, compared, restored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid, NotFound
from organizations import audit
from organizations.tenancy import Caller
from transcription.editing import rewinding
from transcription.editing.changes import Change, Collision, Difference, applied
from transcription.editing.lines import Line
from transcription.editing.rewinding import State
from transcription.history import MOST_TOLD, rows_of
from transcription.models import Operation, Segment, Speaker, Transcript
from transcription.models.operations import OperationKind
from transcription.models.transcripts import shown_name
from transcription.services.editing import Applied, apply_change, editing, lines_of, voices_of

BATCH = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A line at two versions; None where it was not there."""

    segment: str
    before: Line | None
    after: Line | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Lines that differ, in order, and the speakers' names at both versions, by id."""

    rows: list[Row]
    names_before: dict[str, str]
    names_after: dict[str, str]


@dataclass(frozen=True, slots=True)
class News:
    """What changed since a version. `speakers`: all, when some changed. `truncated`: too much, read the text again."""

    version: int
    segments: list[Segment]
    removed: list[UUID]
    speakers: list[Speaker] | None
    truncated: bool = False


def undo(*, caller: Caller, transcript: Transcript, number: int) -> Applied:
    """Take one operation back, with a new one that can be taken back itself. Others done since stay.

    Raises NotFound, and Conflict `undo_conflict` where what it had written was changed since.
    """
    with editing(caller, transcript) as row:
        operation = _operation(row, number)
        what = Difference.from_json(operation.change).inverse
        try:
            change = applied(what, _lines_in(row, what), voices_of(row))
            payload = {"number": number, "kind": operation.kind}
            return apply_change(row, caller, OperationKind.UNDO, payload, change, undoes=number)
        except Collision as error:
            detail = _("What this edit had written was changed since. Take the later edit back first.")
            raise Conflict(detail, error_type="undo_conflict", extra={"segments": list(error.ids)}) from None


def operations_of(transcript: Transcript) -> QuerySet[Operation]:
    """Newest first, with their authors."""
    rows: QuerySet[Operation] = Operation.objects.filter(transcript=transcript).defer("change")
    return rows.select_related("author", "author_key").order_by("-number")


def compare(transcript: Transcript, from_version: int, to_version: int) -> Comparison:
    """Every line that differs between two versions. Raises Invalid for a version that is none."""
    _check_version(transcript, from_version, "from")
    _check_version(transcript, to_version, "to")
    first, last = sorted((from_version, to_version))
    now = _touched_since(transcript, first)
    later = rewinding.rewound(now, _differences(transcript, last, transcript.version))
    earlier = rewinding.rewound(later, _differences(transcript, first, last))
    before, after = (earlier, later) if from_version <= to_version else (later, earlier)
    change = rewinding.between(before, after)
    ids = dict.fromkeys(line.id for line in (*change.before, *change.after))
    rows = [Row(id, before.lines.get(id), after.lines.get(id)) for id in ids]
    return Comparison(sorted(rows, key=_place), _names(before), _names(after))


def restore(*, caller: Caller, transcript: Transcript, version: int, segment: UUID | None = None) -> Applied:
    """The text as it was at a version, or one line of it, as one more operation.

    Raises Invalid, NotFound for a line that was not there, Conflict.
    """
    with editing(caller, transcript) as row:
        _check_version(row, version, "version")
        now = _touched_since(row, version)
        then = rewinding.rewound(now, _differences(row, version, row.version))
        change = rewinding.between(now, then) if segment is None else _one_line(row, now, then, str(segment))
        payload = {"version": version, "segment": None if segment is None else str(segment)}
        outcome = apply_change(row, caller, OperationKind.RESTORE, payload, change)
        if segment is None and outcome.operation:
            audit.record(
                organization=caller.organization,
                action="transcript.restored",
                actor=caller,
                target=row,
                data={"version": version},
            )
        return outcome


def changes_since(transcript: Transcript, version: int) -> News:
    """What somebody who has `version` needs to be at the newest one. Raises Invalid for a version that is none."""
    _check_version(transcript, version, "since")
    if _is_much(transcript, version):
        return _much(transcript)
    changes = list(_changes(transcript, version, transcript.version))
    ids = {edit["id"] for change in changes for edit in change["lines"]} | {
        id for change in changes for id in change["moved"]
    }
    if len(ids) > MOST_TOLD:
        return _much(transcript)
    rows = rows_of(transcript, ids)
    removed = ids - {str(row.pk) for row in rows}
    has_speakers = any(change["speakers"] for change in changes)
    speakers = list(Speaker.objects.filter(transcript=transcript)) if has_speakers else None
    return News(transcript.version, rows, sorted(UUID(id) for id in removed), speakers)


def _is_much(transcript: Transcript, version: int) -> bool:
    """Whether one operation alone says so: its change, which has every line before and after, is not even read."""
    rows = Operation.objects.filter(transcript=transcript, number__gt=version, line_count__gt=MOST_TOLD)
    return rows.exists()


def _much(transcript: Transcript) -> News:
    return News(transcript.version, [], [], list(Speaker.objects.filter(transcript=transcript)), truncated=True)


def _operation(row: Transcript, number: int) -> Operation:
    found: Operation | None = Operation.objects.filter(transcript=row, number=number).first()
    if found is None:
        raise NotFound
    return found


def _lines_in(row: Transcript, what: Difference) -> dict[str, Line]:
    return {line.id: line for line in lines_of(row, [edit.id for edit in what.lines])}


def _check_version(transcript: Transcript, version: int, field: str) -> None:
    if not 0 <= version <= transcript.version:
        text = _("This transcript has the versions 0 to %(last)d.") % {"last": transcript.version}
        raise Invalid.field(field, text)


def _changes(transcript: Transcript, after: int, until: int) -> Iterator[dict[str, Any]]:
    """The stored changes of operations in (after, until], newest first."""
    rows = Operation.objects.filter(transcript=transcript, number__gt=after, number__lte=until)
    # Large ones hold a transcript's words twice: no more than a few at a time.
    return iter(rows.order_by("-number").values_list("change", flat=True).iterator(chunk_size=BATCH))


def _differences(transcript: Transcript, after: int, until: int) -> Iterator[Difference]:
    return map(Difference.from_json, _changes(transcript, after, until))


def _touched_since(transcript: Transcript, version: int) -> State:
    """As they are now: the lines that operations after `version` touched, and all speakers."""
    ids = {edit.id for one in _differences(transcript, version, transcript.version) for edit in one.lines}
    return State({line.id: line for line in lines_of(transcript, ids)}, voices_of(transcript))


def _one_line(row: Transcript, now: State, then: State, id: str) -> Change:
    """What brings one line back, with the speakers as they are now."""
    known: Iterable[Line] = lines_of(row, [id])
    current = {line.id: line for line in known}
    old = then.lines.get(id) or (current.get(id) if id not in now.lines else None)
    if old is None:
        raise NotFound(_("This line was not there at that version."))
    here = State(current, now.voices)
    return rewinding.between(here, State({id: rewinding.with_known_speaker(old, current.get(id), now)}, now.voices))


def _names(state: State) -> dict[str, str]:
    return {voice.id: shown_name(voice.name, voice.label) for voice in state.voices.values()}


def _place(row: Row) -> tuple[int, int]:
    line = row.after or row.before
    return (line.start_ms, line.position) if line else (0, 0)
