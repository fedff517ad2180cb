"""What people do to the lines of a transcript. Each verb is one operation, which is recorded and can be undone.

All changes go through `apply_change`: it locks the transcript, writes the rows and the operation, and tells everybody.
The machine uses it too, with no caller (telling speakers apart again in a text that was edited since):

    with transaction.atomic():
        transcript = lock(transcript)                       # from here on nothing changes under us
        lines, speakers = lines_of(transcript), voices_of(transcript)
        change = Change(before=..., after=..., voices_before=..., voices_after=...)
        apply_change(transcript, None, OperationKind.DIARIZE, {"job": str(job.pk)}, change)

`before` holds each touched line as it was read, `after` as it shall be; see `transcription.editing.changes`. The door
itself is `transcription.history`, so that a worker's step can use it as well as a request.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import EllipsisType
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid, NotFound, VersionConflict
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.editing import operations, places
from transcription.editing.changes import Collision
from transcription.editing.lines import EditError, Line
from transcription.history import Applied, apply_change, line_of, lines_of, lock, rows_of, voices_of
from transcription.models import Segment, Speaker, Transcript
from transcription.models.operations import OperationKind

__all__ = ["Applied", "apply_change", "lines_of", "lock", "voices_of"]
# What one request may name.
MOST_LINES = 10_000


class StaleLine(VersionConflict):
    """Somebody changed the line since it was read. `row` is the line now, `asked` the version that was edited."""

    def __init__(self, row: Segment, asked: int) -> None:
        super().__init__(_("Somebody changed this line in the meantime. Look at it again, and decide what stays."))
        self.row = row
        self.asked = asked


@contextmanager
def editing(caller: Caller, transcript: Transcript) -> Iterator[Transcript]:
    """The transcript, locked, for one operation. Raises PermissionDenied, Conflict, and Invalid for what cannot be."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    try:
        with transaction.atomic():
            yield lock(transcript)
    except EditError as error:
        raise Invalid.field(error.field, _(error.message), error.code) from None
    except Collision as error:
        detail = _("Something that this needs was changed in the meantime. Load the transcript again.")
        raise Conflict(detail, error_type="edit_conflict", extra={"segments": list(error.ids)}) from None


def edit_line(
    *,
    caller: Caller,
    transcript: Transcript,
    segment_id: UUID,
    version: int,
    text: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    speaker: UUID | EllipsisType | None = ...,
) -> Applied:
    """Text, times and speaker of a line; what is left out stays. Raises Invalid, NotFound, StaleLine, Conflict."""
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id, version)
        who = speaker if isinstance(speaker, EllipsisType) else speaker_id(row, speaker)
        _check_times(row, line, start_ms, end_ms)
        change = operations.edit(line, text=text, start_ms=start_ms, end_ms=end_ms, speaker=who)
        asked = {"text": text, "start": start_ms, "end": end_ms, "speaker": None if who is ... else who or "nobody"}
        fields = [name for name, value in asked.items() if value is not None]
        return apply_change(row, caller, OperationKind.EDIT, {"segment": line.id, "fields": fields}, change)


def split_line(*, caller: Caller, transcript: Transcript, segment_id: UUID, version: int, at: int) -> Applied:
    """Cut a line before the character `at` of its text. Raises Invalid, NotFound, StaleLine, Conflict."""
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id, version)
        change = operations.split(line, at, id=str(uuid.uuid4()))
        left, right = change.after
        following = _following(row, line)
        position = places.between(line.position, following.position if following else None)
        if position is not None and (following is None or following.start_ms >= right.start_ms):
            change = replace(change, after=(left, replace(right, position=position)))
        return apply_change(row, caller, OperationKind.SPLIT, {"segment": line.id, "at": at}, change)


def merge_lines(
    *, caller: Caller, transcript: Transcript, segment_id: UUID, version: int, other_id: UUID, other_version: int
) -> Applied:
    """Join a line with the next one. Raises Invalid, NotFound, StaleLine, Conflict where it is not the next one."""
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id, version)
        other = find_line(row, other_id, other_version, field="with")
        following = _following(row, line)
        if following is None or str(following.pk) != other.id:
            raise Conflict(_("This is not the next line. Only neighbours are merged."), error_type="not_next_line")
        payload = {"segment": line.id, "with": other.id}
        return apply_change(row, caller, OperationKind.MERGE, payload, operations.merge(line, other))


def insert_line(
    *,
    caller: Caller,
    transcript: Transcript,
    after_id: UUID | None,
    start_ms: int,
    end_ms: int,
    text: str,
    speaker: UUID | None = None,
) -> Applied:
    """A new line behind another one, or as the first. Raises Invalid, Conflict."""
    with editing(caller, transcript) as row:
        before = find_line(row, after_id, field="after") if after_id else None
        following = _following(row, before)
        _check_span(row, start_ms, end_ms)
        _check_between(start_ms, before.start_ms if before else None, following.start_ms if following else None)
        position = places.between(before.position if before else None, following.position if following else None)
        change = operations.insert(
            id=str(uuid.uuid4()),
            # Where no number is left the place of the line before stands for it, and room is made behind that.
            position=(before.position if before else 0) if position is None else position,
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            speaker=speaker_id(row, speaker),
            language=before.language if before else row.language,
        )
        return apply_change(row, caller, OperationKind.INSERT, {"after": before and before.id}, change)


def delete_line(*, caller: Caller, transcript: Transcript, segment_id: UUID, version: int) -> Applied:
    """Raises NotFound, StaleLine, Conflict."""
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id, version)
        return apply_change(row, caller, OperationKind.DELETE, {"segment": line.id}, operations.delete([line]))


