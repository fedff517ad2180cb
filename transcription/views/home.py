"""Home: what to do first, what runs now, what came out last."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.reports import overview
from config.common.errors import ApplicationError
from media.models import Project
from media.services import imports, uploads
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.forms import UploadForm
from transcription.services import jobs, selectors
from transcription.views.base import PageRequest, attempt, page, wants_part


@page(Action.JOBS_READ, "GET", "HEAD")
def home(request: PageRequest) -> HttpResponse:
    """The same lists, without the page around them, answer a script that heard of a change."""
    context = _lists(request.caller)
    if wants_part(request):
        return render(request, "transcription/_home_lists.html", context)
    return render(request, "transcription/home.html", context | {"form": _form(request.caller)})


def _lists(caller: Caller) -> dict[str, Any]:
    return {
        "import_enabled": settings.MEDIA_IMPORT_ENABLED,
        "time_left": overview.time_left(caller.organization),
        "running": list(selectors.running_jobs(caller)),
        "checking": selectors.unfinished_recordings(caller),
        "recent": selectors.recent_transcripts(caller),
        "has_recordings": selectors.has_recordings(caller),
        "largest": settings.MEDIA_MAX_SIZE,
    }


def _form(caller: Caller, *args: Any) -> UploadForm:
    return UploadForm(*args, projects=selectors.projects(caller), languages=selectors.languages_offered())


@page(Action.MEDIA_WRITE, "POST")
def upload(request: PageRequest) -> HttpResponseBase:
    """Files of an ordinary form, for browsers without scripts."""
    form = _form(request.caller, request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "transcription/home.html", _lists(request.caller) | {"form": form}, status=422)
    stored = [_store(request, file, form) for file in form.cleaned_data["uploads"]]
    if number := sum(stored):
        done = ngettext("%(number)d file is uploaded.", "%(number)d files are uploaded.", number)
        messages.success(request, done % {"number": number} + " " + _("You see below how far each one is."))
    return redirect("organization-home", slug=request.caller.organization.slug)


@page(Action.MEDIA_WRITE, "POST")
def import_address(request: PageRequest) -> HttpResponseBase:
    """The address of a file, with the options of the same form."""
    form = _form(request.caller, request.POST)
    form.fields.pop("uploads")
    if form.is_valid():
        done = _("The file is being fetched. You see below how far it is.")
        attempt(request, done, lambda: _fetch(request.caller, request.POST.get("url", ""), form))
    for faults in form.errors.values():
        messages.error(request, str(faults[0]))
    return redirect("organization-home", slug=request.caller.organization.slug)


def _fetch(caller: Caller, url: str, form: UploadForm) -> None:
    recording = imports.begin(caller=caller, url=url, project=form.cleaned_data["project"])
    jobs.submit(caller=caller, recording=recording, options=form.options())


def _store(request: PageRequest, file: UploadedFile, form: UploadForm) -> bool:
    """One bad file does not stop the others."""
    project: Project | None = form.cleaned_data["project"]
    try:
        recording = uploads.store_directly(caller=request.caller, file=file, project=project)
        jobs.submit(caller=request.caller, recording=recording, options=form.options())
    except ApplicationError as error:
        messages.error(request, f"{file.name}: {error.detail}")
        return False
    return True
