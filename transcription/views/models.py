"""Which models there are, which one is used, and what each costs in time and memory."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from organizations.roles import Action
from transcription.services import models
from transcription.views.base import PageRequest, page


@page(Action.JOBS_READ)
def models_page(request: PageRequest) -> HttpResponse:
    rows = models.catalogue()
    context = {
        "present": [row for row in rows if row["is_present"]],
        "others": [row for row in rows if not row["is_present"]],
        "default": next((row for row in rows if row["is_default"]), None),
        "word_times": models.word_times(),
        "speakers": models.tells_speakers_by(),
        "sources": sorted({source for row in rows for source in row["sources"]}),
    }
    return render(request, "transcription/models.html", context)
