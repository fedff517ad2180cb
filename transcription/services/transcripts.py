"""Reading transcripts: windows of lines, and exports that never hold the whole."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from transcription.asr.export import (
    Block,
    ExportOptions,
    ExportSegment,
    ExportTranscript,
    Format,
    InvalidOption,
    document_blocks,
    export,
    export_bytes,
    first_page,
    get_format,
)
from transcription.asr.serial import words_from_json
from transcription.asr.types import Flag
from transcription.asr.types import Segment as Line
from transcription.models import Segment, Transcript

BATCH = 500
# The longest list that `GET transcripts/{id}` answers in one piece.
WHOLE_LIST = 2000
# What a preview reads and shows: more than two pages, whatever the length of the recording.
PREVIEW_LINES, PREVIEW_LETTERS = 60, 8000


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """Lines in order, and the cursor of the next page, or None after the last."""

    rows: list[Segment]
    next_cursor: str | None


def segment_page(
    transcript: Transcript,
    *,
    cursor: str = "",
    limit: int = BATCH,
    from_ms: int | None = None,
    to_ms: int | None = None,
    until: str = "",
) -> SegmentPage:
    """Up to `limit` lines after `cursor` that are heard in [from_ms, to_ms). Raises Invalid for a foreign cursor.

    `until`: the cursor at which the list ends: lines that were put in since belong to the block they are in.
    """
    rows = Segment.objects.filter(transcript=transcript).between(from_ms, to_ms).order_by("position")
    if cursor:
        rows = rows.filter(position__gt=_position(cursor, "cursor"))
    if until:
        rows = rows.filter(position__lte=_position(until, "until"))
    page = list(rows[: limit + 1])
    more = len(page) > limit
    return SegmentPage(page[:limit], cursor_after(page[limit - 1].position) if more else None)


def cursor_after(position: int) -> str:
    return base64.urlsafe_b64encode(f"p{position}".encode()).decode().rstrip("=")


def _position(cursor: str, field: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("p"))
    except ValueError:
        raise Invalid.field(field, _("This cursor is not one of ours. Start from the first page.")) from None


def speaker_names(transcript: Transcript) -> dict[UUID, str]:
    """Speaker id -> the name that files show: who has none is a "Speaker 1" in the language of what is said.

    Where we do not speak that one, in the reader's.
    """
    spoken = transcript.language in dict(settings.LANGUAGES)
    with translation.override(transcript.language if spoken else translation.get_language()):
        return {speaker.pk: str(speaker) for speaker in transcript.speakers.all()}


@dataclass(frozen=True, slots=True)
class Preview:
    """`text`: letter by letter as in the file. A document, which has no such text, has a title and `blocks`."""

    text: str
    is_cut: bool
    title: str = ""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way: its format, its name and its bytes in pieces."""

    format: Format
    filename: str
    pieces: Iterator[bytes]


def export_file(transcript: Transcript, *, format: str, query: Mapping[str, str]) -> Export:
    """The current text as a file. `query` holds the options of the API. Raises Invalid, before anything is sent."""
    chosen, options = check(format, query)
    source = _export_transcript(transcript)
    name = f"{transcript.recording.name}.{chosen.extension}"
    return Export(chosen, name, export_bytes(source, format, options))


def preview(transcript: Transcript, *, format: str, query: Mapping[str, str]) -> Preview:
    """The beginning of the file that `export_file` gives, by the same engine. Raises Invalid."""
    chosen, options = check(format, query)
    source = _beginning(transcript)
    is_cut = transcript.segment_count > PREVIEW_LINES
    if chosen.render is None:
        return Preview("", is_cut, source.title, tuple(document_blocks(source, options)))
    text = "".join(export(source, format, options))
    return Preview(text[:PREVIEW_LETTERS], is_cut or len(text) > PREVIEW_LETTERS)


def page_picture(transcript: Transcript, *, query: Mapping[str, str]) -> bytes:
    """The first page of the PDF that `export_file` gives, as SVG. Raises Invalid."""
    _format, options = check("pdf", query)
    return first_page(_beginning(transcript), options)


def _beginning(transcript: Transcript) -> ExportTranscript:
    """Its first lines, and of endless ones only as much as a page could hold."""
    source = _export_transcript(transcript)
    lines = (replace(line, text=line.text[:PREVIEW_LETTERS]) for line in source.segments)
    return replace(source, segments=_until(islice(lines, PREVIEW_LINES), PREVIEW_LETTERS))


def _until(lines: Iterator[Line], letters: int) -> Iterator[Line]:
    """As many lines as hold so many letters."""
    for line in lines:
        yield line
        letters -= len(line.text)
        if letters <= 0:
            return


def check(format: str, query: Mapping[str, str]) -> tuple[Format, ExportOptions]:
    """A format and options of the API. Raises Invalid."""
    try:
        return get_format(format), ExportOptions.from_query(query, ignore=frozenset({"format", "link"}))
    except InvalidOption as error:
        raise Invalid.field(error.field, error.message) from None


def _export_transcript(transcript: Transcript) -> ExportTranscript:
    return ExportTranscript(
        title=transcript.recording.name,
        language=transcript.language,
        duration_ms=transcript.duration_ms,
        segments=_segments(transcript),
        speakers={str(pk): name for pk, name in speaker_names(transcript).items()},
        metadata={
            "id": str(transcript.pk),
            "job": str(transcript.job_id),
            "language_confidence": transcript.language_confidence,
            "version": transcript.version,
            "metrics": transcript.metrics,
            "provenance": transcript.provenance,
            "labels": {str(speaker.pk): speaker.label for speaker in transcript.speakers.all()},
        },
    )


def _segments(transcript: Transcript) -> Iterator[ExportSegment]:
    rows = Segment.objects.filter(transcript=transcript).order_by("position")
    labels = dict(transcript.speakers.values_list("pk", "label"))
    for row in rows.iterator(chunk_size=BATCH):
        line = export_segment(row)
        # What words say of their speaker is the machine's; who a line was given to goes before it.
        who = labels.get(row.speaker_id)
        stale = (row.edited or who is not None) and any(word.speaker != who for word in line.words)
        yield replace(line, words=tuple(replace(word, speaker=who) for word in line.words)) if stale else line


def export_segment(row: Segment) -> ExportSegment:
    """A line as exports know it."""
    return ExportSegment(
        id=str(row.pk),
        version=row.version,
        edited=row.edited,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        words=words_from_json(row.words),
        speaker=None if row.speaker_id is None else str(row.speaker_id),
        confidence=row.confidence,
        language=row.language or None,
        # A doubt that a person has looked at and hidden is none.
        flags=tuple(Flag(flag["type"], flag["reason"]) for flag in row.flags if not flag.get("hidden")),
    )
