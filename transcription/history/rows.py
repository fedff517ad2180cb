"""Rows into the values of `transcription.editing`, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from django.db import connection

from config.common.clock import now
from transcription.asr.serial import words_from_json, words_to_json
from transcription.editing.lines import Line, Voice, marks_from_json, marks_to_json
from transcription.models import Operation, Segment, Speaker

if TYPE_CHECKING:
    from transcription.models import Transcript

BATCH = 1000
# One statement for many lines, where Django's bulk_update would write a CASE for each field of each.
UPDATE = """
UPDATE transcription_segment AS segment SET
    start_ms = new.start_ms, end_ms = new.end_ms, text = new.text, search_text = new.search_text,
    language = new.language, confidence = new.confidence, words = new.words, flags = new.flags, edited = new.edited,
    speaker_id = new.speaker_id, version = %s, updated_at = now()
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::jsonb[],
    %s::jsonb[], %s::boolean[], %s::uuid[])
    AS new(id, start_ms, end_ms, text, search_text, language, confidence, words, flags, edited, speaker_id)
WHERE segment.id = new.id AND segment.transcript_id = %s
"""
MOVE = """
UPDATE transcription_segment AS segment SET position = new.position
FROM unnest(%s::uuid[], %s::bigint[]) AS new(id, position)
WHERE segment.id = new.id AND segment.transcript_id = %s
"""


def line_of(row: Segment) -> Line:
    return Line(
        id=str(row.pk),
        position=row.position,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        words=words_from_json(row.words),
        speaker=None if row.speaker_id is None else str(row.speaker_id),
        language=row.language,
        confidence=row.confidence,
        flags=marks_from_json(row.flags),
        edited=row.edited,
        version=row.version,
    )


def language_of(line: Line, transcript: Transcript) -> str:
    """Of the line itself in mixed speech, else of the whole; empty where nobody knows."""
    return (line.language or transcript.language or "").split("-")[0].lower()


def row_of(transcript: Transcript, line: Line) -> Segment:
    """The row that a line is, with `search_text`; not saved."""
    return Segment.folded(
        pk=UUID(line.id),
        organization_id=transcript.organization_id,
        transcript=transcript,
        speaker_id=line.speaker and UUID(line.speaker),
        position=line.position,
        version=line.version,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        language=line.language,
        confidence=line.confidence,
        words=words_to_json(line.words),
        flags=marks_to_json(line.flags),
        edited=line.edited,
    )


def rows_of(transcript: Transcript, ids: Iterable[str | UUID], *, most: int | None = None) -> list[Segment]:
    """Those of the transcript's lines, or the first of them, in order. Ids of others are as if they were not there."""
    return list(Segment.objects.filter(transcript=transcript, pk__in=list(ids)).order_by("position")[:most])


def lines_of(transcript: Transcript, ids: Iterable[str | UUID] | None = None) -> list[Line]:
    """Some lines of a transcript, or all, in order."""
    rows = Segment.objects.filter(transcript=transcript).order_by("position") if ids is None else None
    return [line_of(row) for row in (rows if rows is not None else rows_of(transcript, ids or ()))]


def voice_of(row: Speaker) -> Voice:
    return Voice(str(row.pk), row.label, row.name, row.colour)


def voices_of(transcript: Transcript) -> dict[str, Voice]:
    """All speakers, by id."""
    return {str(row.pk): voice_of(row) for row in Speaker.objects.filter(transcript=transcript)}


def labels_ever(transcript: Transcript) -> set[str]:
    """Of all speakers who are or ever were: an undo may bring one back, and then nobody else may be called so."""
    labels = set(Speaker.objects.filter(transcript=transcript).values_list("label", flat=True))
    changes = Operation.objects.filter(transcript=transcript).exclude(change__speakers=[])
    edits = (edit for one in changes.values_list("change__speakers", flat=True) for edit in one)
    sides = (side for edit in edits for side in (edit["before"], edit["after"]) if side)
    return labels | {side["label"] for side in sides if "label" in side}


def write_voices(transcript: Transcript, voices: Iterable[Voice], *, known: set[str]) -> None:
    """New ones and changed ones."""
    for voice in voices:
        values = {"label": voice.label, "name": voice.name, "colour": voice.colour}
        if voice.id in known:
            Speaker.objects.filter(transcript=transcript, pk=voice.id).update(**values)
        else:
            owner = transcript.organization_id
            Speaker.objects.create(pk=UUID(voice.id), organization_id=owner, transcript=transcript, **values)


def insert_lines(transcript: Transcript, lines: Iterable[Line]) -> None:
    Segment.objects.bulk_create((row_of(transcript, line) for line in lines), batch_size=BATCH)


def update_lines(transcript: Transcript, lines: list[Line], *, version: int) -> None:
    """Write all that an operation may change of lines that are there. Positions are not among it."""
    if not lines:
        return
    rows = [row_of(transcript, line) for line in lines]
    columns: list[list[Any]] = [
        [row.pk for row in rows],
        [row.start_ms for row in rows],
        [row.end_ms for row in rows],
        [row.text for row in rows],
        [row.search_text for row in rows],
        [row.language for row in rows],
        [row.confidence for row in rows],
        [_json(row.words) for row in rows],
        [_json(row.flags) for row in rows],
        [row.edited for row in rows],
        [row.speaker_id for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [version, *columns, transcript.pk])


def give_lines(transcript: Transcript, lines: Iterable[Line], *, version: int) -> None:
    """Write the speakers of lines that differ in nothing else: the cheap way, for a speaker may have thousands."""
    given: dict[tuple[str | None, bool], list[str]] = {}
    for line in lines:
        given.setdefault((line.speaker, line.edited), []).append(line.id)
    for (speaker, edited), ids in given.items():
        rows = Segment.objects.filter(transcript=transcript, pk__in=ids)
        rows.update(speaker_id=speaker, edited=edited, version=version, updated_at=now())


def move_lines(transcript: Transcript, places: dict[UUID, int]) -> None:
    """Give lines other positions. In two steps, for none may have a position that another still has."""
    if not places:
        return
    with connection.cursor() as cursor:
        for positions in ([-1 - place for place in places.values()], list(places.values())):
            cursor.execute(MOVE, [list(places), positions, transcript.pk])


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
