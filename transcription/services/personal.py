"""A person's part of the work, for the export of their data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.export import Part, list_part
from accounts.models import User
from config.common.clock import iso, seconds
from organizations.services.personal import open_organizations
from transcription.models import Job, Transcript
from transcription.services.transcripts import export_file

BATCH = 500


def parts(user: User) -> Iterator[Part]:
    """The jobs that they ordered and the texts that came out, in the organizations that they still may enter."""
    known = open_organizations(user)
    jobs = Job.objects.filter(created_by=user, organization__in=known).order_by("created_at", "id")
    yield list_part("jobs.json", map(_job, jobs.iterator(BATCH)))
    texts = Transcript.objects.filter(job__created_by=user, organization__in=known, recording__deleted_at=None)
    for transcript in texts.select_related("recording").order_by("created_at", "id").iterator(BATCH):
        export = export_file(transcript, format="txt", query={})
        yield Part(f"transcripts/{transcript.pk}.txt", export.pieces)


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
