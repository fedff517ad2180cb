"""The company of a text: comments, highlights and its review. The same part stands beside the text and alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from config.common.errors import ApplicationError, NotFound, PermissionDenied
from organizations.roles import Action
from transcription.models import Comment, HighlightColour, Transcript
from transcription.services import comments, highlights, mentions, selectors
from transcription.services import status as review
from transcription.views.base import PageRequest, page, wants_part
from transcription.views.company_forms import CommentForm, ResolveForm, StatusForm


@never_cache
@page(Action.TRANSCRIPTS_READ, "GET", "HEAD", "POST")
def company(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    """GET shows everything; POST writes a comment or an answer."""
    row = selectors.transcript(request.caller, transcript_id)
    if request.method != "POST":
        return _show(request, row)
    request.caller.require(Action.TRANSCRIPTS_WRITE)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _show(request, row, form=form)
    given = form.cleaned_data
    parent = given["parent"] and comments.comment_of(request.caller, row, given["parent"])
    return _do(
        request,
        row,
        lambda: comments.create(
            caller=request.caller, transcript=row, text=given["text"], at_ms=given["at"], parent=parent or None
        ),
    )


@page(Action.TRANSCRIPTS_WRITE, "POST")
def change_comment(request: PageRequest, transcript_id: UUID, comment_id: UUID) -> HttpResponseBase:
    row, comment = _comment(request, transcript_id, comment_id)
    text = request.POST.get("text", "")
    return _do(request, row, lambda: comments.change(caller=request.caller, comment=comment, text=text))


@page(Action.TRANSCRIPTS_WRITE, "POST")
def resolve_comment(request: PageRequest, transcript_id: UUID, comment_id: UUID) -> HttpResponseBase:
    row, comment = _comment(request, transcript_id, comment_id)
    form = ResolveForm(request.POST)
    resolved = form.is_valid() and form.cleaned_data["resolved"]
    return _do(request, row, lambda: comments.resolve(caller=request.caller, comment=comment, resolved=resolved))


@page(Action.TRANSCRIPTS_WRITE, "POST")
def delete_comment(request: PageRequest, transcript_id: UUID, comment_id: UUID) -> HttpResponseBase:
    row, comment = _comment(request, transcript_id, comment_id)
    return _do(request, row, lambda: comments.delete(caller=request.caller, comment=comment))


@page(Action.TRANSCRIPTS_WRITE, "POST")
def delete_highlight(request: PageRequest, transcript_id: UUID, highlight_id: UUID) -> HttpResponseBase:
    row = selectors.transcript(request.caller, transcript_id)
    highlight = highlights.highlight_of(request.caller, row, highlight_id)
    return _do(request, row, lambda: highlights.delete(caller=request.caller, highlight=highlight))


@page(Action.TRANSCRIPTS_WRITE, "POST")
def change_status(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    row = selectors.transcript(request.caller, transcript_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _show(request, row, problem=_("Choose one of the steps of the review."))
    return _do(
        request,
        row,
        lambda: review.change(caller=request.caller, transcript=row, status=form.cleaned_data["status"]),
    )


def _comment(request: PageRequest, transcript_id: UUID, comment_id: UUID) -> tuple[Transcript, Comment]:
    row = selectors.transcript(request.caller, transcript_id)
    return row, comments.comment_of(request.caller, row, comment_id)


def _do(request: PageRequest, row: Transcript, act: Callable[[], object]) -> HttpResponseBase:
    """Carry it out and show how things stand then; what was refused is told where it was asked for."""
    try:
        act()
    except (NotFound, PermissionDenied):
        raise
    except ApplicationError as error:
        if wants_part(request):
            return _show(request, row, problem=error.detail)
        messages.error(request, error.detail)
    if wants_part(request):
        return _show(request, selectors.transcript(request.caller, row.pk))
    return redirect("transcript-comments", slug=request.caller.organization.slug, transcript_id=row.pk)


def _show(request: PageRequest, row: Transcript, *, form: CommentForm | None = None, problem: str = "") -> HttpResponse:
    caller, part = request.caller, wants_part(request)
    threads = [_drawn(request, comment) for comment in comments.comments_of(caller, row)]
    writes = caller.can(Action.TRANSCRIPTS_WRITE)
    context: dict[str, Any] = {
        "transcript": row,
        "recording": row.recording,
        "open_threads": [one for one in threads if one["comment"].resolved_at is None],
        "resolved_threads": [one for one in threads if one["comment"].resolved_at is not None],
        "marks": _marks(request, row),
        "colours": HighlightColour.choices,
        "comment_form": form or CommentForm(auto_id="comment-%s"),
        "status_form": StatusForm(initial={"status": row.status}, auto_id="review-%s"),
        "may_change_status": writes and (not row.is_locked or review.may_open(caller, row)),
        "people": [{"name": one.name, "email": one.email} for one in _people(request)] if writes else [],
        "problem": problem,
    }
    status = 422 if (problem or form) and not part else 200
    # htmx shows only answers that went well; the form tells by itself what is wrong.
    template = "_comments.html" if part else "comments.html"
    return render(request, f"transcription/{template}", context, status=status)


def _people(request: PageRequest) -> list[Any]:
    """Whom a comment may call: everybody but oneself."""
    own = request.caller.user and request.caller.user.pk
    return [one for one in mentions.people_of(request.caller.organization) if one.pk != own]


def _marks(request: PageRequest, row: Transcript) -> list[dict[str, Any]]:
    rows = list(highlights.highlights_of(request.caller, row))
    quotes = highlights.quotes(row, rows)
    return [{"row": one, "quote": quotes[one.pk], "may_delete": one.may_be_deleted_by(request.caller)} for one in rows]


def _drawn(request: PageRequest, comment: Comment) -> dict[str, Any]:
    """A thread, each of its comments with what the reader may do with it."""
    replies = [_with_rights(request, reply) for reply in comment.replies.all()]
    return _with_rights(request, comment) | {"replies": replies}


def _with_rights(request: PageRequest, comment: Comment) -> dict[str, Any]:
    caller = request.caller
    return {
        "comment": comment,
        "author": mentions.author_name(comment),
        "may_change": comment.may_be_changed_by(caller),
        "may_delete": comment.may_be_deleted_by(caller),
    }
