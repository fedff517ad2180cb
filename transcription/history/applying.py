"""The door itself: a change becomes rows, one operation, and news of it, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.clock import from_now, now
from config.common.errors import Conflict
from transcription import events
from transcription.editing.changes import Change, Collision, difference
from transcription.history import placing, rows
from transcription.models import Operation, Segment, Speaker, Transcript
from transcription.models.authored import signed_by

if TYPE_CHECKING:
    from organizations.tenancy import Caller
    from transcription.editing.lines import Line

# So many lines are told of one operation: who changed more of them reads the text again.
MOST_TOLD = 500
# Programs are told of edits at most this often, and of the last one at the latest so much later.
TELL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Applied:
    """What an operation did. `operation` is None where there was nothing to do.

    `segments`: lines that are new, changed or elsewhere, in order, as they are now. `speakers`: all, when some changed.
    `truncated`: there are more than MOST_TOLD, and `segments` and `removed` have only the first.
    """

    transcript: Transcript
    operation: Operation | None
    segments: list[Segment]
    removed: list[UUID] = field(default_factory=list)
    speakers: list[Speaker] | None = None
    truncated: bool = False


def lock(transcript: Transcript) -> Transcript:
    """The row as it is now, and nobody else's until the transaction ends. Raises Conflict where the text is final."""
    # Without the key: shares and comments, which only point to the row, need not wait.
    row: Transcript = Transcript.objects.select_for_update(no_key=True, of=("self",)).get(pk=transcript.pk)
    must_be_open(row)
    return row


def must_be_open(transcript: Transcript) -> None:
    """Raises Conflict `transcript_locked` for a final text."""
    if transcript.is_locked:
        detail = _("This transcript is final, and so it is locked. Set it back to draft to change it.")
        raise Conflict(detail, error_type="transcript_locked")


@transaction.atomic
def apply_change(
    transcript: Transcript,
    caller: Caller | None,
    kind: str,
    payload: dict[str, Any],
    change: Change,
    *,
    undoes: int | None = None,
) -> Applied:
    """Write `change` as the transcript's next operation. `caller` None: the machine itself.

    New lines get a place by their position, or by their time where that is taken. Raises Conflict where the text is
    final, and Collision where a line would have a speaker who is not there.
    """
    row = lock(transcript)
    if change.is_empty:
        return Applied(row, None, [])
    number = row.version + 1
    written, moved = _write(row, change, version=number + 1)
    row.version = number
    row.segment_count += len(change.after) - len(change.before)
    operation = Operation(kind=kind, payload=payload, undoes=undoes)
    _record(row, caller, operation, replace(change, after=written), moved)
    _tell(row, caller)
    transcript.version, transcript.segment_count = row.version, row.segment_count
    return _outcome(row, operation, change, {line.id for line in written} | {str(pk) for pk in moved})


def _write(transcript: Transcript, change: Change, *, version: int) -> tuple[tuple[Line, ...], list[UUID]]:
    """The lines as they were written, with their positions, and the ids of others that were moved."""
    before = {line.id: line for line in change.before}
    old, new = {voice.id for voice in change.voices_before}, {voice.id for voice in change.voices_after}
    _require_speakers(transcript, change, gone=old - new, added=new - old)
    rows.write_voices(transcript, change.voices_after, known=old)
    gone = before.keys() - {line.id for line in change.after}
    Segment.objects.filter(transcript=transcript, pk__in=gone).delete()
    after = [replace(line, version=version) for line in change.after]
    kept = [line for line in after if line.id in before]
    given = {line.id for line in kept if _is_only_given(before[line.id], line)}
    rows.give_lines(transcript, [line for line in kept if line.id in given], version=version)
    rows.update_lines(transcript, [line for line in kept if line.id not in given], version=version)
    inserted, moved = placing.insert(transcript, [line for line in after if line.id not in before])
    Speaker.objects.filter(transcript=transcript, pk__in=old - new).delete()
    shifted = [line for line in kept if line.start_ms != before[line.id].start_ms]
    moved += placing.in_order(transcript, [*inserted, *shifted])
    places = _positions(transcript, moved)
    lines = (replace(line, position=places.get(line.id, line.position)) for line in [*kept, *inserted])
    return tuple(sorted(lines, key=lambda line: line.position)), moved


def _is_only_given(before: Line, after: Line) -> bool:
    """Whether nothing but the speaker differs."""
    return replace(before, speaker=after.speaker, edited=after.edited, version=after.version) == after


def _require_speakers(transcript: Transcript, change: Change, *, gone: set[str], added: set[str]) -> None:
    """Every line has a speaker who is there, and none is left with one who goes."""
    wanted = {line.speaker for line in change.after if line.speaker} - added
    there = {
        str(pk) for pk in Speaker.objects.filter(transcript=transcript, pk__in=wanted).values_list("pk", flat=True)
    }
    lost = [line.id for line in change.after if line.speaker in (wanted - there) | gone]
    if gone:
        touched = {line.id for line in (*change.before, *change.after)}
        left = Segment.objects.filter(transcript=transcript, speaker_id__in=gone).exclude(pk__in=touched)
        lost += [str(pk) for pk in left.values_list("pk", flat=True)]
    labels = {voice.label for voice in change.voices_after if voice.id in added}
    taken = Speaker.objects.filter(transcript=transcript, label__in=labels).exclude(pk__in=gone)
    lost += [str(pk) for pk in taken.values_list("pk", flat=True)] if labels else []
    if lost:
        raise Collision(lost)


def _positions(transcript: Transcript, ids: Iterable[UUID]) -> dict[str, int]:
    ids = list(ids)
    if not ids:
        return {}
    found = Segment.objects.filter(transcript=transcript, pk__in=ids).values_list("pk", "position")
    return {str(pk): position for pk, position in found}


def _record(
    transcript: Transcript, caller: Caller | None, operation: Operation, change: Change, moved: list[UUID]
) -> None:
    """Save the operation, and the transcript's version with it."""
    transcript.save(update_fields=["version", "segment_count", "updated_at"])
    what = difference(change)
    operation.organization_id, operation.transcript = transcript.organization_id, transcript
    operation.number, operation.line_count = transcript.version, len(what.lines)
    operation.change = {**what.to_json(), "moved": [str(pk) for pk in moved]}
    for name, who in signed_by(caller).items():
        setattr(operation, name, who)
    operation.save(force_insert=True)


def _tell(transcript: Transcript, caller: Caller | None) -> None:
    """Open pages at once; programs once a minute at most, late enough to be told of the last edit too."""
    events.publish_edit(transcript, author=(caller.user or caller.api_key) if caller else None)
    if transcript.told_at is None or transcript.told_at <= now():
        transcript.told_at = from_now(seconds=TELL_SECONDS)
        Transcript.objects.filter(pk=transcript.pk).update(told_at=transcript.told_at)
        events.announce_edits(transcript, due_at=transcript.told_at)


def _outcome(transcript: Transcript, operation: Operation, change: Change, ids: set[str]) -> Applied:
    after = {line.id for line in change.after}
    removed = [UUID(line.id) for line in change.before if line.id not in after]
    speakers = None
    if (change.voices_before, change.voices_after) != ((), ()):
        speakers = list(Speaker.objects.filter(transcript=transcript))
    return Applied(
        transcript=transcript,
        operation=operation,
        segments=rows.rows_of(transcript, ids, most=MOST_TOLD),
        removed=removed[:MOST_TOLD],
        speakers=speakers,
        truncated=max(len(ids), len(removed)) > MOST_TOLD,
    )
