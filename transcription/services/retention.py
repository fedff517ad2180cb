"""Transcripts that are older than their organization or project keeps them, and recordings of which nothing is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from media.models import Recording
from media.services import purging, recordings
from organizations import audit
from organizations.notifications import notices
from transcription import lifecycle
from transcription.lifecycle import StepError
from transcription.models import Job, Step, Transcript
from transcription.states import FINAL_JOB_STATUSES, StepKind

BATCH = 200
AUDIO_GONE = StepError(
    "audio_expired", "The audio was deleted by the organization's retention rule before it was transcribed.", False
)


def enforce() -> int:
    """Sent by beat: one bounded round; how many jobs went with their transcripts."""
    ids = _past_retention().order_by("finished_at").values_list("pk", "recording_id")[:BATCH]
    return sum(purge_job(job_id, recording_id) for job_id, recording_id in list(ids))


@transaction.atomic
def purge_job(job_id: UUID, recording_id: UUID) -> bool:
    """One job with its transcript and objects; its recording too, where that has no audio and no other job.

    False when its time has not come. What was used stays on the bill.
    """
    recording = Recording.objects.select_for_update().filter(pk=recording_id).first()
    # The rule is read again under the lock: the setting may have changed, or the job been started anew.
    job = _past_retention().select_for_update(of=("self",)).filter(pk=job_id).first()
    if recording is None or job is None:
        return False
    audit.record(organization=job.organization, action="job.expired", target=recording, data={"job": job.pk})
    notices.forget([job.pk])
    purging.schedule(job.prefix)
    job.delete()
    if recording.audio_purged_at is not None and not Job.objects.filter(recording=recording).exists():
        recordings.purge(recording)
    return True


def on_audio_purged(recording: Recording) -> bool:
    """The recording's files go, and every piece of sound beside its jobs. True where transcripts are left to keep."""
    for job_id in Job.objects.active().filter(recording=recording).values_list("pk", flat=True):
        lifecycle.fail_job(job_id, AUDIO_GONE)
    for job in Job.objects.filter(recording=recording):
        for folder in _folders_of_sound(job):
            purging.schedule(folder)
    return Transcript.objects.filter(recording=recording).exists()


def forget_news(recording: Recording) -> None:
    """The recording goes for good: its name stays in nobody's list of news."""
    notices.forget(Job.objects.filter(recording=recording).values_list("pk", flat=True))


def _folders_of_sound(job: Job) -> list[str]:
    """`prepare` alone writes audio, and each of its attempts has a folder of its own."""
    steps = Step.objects.filter(job=job, kind=StepKind.PREPARE).values_list("index", "attempt")
    return [
        f"{job.prefix}{StepKind.PREPARE.value}-{index}-{attempt}/"
        for index, attempts in steps
        for attempt in range(1, attempts + 1)
    ]


def _past_retention() -> QuerySet[Job]:
    """Ended, and longer ago than the rule of the recording's project, else of the organization, allows."""
    days = Coalesce("recording__project__transcript_retention_days", "organization__transcript_retention_days")
    ended: Any = Job.objects.filter(status__in=FINAL_JOB_STATUSES).annotate(kept_days=days)
    kept = ExpressionWrapper(F("kept_days") * Value(timedelta(days=1)), output_field=DurationField())
    past: QuerySet[Job] = ended.filter(kept_days__isnull=False, finished_at__lte=Now() - kept)
    return past
