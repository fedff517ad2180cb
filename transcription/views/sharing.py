"""For the people of an organization: the links of a transcript. The same part is a dialog and a page of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from config.common.errors import ApplicationError, NotFound, PermissionDenied
from organizations.roles import Action
from transcription.forms import ShareForm
from transcription.models import Transcript
from transcription.services import selectors
from transcription.services import shares as service
from transcription.views.base import PageRequest, attempt, page, wants_part


@never_cache
@page(Action.TRANSCRIPTS_READ, "GET", "HEAD", "POST")
def shares(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    """The answer to the form shows the link: it is nowhere else, and not to be had again."""
    row = selectors.transcript(request.caller, transcript_id)
    if request.method != "POST":
        return _show(request, row, ShareForm())
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            _share, address = service.create(caller=request.caller, transcript=row, **form.values())
        except (NotFound, PermissionDenied):
            raise
        except ApplicationError as error:
            form.add_error("password" if any(e.field == "password" for e in error.errors) else None, error.detail)
        else:
            return _show(request, row, ShareForm(), address=address)
    return _show(request, row, form, status=422)


@page(Action.TRANSCRIPTS_WRITE, "POST")
def revoke_share(request: PageRequest, transcript_id: UUID, share_id: UUID) -> HttpResponseBase:
    row = selectors.transcript(request.caller, transcript_id)
    share = selectors.share(request.caller, row, share_id)
    done = "" if wants_part(request) else _("Revoked. The link does not work any more.")
    attempt(request, done, lambda: service.revoke(caller=request.caller, share=share))
    if wants_part(request):
        return _show(request, row, ShareForm())
    return redirect("transcript-shares", slug=request.caller.organization.slug, transcript_id=row.pk)


def _show(
    request: PageRequest, row: Transcript, form: ShareForm, *, address: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "transcript": row,
        "recording": row.recording,
        "shares": service.shares_of(request.caller, row)[: service.MOST_OPEN],
        "share_form": form,
        "address": address,
    }
    part = "_shares.html" if wants_part(request) else "shares.html"
    # htmx shows only answers that went well; the form tells by itself what is wrong.
    return render(request, f"transcription/{part}", context, status=200 if wants_part(request) else status)
