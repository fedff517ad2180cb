"""The export with all its options and a look at what comes out, and the subtitles with what is wrong with them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from config.common.downloads import download
from config.common.errors import Invalid
from organizations.roles import Action
from transcription.asr.text.legibility import Checked, Issue
from transcription.models import Transcript
from transcription.services import selectors, subtitles, transcripts
from transcription.views.base import PageRequest, page, wants_part
from transcription.views.company_forms import RULES, ExportForm

ISSUE_NAMES = {
    Issue.TOO_FAST: _("Too fast to read"),
    Issue.LONG_LINE: _("Line too long"),
    Issue.MANY_LINES: _("Too many lines"),
    Issue.TOO_SHORT: _("Shown too briefly"),
    Issue.TOO_LONG: _("Shown too long"),
    Issue.SMALL_GAP: _("Hardly a gap before the next one"),
    Issue.OVERLAP: _("Two lines at once"),
}


@page(Action.TRANSCRIPTS_READ)
def export(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    """The form with its preview; with `download` the file itself, with `picture` the first page of the PDF."""
    row = selectors.transcript(request.caller, transcript_id)
    form = ExportForm(request.GET if "format" in request.GET else None)
    query, problem = form.query(), ""
    try:
        if request.GET.get("download"):
            return _file(row, form.chosen, query)
        if request.GET.get("picture"):
            return HttpResponse(transcripts.page_picture(row, query=query), content_type="image/svg+xml")
        preview = transcripts.preview(row, format=form.chosen, query=query)
    except Invalid as error:
        problem, preview = error.detail, transcripts.Preview("", False)
    context: dict[str, Any] = {
        "transcript": row,
        "recording": row.recording,
        "export_form": form,
        "preview": preview,
        "problem": problem,
        "picture": urlencode({"format": form.chosen, **query, "picture": 1}),
        "api_path": f"/api/v1/transcripts/{row.pk}/export?{urlencode({'format': form.chosen, **query})}",
    }
    return render(request, f"transcription/{_template(request)}", context)


def _template(request: PageRequest) -> str:
    if not wants_part(request):
        return "export.html"
    return "_export_preview.html" if request.htmx.target == "export-preview" else "_export.html"


def _file(row: Transcript, format: str, query: dict[str, str]) -> HttpResponseBase:
    file = transcripts.export_file(row, format=format, query=query)
    return download(file.filename, file.pieces, file.format.content_type)


@page(Action.TRANSCRIPTS_READ)
def subtitle_check(request: PageRequest, transcript_id: UUID) -> HttpResponse:
    """Cues as the file has them, a stretch at a time, each with what a viewer would trip over."""
    row = selectors.transcript(request.caller, transcript_id)
    form = ExportForm({"format": "srt", **request.GET.dict()})
    query, problem = {name: value for name, value in form.query().items() if name in (*RULES, "speakers")}, ""
    cursor, only = request.GET.get("cursor", ""), bool(request.GET.get("only"))
    try:
        stretch = subtitles.stretch(row, query, cursor=cursor)
    except Invalid as error:
        problem, stretch = error.detail, subtitles.stretch(row, {})
    cues = [_cue(number, checked) for number, checked in enumerate(stretch.cues, start=1)]
    context: dict[str, Any] = {
        "transcript": row,
        "recording": row.recording,
        "rules_form": form,
        "rule_names": RULES,
        "query": urlencode(query),
        "cues": [cue for cue in cues if cue["issues"] or not only],
        "only": only,
        "troubled": sum(bool(cue["issues"]) for cue in cues),
        "total": len(cues),
        "next_cursor": stretch.next_cursor,
        "is_first": not cursor,
        "problem": problem,
    }
    return render(request, "transcription/subtitles.html", context)


def _cue(number: int, checked: Checked) -> dict[str, Any]:
    return {
        "number": number,
        "cue": checked.cue,
        "text": "\n".join(checked.cue.lines),
        "shown": (checked.cue.end_ms - checked.cue.start_ms) / 1000,
        "speed": checked.speed,
        "issues": [str(ISSUE_NAMES[issue]) for issue in checked.issues],
    }
