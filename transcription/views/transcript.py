"""The transcript page: two blocks of lines from the server, the rest as it is needed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from config.common import downloads
from config.common.errors import NotFound
from organizations.roles import Action
from transcription.asr import hallucinations
from transcription.asr.voiceprints import is_sure
from transcription.models import Segment, Speaker, Transcript
from transcription.services import display, pages, selectors, transcripts, voices
from transcription.views.base import PageRequest, page

PAGE_LINES = 4 * selectors.BLOCK_LINES
FORMATS = ("txt", "docx", "pdf", "srt", "vtt", "md", "csv", "tsv", "json")


@page(Action.TRANSCRIPTS_READ)
def transcript(request: PageRequest, transcript_id: UUID) -> HttpResponse:
    row = selectors.transcript(request.caller, transcript_id)
    number, last = _page_number(request, row), _page_count(row)
    lines = selectors.lines(row, (number - 1) * PAGE_LINES, PAGE_LINES)
    speakers = selectors.speakers_of(row)
    colours = _colours(speakers)
    context = {
        "transcript": row,
        "recording": row.recording,
        "job": row.job,
        "speakers": speakers,
        "blocks": _blocks(lines, (number - 1) * PAGE_LINES, speakers),
        "layout": _layout(request, row, speakers),
        "voices": [(speaker, colours[speaker.pk]) for speaker in speakers],
        "can_edit": request.caller.can(Action.TRANSCRIPTS_WRITE),
        "number": number,
        "last": last,
        "formats": FORMATS,
    }
    return render(request, "transcription/transcript.html", context)


def _colours(speakers: list[Speaker]) -> dict[UUID | None, int]:
    return {speaker.pk: speaker.shown_colour for speaker in speakers}


def _page_count(row: Transcript) -> int:
    return max(1, -(-row.segment_count // PAGE_LINES))


def _page_number(request: PageRequest, row: Transcript) -> int:
    asked = request.GET.get("page", "")
    if not asked and (moment := request.GET.get("t", "")):
        return selectors.lines_before(row, moment) // PAGE_LINES + 1
    return min(max(int(asked), 1), _page_count(row)) if asked.isdecimal() else 1


def _blocks(lines: list[Segment], first: int, speakers: list[Speaker]) -> list[dict[str, Any]]:
    """The lines by blocks, each with its id, by which scripts edit it."""
    size = selectors.BLOCK_LINES
    drawn = [{**line, "id": line["segment"].pk} for line in pages.drawn_lines(lines, speakers, first=first, block=size)]
    return [{"number": (first + at) // size, "lines": drawn[at : at + size]} for at in range(0, len(drawn), size)]


def _layout(request: PageRequest, row: Transcript, speakers: list[Speaker]) -> dict[str, Any]:
    """What scripts need to place and fetch the rest."""
    colours = _colours(speakers)
    return {
        "transcript": str(row.pk),
        "user": str(request.caller.user.pk) if request.caller.user else "",
        "can_edit": request.caller.can(Action.TRANSCRIPTS_WRITE),
        "segments": row.segment_count,
        "version": row.version,
        "locked": row.is_locked,
        "mixed": bool(row.provenance.get("languages")),
        "size": selectors.BLOCK_LINES,
        "blocks": selectors.blocks(row),
        "voices": selectors.voices_over_time(row, colours),
        "duration": row.duration_ms / 1000,
        "speakers": [
            {"id": str(speaker.pk), "label": speaker.label, "name": speaker.name, "colour": colours[speaker.pk]}
            for speaker in speakers
        ],
        "reasons": {flag.reason: _(flag.reason) for flag in hallucinations.FLAGS},
        "suggestions": _suggestions(request, speakers),
    }


def _suggestions(request: PageRequest, speakers: list[Speaker]) -> list[dict[str, Any]]:
    """Whose voices these may be, for those who may decide it, where voices are kept at all."""
    caller = request.caller
    if not caller.can(Action.TRANSCRIPTS_WRITE) or voices.consent_of(caller.organization) is None:
        return []
    return [
        {
            "id": str(match.pk),
            "speaker": str(speaker_id),
            "profile_name": match.profile.name,
            "score": match.score,
            "sure": match.score is not None and is_sure(match.score),
        }
        for speaker_id, match in voices.suggested_for(caller, speakers).items()
    ]


@page(Action.TRANSCRIPTS_READ)
def download(request: PageRequest, transcript_id: UUID, format: str) -> HttpResponseBase:
    """A file of the whole text; the options of the API's export work here too. Arabic as this person reads it."""
    if format not in FORMATS:
        raise NotFound
    row = selectors.transcript(request.caller, transcript_id)
    query = {**display.preferred(request.caller.user), **request.GET.dict()}
    file = transcripts.export_file(row, format=format, query=query)
    return downloads.download(file.filename, file.pieces, file.format.content_type)
