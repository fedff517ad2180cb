"""A person's part of the work, for the export of their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from accounts.export import Part, list_part
from accounts.models import User
from config.common.clock import iso, seconds
from organizations.services.personal import open_organizations
from transcription.models import Comment, Highlight, Job, Operation, Transcript
from transcription.services.transcripts import export_file

BATCH = 500
Written = Operation | Comment | Highlight


def parts(user: User) -> Iterator[Part]:
    """The jobs that they ordered, the texts that came out, and all that they wrote in these and in others' texts.

    Of the organizations that they still may enter.
    """
    known = open_organizations(user)
    jobs = Job.objects.filter(created_by=user, organization__in=known).order_by("created_at", "id")
    yield list_part("jobs.json", map(_job, jobs.iterator(BATCH)))
    texts = Transcript.objects.filter(job__created_by=user, organization__in=known, recording__deleted_at=None)
    for transcript in texts.select_related("recording").order_by("created_at", "id").iterator(BATCH):
        export = export_file(transcript, format="txt", query={})
        yield Part(f"transcripts/{transcript.pk}.txt", export.pieces)
    yield list_part("edits.json", map(_edit, _written(Operation, user, known)))
    yield list_part("comments.json", map(_comment, _written(Comment, user, known)))
    yield list_part("highlights.json", map(_highlight, _written(Highlight, user, known)))


def _written(kind: type[Written], user: User, known: list[UUID]) -> Iterator[Any]:
    """Their rows of one kind, but none in a recording that is deleted."""
    rows = kind.objects.filter(author=user, organization__in=known, transcript__recording__deleted_at=None)
    return iter(rows.order_by("created_at", "id").iterator(BATCH))


def _job(one: Job) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "organization": str(one.organization_id),
        "recording": str(one.recording_id),
        "status": one.status,
        "options": one.options,
        "metadata": one.metadata,
        "audio_seconds": seconds(one.audio_ms),
        "created_at": iso(one.created_at),
        "finished_at": iso(one.finished_at),
    }


def _edit(one: Operation) -> dict[str, Any]:
    """`change`: the lines before and after it."""
    return _place(one) | {"number": one.number, "kind": one.kind, "asked": one.payload, "change": one.change}


def _comment(one: Comment) -> dict[str, Any]:
    return _place(one) | {
        "id": str(one.pk),
        "answers": one.parent_id and str(one.parent_id),
        "at": seconds(one.at_ms),
        "text": one.text,
        "mentions": one.mentions,
        "edited_at": iso(one.edited_at),
        "resolved_at": iso(one.resolved_at),
    }


def _highlight(one: Highlight) -> dict[str, Any]:
    return _place(one) | {
        "id": str(one.pk),
        "start": seconds(one.start_ms),
        "end": seconds(one.end_ms),
        "colour": one.colour,
        "note": one.note,
    }


def _place(one: Written) -> dict[str, Any]:
    return {
        "organization": str(one.organization_id),
        "transcript": str(one.transcript_id),
        "created_at": iso(one.created_at),
    }
