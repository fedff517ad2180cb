"""The past of a text: who changed what, two versions side by side, and the way back for one line or for all."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from organizations.roles import Action
from transcription.editing.lines import Line
from transcription.models import Transcript
from transcription.services import editing_history, selectors
from transcription.services.editing_history import Comparison, Row
from transcription.views.base import PageRequest, attempt, page, page_of
from transcription.views.company_forms import CompareForm, RestoreForm

# A page is for reading; whoever compares ten hours word for word asks the API.
MOST_ROWS = 200
Pieces = list[tuple[str, bool]]


@page(Action.TRANSCRIPTS_READ)
def versions(request: PageRequest, transcript_id: UUID) -> HttpResponse:
    """The edits, newest first; with `from` and `to`, what differs between the two."""
    row = selectors.transcript(request.caller, transcript_id)
    form = CompareForm(request.GET if "from" in request.GET else None, newest=row.version)
    found: Comparison | None = None
    if form.is_bound and form.is_valid():
        found = editing_history.compare(row, *form.versions())
    context: dict[str, Any] = {
        "transcript": row,
        "recording": row.recording,
        "page": page_of(editing_history.operations_of(row), request),
        "compare_form": form,
        # Only of those that are shown, as telling words apart is what takes the time.
        "rows": found and [_row(one, found) for one in found.rows[:MOST_ROWS]],
        "left_out": max(0, len(found.rows) - MOST_ROWS) if found else 0,
        "earlier": form.versions()[0] if found else None,
        "later": form.versions()[1] if found else None,
        "may_restore": request.caller.can(Action.TRANSCRIPTS_WRITE) and not row.is_locked,
    }
    return render(request, "transcription/versions.html", context)


@page(Action.TRANSCRIPTS_WRITE, "POST")
def restore(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    row = selectors.transcript(request.caller, transcript_id)
    form = RestoreForm(request.POST)
    attempt(request, _("Restored. It is one more edit, and can be taken back."), lambda: _restore(request, row, form))
    return redirect(_address(request, row, form))


def _restore(request: PageRequest, row: Transcript, form: RestoreForm) -> None:
    if not form.is_valid():
        raise Invalid(_("Choose a version from the list."))
    given = form.cleaned_data
    editing_history.restore(
        caller=request.caller, transcript=row, version=given["version"], segment=given["segment"] or None
    )


def _address(request: PageRequest, row: Transcript, form: RestoreForm) -> str:
    """Back to the comparison, now with the newest text."""
    kwargs = {"slug": request.caller.organization.slug, "transcript_id": row.pk}
    address = reverse("transcript-versions", kwargs=kwargs)
    if not form.is_valid():
        return address
    newest = selectors.transcript(request.caller, row.pk).version
    return f"{address}?from={form.cleaned_data['version']}&to={newest}"


def _row(row: Row, comparison: Comparison) -> dict[str, Any]:
    before, after = _differing(row.before.text if row.before else "", row.after.text if row.after else "")
    return {
        "segment": row.segment,
        "before": row.before and _side(row.before, comparison.names_before, before),
        "after": row.after and _side(row.after, comparison.names_after, after),
    }


def _side(line: Line, names: dict[str, str], pieces: Pieces) -> dict[str, Any]:
    return {"start_ms": line.start_ms, "speaker": names.get(str(line.speaker), ""), "pieces": pieces}


def _differing(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces of whole words, each with whether the other side lacks it."""
    old, new = before.split(), after.split()
    left: Pieces = []
    right: Pieces = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words in ((left, old[i1:i2]), (right, new[j1:j2])):
            if words:
                side.append((" ".join(words), tag != "equal"))
    return left, right
