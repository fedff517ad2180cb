"""The search page: lines of all transcripts, by recording."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from config.common.errors import Invalid
from organizations.roles import Action
from transcription.forms import SearchForm
from transcription.services import search as service
from transcription.services import selectors
from transcription.services.search import Found
from transcription.views.base import PageRequest, page, wants_part


@page(Action.TRANSCRIPTS_READ)
def search(request: PageRequest) -> HttpResponse:
    form = SearchForm(
        request.GET, projects=selectors.projects(request.caller), languages=selectors.languages(request.caller)
    )
    context: dict[str, Any] = {"form": form, "asked": request.GET.get("q", "").strip()}
    if context["asked"] and form.is_valid():
        context |= _found(request, form)
    part = "_search_results.html" if wants_part(request) else "search.html"
    return render(request, f"transcription/{part}", context)


def _found(request: PageRequest, form: SearchForm) -> dict[str, Any]:
    wanted = form.wanted()
    lines = service.MOST_LINES if wanted.recording else service.LINES_SHOWN
    try:
        found = service.search(caller=request.caller, wanted=wanted, cursor=request.GET.get("cursor", ""), lines=lines)
    except Invalid as error:
        return {"found": Found(), "problem": error.detail}
    return {"found": found, "one": wanted.recording, "further": found.corrected or wanted.q}
