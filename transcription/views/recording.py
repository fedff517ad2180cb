"""One recording: listen, describe, transcribe again; and its jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError
from media.models import Recording
from media.services import recordings as service
from organizations.roles import Action
from transcription.forms import RecordingForm, RediarizeForm, TranscribeForm
from transcription.models import Job
from transcription.services import jobs, selectors
from transcription.views.base import PageRequest, attempt, came_from, page, wants_part


@page(Action.MEDIA_READ)
def recording(request: PageRequest, recording_id: UUID) -> HttpResponse:
    row = selectors.recording(request.caller, recording_id)
    if wants_part(request):
        return render(request, "transcription/_recording_jobs.html", _work(request, row))
    context = _work(request, row) | {"edit": _edit_form(request, row), "transcribe": _transcribe_form()}
    return render(request, "transcription/recording.html", context)


def _work(request: PageRequest, row: Recording) -> dict[str, Any]:
    return {
        "recording": row,
        "jobs": list(selectors.jobs_of(request.caller, row)),
        "may_delete": service.may_delete(request.caller, row),
    }


def _edit_form(request: PageRequest, row: Recording, *sent: Any) -> RecordingForm:
    initial = {
        "name": row.name,
        "description": row.description,
        "project": row.project_id,
        "tags": ", ".join(tag.name for tag in row.tags.all()),
    }
    return RecordingForm(*sent, initial=initial, projects=selectors.projects(request.caller))


def _transcribe_form(*sent: Any) -> TranscribeForm:
    return TranscribeForm(*sent, languages=selectors.languages_offered(), engines=selectors.engines_offered())


@page(Action.MEDIA_WRITE, "POST")
def edit(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    row = selectors.recording(request.caller, recording_id)
    form = _edit_form(request, row, request.POST)
    if form.is_valid() and _saved(request, row, form):
        return _to(request, row)
    context = _work(request, row) | {"edit": form, "transcribe": _transcribe_form()}
    return render(request, "transcription/recording.html", context, status=422)


def _saved(request: PageRequest, row: Recording, form: RecordingForm) -> bool:
    values = {"caller": request.caller, "recording": row, **form.cleaned_data}
    return attempt(request, _("Saved."), lambda: service.update(**values))


@page(Action.MEDIA_DELETE_OWN, "POST")
def delete(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    row = selectors.recording(request.caller, recording_id)
    done = _("Moved to the trash.")
    if attempt(request, done, lambda: service.delete(caller=request.caller, recording=row)):
        return redirect("recordings", slug=request.caller.organization.slug)
    return _to(request, row)


@page(Action.JOBS_WRITE, "POST")
def transcribe(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    row = selectors.recording(request.caller, recording_id)
    form = _transcribe_form(request.POST)
    if form.is_valid():
        try:
            jobs.submit(caller=request.caller, recording=row, options=form.options())
        except ApplicationError as error:
            form.add_error(None, error.detail)
        else:
            return _to(request, row)
    context = _work(request, row) | {"edit": _edit_form(request, row), "transcribe": form}
    return render(request, "transcription/recording.html", context, status=422)


@page(Action.MEDIA_READ)
def play(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    """A player's address that stays right: it leads to a fresh signed one each time."""
    return _signed(service.playback_url(selectors.recording(request.caller, recording_id)))


@page(Action.MEDIA_READ)
def download(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    return _signed(service.download_url(selectors.recording(request.caller, recording_id)))


def _signed(address: str) -> HttpResponse:
    # SECURITY: a signed address is a key; no cache may keep the answer that carries it.
    return HttpResponse(status=302, headers={"Location": address, "Cache-Control": "no-store"})


@page(Action.JOBS_WRITE, "POST")
def cancel_job(request: PageRequest, job_id: UUID) -> HttpResponseBase:
    job = selectors.job(request.caller, job_id)
    attempt(request, _("Canceled."), lambda: jobs.cancel(caller=request.caller, job=job))
    return _back(request, job)


@page(Action.JOBS_WRITE, "POST")
def retry_job(request: PageRequest, job_id: UUID) -> HttpResponseBase:
    job = selectors.job(request.caller, job_id)
    attempt(request, _("It runs again."), lambda: jobs.retry(caller=request.caller, job=job))
    return _back(request, job)


@page(Action.JOBS_WRITE, "POST")
def rediarize_job(request: PageRequest, job_id: UUID) -> HttpResponseBase:
    job = selectors.job(request.caller, job_id)
    form = RediarizeForm(request.POST)
    if form.is_valid():
        done = _("Speakers are being told apart again.")
        attempt(request, done, lambda: jobs.rediarize(caller=request.caller, job=job, diarization=form.options()))
    else:
        messages.error(request, _("A recording has 1 to 100 speakers. Leave the number out if you do not know it."))
    return _back(request, job)


@page(Action.JOBS_WRITE, "POST")
def delete_job(request: PageRequest, job_id: UUID) -> HttpResponseBase:
    job = selectors.job(request.caller, job_id)
    attempt(request, _("Deleted."), lambda: jobs.delete(caller=request.caller, job=job))
    return _back(request, job)


def _back(request: PageRequest, job: Job) -> HttpResponseBase:
    slug = request.caller.organization.slug
    home = reverse("recording", kwargs={"slug": slug, "recording_id": job.recording_id})
    return redirect(came_from(request, home))


def _to(request: PageRequest, row: Recording) -> HttpResponseBase:
    return redirect("recording", slug=request.caller.organization.slug, recording_id=row.pk)
