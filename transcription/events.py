"""Builds the live events of a job. The row says all; an event that is lost costs nothing."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts.models import User
from config.common.clock import iso, now
from organizations import bus, webhooks
from organizations.models import ApiKey
from transcription.models import Job, Transcript
from transcription.states import JobStatus, StepKind

MESSAGES: dict[str, str] = {
    JobStatus.QUEUED: _("Waiting for a worker."),
    JobStatus.COMPLETED: _("The transcript is ready."),
    JobStatus.FAILED: _("The job failed."),
    JobStatus.CANCELED: _("The job was canceled."),
    StepKind.PREPARE: _("Preparing the audio."),
    StepKind.TRANSCRIBE: _("Recognizing speech."),
    StepKind.DIARIZE: _("Telling speakers apart."),
    StepKind.ASSEMBLE: _("Putting the transcript together."),
}

WEBHOOK_EVENTS: dict[str, str] = {
    JobStatus.QUEUED: "job.queued",
    JobStatus.PROCESSING: "job.started",
    JobStatus.COMPLETED: "job.completed",
    JobStatus.FAILED: "job.failed",
    JobStatus.CANCELED: "job.canceled",
}


def job_event(job: Job, *, transcript_id: object = None) -> dict[str, Any]:
    """What a reader needs to draw the job. Readers drop events whose `sequence` is lower than what they have."""
    message = MESSAGES.get(job.stage if job.status == JobStatus.PROCESSING else job.status, "")
    if job.status == JobStatus.FAILED and job.error:
        message = job.error["message"]
    return {
        "type": "job",
        "job": str(job.pk),
        "media": str(job.recording_id),
        "transcript": None if transcript_id is None else str(transcript_id),
        "sequence": job.sequence,
        "status": job.status,
        "stage": job.stage or None,
        "progress": round(job.progress, 4),
        "message": message,
        "at": iso(now()),
    }


def announce(job: Job, *, transcript_id: object = None) -> None:
    """The job came into a new status: tell open pages, and the organization's webhooks. Call it in the transaction."""
    publish(job, transcript_id=transcript_id)
    data = {
        "job": str(job.pk),
        "media": str(job.recording_id),
        "transcript": None if transcript_id is None else str(transcript_id),
        "status": job.status,
        "attempt": job.attempt,
        "error": job.error["type"] if job.error else None,
        "links": _links(job, transcript_id),
    }
    webhooks.emit(job.organization_id, WEBHOOK_EVENTS[job.status], data, endpoint=job.webhook_id)


def _links(job: Job, transcript_id: object) -> dict[str, str]:
    api = f"{settings.PUBLIC_URL}/api/v1"
    links = {"job": f"{api}/jobs/{job.pk}", "media": f"{api}/media/{job.recording_id}"}
    return links if transcript_id is None else {**links, "transcript": f"{api}/transcripts/{transcript_id}"}


def publish(job: Job, *, transcript_id: object = None) -> None:
    """Tell the organization's open pages and programs, after commit."""
    event = job_event(job, transcript_id=transcript_id)
    transaction.on_commit(partial(bus.publish, job.organization_id, event, job_id=job.pk), robust=True)


def publish_edit(transcript: Transcript, *, author: User | ApiKey | None) -> None:
    """Tell open pages that a transcript has a new version, after commit; they ask for what changed."""
    event = {
        "type": "transcript.changed",
        "transcript": str(transcript.pk),
        "version": transcript.version,
        "author": None if author is None else {"id": str(author.pk), "name": author.name},
    }
    tell = partial(bus.publish, transcript.organization_id, event, transcript_id=transcript.pk)
    transaction.on_commit(tell, robust=True)


def publish_realigned(transcript: Transcript, *, operation: int | None, found: int, missed: int) -> None:
    """Tell open pages that words were looked for: in how many lines they were found, and in how many not."""
    event = {
        "type": "transcript.realigned",
        "transcript": str(transcript.pk),
        "operation": operation,
        "found": found,
        "missed": missed,
    }
    bus.publish(transcript.organization_id, event, transcript_id=transcript.pk)


def announce_edits(transcript: Transcript, *, due_at: datetime) -> None:
    """Tell the organization's webhooks, at `due_at`, that somebody changed a transcript. Call it in the transaction."""
    api = f"{settings.PUBLIC_URL}/api/v1"
    links = {"transcript": f"{api}/transcripts/{transcript.pk}", "media": f"{api}/media/{transcript.recording_id}"}
    data = {
        "transcript": str(transcript.pk),
        "job": str(transcript.job_id),
        "media": str(transcript.recording_id),
        "links": {**links, "job": f"{api}/jobs/{transcript.job_id}"},
    }
    webhooks.emit(transcript.organization_id, "transcript.updated", data, due_at=due_at)
