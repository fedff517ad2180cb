"""The transcript page: two blocks of lines from the server, the rest as it is needed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from config.common.errors import NotFound
from organizations.roles import Action
from transcription.asr import hallucinations
from transcription.asr.serial import words_from_json
from transcription.models import Segment, Speaker, Transcript
from transcription.services import selectors, transcripts
from transcription.views.base import PageRequest, page

PAGE_LINES = 2 * selectors.BLOCK_LINES
FORMATS = ("txt", "docx", "pdf", "srt", "vtt", "md", "csv", "tsv", "json")


@page(Action.TRANSCRIPTS_READ)
def transcript(request: PageRequest, transcript_id: UUID) -> HttpResponse:
    row = selectors.transcript(request.caller, transcript_id)
    number, last = _page_number(request, row), _page_count(row)
    lines = selectors.lines(row, (number - 1) * PAGE_LINES, PAGE_LINES)
    speakers = selectors.speakers_of(row)
    context = {
        "transcript": row,
        "recording": row.recording,
        "job": row.job,
        "speakers": speakers,
        "blocks": _blocks(lines, (number - 1) * PAGE_LINES, speakers),
        "layout": _layout(row, speakers),
        "number": number,
        "last": last,
        "formats": FORMATS,
    }
    return render(request, "transcription/transcript.html", context)


def _page_count(row: Transcript) -> int:
    return max(1, -(-row.segment_count // PAGE_LINES))


def _page_number(request: PageRequest, row: Transcript) -> int:
    asked = request.GET.get("page", "")
    if not asked and (moment := request.GET.get("t", "")):
        return selectors.lines_before(row, moment) // PAGE_LINES + 1
    return min(max(int(asked), 1), _page_count(row)) if asked.isdecimal() else 1


def _blocks(lines: list[Segment], first: int, speakers: list[Speaker]) -> list[dict[str, Any]]:
    """The lines by blocks, each line with its number, its speaker's name and colour, and whether the voice changed."""
    numbers: dict[UUID | None, int] = {speaker.pk: number for number, speaker in enumerate(speakers)}
    names: dict[UUID | None, str] = {speaker.pk: str(speaker) for speaker in speakers}
    drawn = [
        {
            "segment": line,
            "words": words_from_json(line.words),
            "index": first + at,
            "speaker": names.get(line.speaker_id, ""),
            "colour": numbers.get(line.speaker_id, 0) % selectors.SPEAKER_COLOURS + 1,
            "continues": at > 0 and at % selectors.BLOCK_LINES > 0 and lines[at - 1].speaker_id == line.speaker_id,
        }
        for at, line in enumerate(lines)
    ]
    return [
        {"number": (first + at) // selectors.BLOCK_LINES, "lines": drawn[at : at + selectors.BLOCK_LINES]}
        for at in range(0, len(drawn), selectors.BLOCK_LINES)
    ]


def _layout(row: Transcript, speakers: list[Speaker]) -> dict[str, Any]:
    """What scripts need to place and fetch the rest."""
    return {
        "transcript": str(row.pk),
        "segments": row.segment_count,
        "size": selectors.BLOCK_LINES,
        "blocks": selectors.blocks(row),
        "speakers": [{"id": str(speaker.pk), "name": str(speaker)} for speaker in speakers],
        "reasons": {flag.reason: _(flag.reason) for flag in hallucinations.FLAGS},
    }


@page(Action.TRANSCRIPTS_READ)
def download(request: PageRequest, transcript_id: UUID, format: str) -> HttpResponseBase:
    """A file of the whole text; the options of the API's export work here too."""
    if format not in FORMATS:
        raise NotFound
    row = selectors.transcript(request.caller, transcript_id)
    file = transcripts.export_file(row, format=format, query=request.GET.dict())
    disposition = content_disposition_header(True, file.filename)
    headers = {"Content-Disposition": disposition} if disposition else {}
    return StreamingHttpResponse(file.pieces, content_type=file.format.content_type, headers=headers)