def assign(
    *,
    caller: Caller,
    transcript: Transcript,
    speaker: UUID | None,
    segment_ids: Sequence[UUID] = (),
    run_from: UUID | None = None,
    span_ms: tuple[int, int] | None = None,
    only_unassigned: bool = False,
) -> Applied:
    """Give lines to a speaker: those named, or a line and those behind it with its speaker, or those in a time.

    `only_unassigned`: of these the ones without a speaker. Raises Invalid, Conflict.
    """
    with editing(caller, transcript) as row:
        lines = _chosen(row, segment_ids, run_from, span_ms)
        if only_unassigned:
            lines = [line for line in lines if line.speaker is None]
        who = speaker_id(row, speaker)
        payload = {"speaker": who, "count": len(lines)}
        return apply_change(row, caller, OperationKind.ASSIGN, payload, operations.assign(lines, who))


def set_flag(*, caller: Caller, transcript: Transcript, segment_id: UUID, type: str, hidden: bool) -> Applied:
    """Hide a doubt about a line, or show it again. Raises Invalid, NotFound, Conflict."""
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id)
        payload = {"segment": line.id, "type": type, "hidden": hidden}
        change = operations.set_flag(line, type, hidden=hidden)
        return apply_change(row, caller, OperationKind.FLAG, payload, change)


def accept(
    *, caller: Caller, transcript: Transcript, segment_id: UUID, word: int | None = None, version: int | None = None
) -> Applied:
    """A person says that a word, or a whole line, is right: it is no doubtful place any more.

    Raises Invalid, NotFound, Conflict, and StaleLine where `version` is given.
    """
    with editing(caller, transcript) as row:
        line = find_line(row, segment_id, version)
        change = operations.accept(line, word, overlaps=_overlaps(row, line))
        return apply_change(row, caller, OperationKind.ACCEPT, {"segment": line.id, "word": word}, change)


# --- What verbs share ------------------------------------------------------------------------------------------------
def find_line(row: Transcript, segment_id: UUID, version: int | None = None, *, field: str = "") -> Line:
    """A line of the transcript, at `version` where one is given.

    Raises StaleLine; NotFound, or where a field of the request named it, Invalid.
    """
    found = rows_of(row, [segment_id])
    if not found and field:
        raise Invalid.field(field, _("There is no such line in this transcript."), "not_found")
    if not found:
        raise NotFound
    if version is not None and found[0].version != version:
        raise StaleLine(found[0], version)
    return line_of(found[0])


def find_lines(row: Transcript, ids: Sequence[UUID], *, field: str = "segments") -> list[Line]:
    """Lines of the transcript, in order. Raises Invalid where one is not there."""
    lines = lines_of(row, ids)
    if len(lines) != len(set(ids)):
        raise Invalid.field(field, _("There is no such line in this transcript."), "not_found")
    return lines


def speaker_id(row: Transcript, speaker: UUID | None, *, field: str = "speaker") -> str | None:
    """Raises Invalid for one who is not in this transcript."""
    if speaker is None:
        return None
    if not Speaker.objects.filter(transcript=row, pk=speaker).exists():
        raise Invalid.field(field, _("There is no such speaker in this transcript."), "not_found")
    return str(speaker)


def _chosen(
    row: Transcript, segment_ids: Sequence[UUID], run_from: UUID | None, span_ms: tuple[int, int] | None
) -> list[Line]:
    if run_from is not None:
        first = find_line(row, run_from, field="from_segment")
        rows = Segment.objects.filter(transcript=row, position__gte=first.position).order_by("position")
        return operations.run_from((line_of(one) for one in rows.iterator(chunk_size=200)), first)
    if span_ms is not None:
        rows = Segment.objects.filter(transcript=row).between(*span_ms).order_by("position")
        return [line_of(one) for one in rows]
    return find_lines(row, segment_ids)


def _overlaps(row: Transcript, line: Line) -> bool:
    """Whether somebody else speaks at the same time."""
    rows = Segment.objects.filter(transcript=row).between(line.start_ms, line.end_ms).exclude(pk=line.id)
    return bool(rows.exclude(speaker=line.speaker).exists() if line.speaker else False)


def _following(row: Transcript, line: Line | None) -> Segment | None:
    """The line behind another one; the first, behind none."""
    rows = Segment.objects.filter(transcript=row).order_by("position")
    found: Segment | None = (rows.filter(position__gt=line.position) if line else rows).first()
    return found


def _check_times(row: Transcript, line: Line, start_ms: int | None, end_ms: int | None) -> None:
    start = line.start_ms if start_ms is None else start_ms
    end = line.end_ms if end_ms is None else end_ms
    if (start, end) != (line.start_ms, line.end_ms):
        _check_span(row, start, end, longest_ms=line.end_ms)
    if start != line.start_ms:
        rows = Segment.objects.filter(transcript=row)
        above = rows.filter(position__lt=line.position).order_by("-position").first()
        below = rows.filter(position__gt=line.position).order_by("position").first()
        _check_between(start, above and above.start_ms, below and below.start_ms)


def _check_span(row: Transcript, start_ms: int, end_ms: int, *, longest_ms: int = 0) -> None:
    """`longest_ms`: where the line ends already; the machine may have gone a little beyond the recording."""
    if end_ms < start_ms:
        raise Invalid.field("end", _("A line cannot end before it begins."))
    if end_ms > max(row.duration_ms, longest_ms):
        raise Invalid.field("end", _("The recording ends before that."))


def _check_between(start_ms: int, above: int | None, below: int | None) -> None:
    """Lines stand in the order in which they begin."""
    if above is not None and start_ms < above:
        raise Invalid.field("start", _("The line above begins later than that. Change its beginning first."), "order")
    if below is not None and start_ms > below:
        raise Invalid.field("start", _("The line below begins earlier than that. Change its beginning first."), "order")
