"""The list of recordings, and what can be done to several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.common.downloads import download
from config.common.errors import ApplicationError
from media.models import Recording
from media.services import recordings as service
from organizations.roles import Action
from transcription.forms import FilterForm
from transcription.services import archives, selectors
from transcription.views.base import PageRequest, attempt, came_from, page, page_of, wants_part
from transcription.views.transcript import FORMATS


@page(Action.MEDIA_READ)
def recordings(request: PageRequest) -> HttpResponse:
    caller = request.caller
    projects, tags = selectors.projects(caller), selectors.tags(caller)
    form = FilterForm(request.GET, projects=projects, tags=tags, languages=selectors.languages(caller))
    wanted = form.wanted()
    context = {
        "form": form,
        "wanted": wanted,
        "page": page_of(selectors.recordings(caller, wanted), request),
        "projects": projects,
        "columns": _columns(wanted.order),
        "export_formats": FORMATS,
    }
    part = "_recordings.html" if wants_part(request) else "recordings.html"
    return render(request, f"transcription/{part}", context)


def _columns(order: str) -> list[dict[str, Any]]:
    """The heads that sort, each with the order that a click asks for and how it is sorted now."""
    names = {"name": _("Name"), "duration": _("Length"), "size": _("Size"), "created": _("Added")}
    return [
        {
            "key": key,
            "name": name,
            "order": key if order == f"-{key}" else f"-{key}" if order == key else _first_order(key),
            "sorted": {key: "ascending", f"-{key}": "descending"}.get(order, ""),
        }
        for key, name in names.items()
    ]


def _first_order(key: str) -> str:
    """Names from A, everything else from the largest or newest."""
    return key if key == "name" else f"-{key}"


@page(Action.MEDIA_WRITE, "POST")
def change_many(request: PageRequest) -> HttpResponseBase:
    """The bar under the list: delete, move or tag what is ticked."""
    back = came_from(request, reverse("recordings", args=[request.caller.organization.slug]))
    chosen = selectors.recordings_by_id(request.caller, request.POST.getlist("recording"))
    change = _change(request)
    if not chosen:
        messages.warning(request, _("Tick the recordings first."))
    elif change is None:
        messages.warning(request, _("Choose what to do with the ticked recordings."))
    else:
        _tell(request, [_changed(request, recording, change) for recording in chosen])
    return redirect(back)


@page(Action.TRANSCRIPTS_READ, "POST")
def export_many(request: PageRequest) -> HttpResponseBase:
    """The newest transcript of each ticked recording, in one ZIP file."""
    back = came_from(request, reverse("recordings", args=[request.caller.organization.slug]))
    ticked = selectors.recordings_by_id(request.caller, request.POST.getlist("recording"))
    ids = archives.with_transcripts(request.caller, ticked)
    if not ids:
        messages.warning(request, _("Tick recordings that have a transcript."))
        return redirect(back)
    rows = archives.chosen(caller=request.caller, transcript_ids=[], recording_ids=ids)
    archive = archives.archive(caller=request.caller, rows=rows, format=request.POST.get("format", ""), options={})
    return download(archive.filename, archive.pieces, "application/zip")


def _change(request: PageRequest) -> Callable[[Recording], object] | None:
    caller, sent = request.caller, request.POST
    match sent.get("action"):
        case "delete":
            return lambda recording: service.delete(caller=caller, recording=recording)
        case "move" if sent.get("project"):
            project = None if sent["project"] == "none" else selectors.project(caller, sent["project"])
            return lambda recording: service.update(caller=caller, recording=recording, project=project)
        case "tag" if sent.get("tag", "").strip():
            tag = sent["tag"].strip()
            return lambda recording: service.update(
                caller=caller, recording=recording, tags=[*(t.name for t in recording.tags.all()), tag]
            )
    return None


def _changed(request: PageRequest, recording: Recording, change: Callable[[Recording], object]) -> bool:
    try:
        change(recording)
    except ApplicationError as error:
        messages.error(request, f"{recording.name}: {error.detail}")
        return False
    return True


def _tell(request: PageRequest, results: list[bool]) -> None:
    if number := sum(results):
        done = ngettext("%(number)d recording changed.", "%(number)d recordings changed.", number)
        messages.success(request, done % {"number": number})


@page(Action.MEDIA_READ)
def trash(request: PageRequest) -> HttpResponse:
    shown = page_of(selectors.trashed_recordings(request.caller), request)
    for row in shown:
        row.may_delete = service.may_delete(request.caller, row)
    context = {"page": shown, "days": selectors.trash_days()}
    return render(request, "transcription/trash.html", context)


@page(Action.MEDIA_DELETE_OWN, "POST")
def restore(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    recording = selectors.recording(request.caller, recording_id)
    attempt(request, _("Restored."), lambda: service.restore(caller=request.caller, recording=recording))
    return redirect("trash", slug=request.caller.organization.slug)


@page(Action.MEDIA_DELETE_ANY, "POST")
def purge(request: PageRequest, recording_id: UUID) -> HttpResponseBase:
    recording = selectors.trashed_recording(request.caller, recording_id)
    attempt(request, _("Deleted for good."), lambda: service.purge_now(caller=request.caller, recording=recording))
    return redirect("trash", slug=request.caller.organization.slug)
