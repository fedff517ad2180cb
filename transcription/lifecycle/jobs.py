"""The life of a job: opened, made runnable, advanced, ended, opened again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from billing import usage
from config.common.clock import now
from transcription import events
from transcription.lifecycle.rows import StepError, distinct, lock_job, usage_key, write_job
from transcription.models import Job, Step, Transcript
from transcription.signals import job_ended
from transcription.states import (
    ACTIVE_JOB_STATUSES,
    FINAL_JOB_STATUSES,
    OPEN_STEP_STATUSES,
    OPTIONAL_STEPS,
    JobStatus,
    Queue,
    StepKind,
    StepStatus,
)

logger = structlog.get_logger(__name__)
# Warnings that another run of telling speakers apart makes out of date.
ABOUT_SPEAKERS = {"diarize_failed", "pyannote_failed", "dual_mono", "channels_not_separated"}


def open_job(job: Job, *, diarize: bool) -> Job:
    """Write a new job with its first steps, all waiting for the recording and for quota."""
    job.sequence = 1
    job.save(force_insert=True)
    kinds = [(StepKind.PREPARE, job.queue)]
    if diarize:
        kinds.append((StepKind.DIARIZE, Queue.DIARIZE))
    Step.objects.bulk_create(
        Step(organization_id=job.organization_id, job=job, kind=kind, queue=queue, status=StepStatus.WAITING)
        for kind, queue in kinds
    )
    events.announce(job)
    return job


def make_runnable(job_id: UUID, *, audio_ms: int) -> list[str]:
    """The recording is known and paid for: its waiting steps may be claimed. Returns the queues to ring."""
    waiting = Step.objects.filter(job_id=job_id, status=StepStatus.WAITING)
    queues = sorted(set(waiting.values_list("queue", flat=True)))
    # A chunk that is tried again is as long as it was cut; all other steps work on the whole.
    waiting.exclude(kind=StepKind.TRANSCRIBE).update(total_ms=audio_ms)
    waiting.update(status=StepStatus.RUNNABLE)
    Job.objects.filter(pk=job_id).update(audio_ms=audio_ms)
    return queues


@transaction.atomic
def cancel(job_id: UUID) -> bool:
    """Stop a job in any active state; True if it was active. What it reserved is given back."""
    job = lock_job(job_id)
    return job.status in ACTIVE_JOB_STATUSES and end_job(job, JobStatus.CANCELED)


@transaction.atomic
def fail_job(job_id: UUID, error: StepError, *, stage: str = "") -> bool:
    """End an active job with `error`; True if it was active."""
    job = lock_job(job_id)
    if job.status not in ACTIVE_JOB_STATUSES:
        return False
    job.error = error.to_json(stage)
    return end_job(job, JobStatus.FAILED)


@transaction.atomic
def reopen(job_id: UUID) -> bool:
    """Queue a failed or canceled job again: finished steps stay finished. False if it is neither."""
    job = lock_job(job_id)
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELED):
        return False
    Step.objects.filter(job=job, status__in=[StepStatus.FAILED, StepStatus.CANCELED]).update(
        status=StepStatus.WAITING, lost_leases=0, errors=0, error=None, not_before=None, lease_until=None
    )
    write_job(
        job,
        status=JobStatus.QUEUED,
        stage="",
        attempt=job.attempt + 1,
        error=None,
        warnings=[],
        progress=0.0,
        started_at=None,
        finished_at=None,
    )
    events.announce(job)
    return True


@transaction.atomic
def rediarize(job_id: UUID, diarization: dict[str, Any]) -> list[str]:
    """Open a completed job again, for its speakers alone. Returns the queues to ring; none where it is not completed.

    It reserves nothing: the minutes of this attempt are settled already.
    """
    job = lock_job(job_id)
    if job.status != JobStatus.COMPLETED:
        return []
    Step.objects.filter(job=job, kind=StepKind.ASSEMBLE).delete()
    step, _is_new = Step.objects.get_or_create(
        job=job,
        kind=StepKind.DIARIZE,
        index=0,
        defaults={"organization_id": job.organization_id, "queue": Queue.DIARIZE},
    )
    Step.objects.filter(pk=step.pk).update(
        status=StepStatus.RUNNABLE,
        input={"diarization": diarization},
        result=None,
        error=None,
        errors=0,
        lost_leases=0,
        not_before=None,
        lease_until=None,
        done_ms=0,
        total_ms=job.audio_ms or 0,
    )
    warnings = [warning for warning in job.warnings if warning["type"] not in ABOUT_SPEAKERS]
    write_job(job, status=JobStatus.QUEUED, stage="", progress=0.0, warnings=warnings)
    events.announce(job)
    return [Queue.DIARIZE]


def complete_again(job: Job, transcript: Transcript, warnings: list[dict[str, str]]) -> None:
    """The job is as it was, but for its speakers. The caller holds its lock."""
    found = distinct([*job.warnings, *warnings])
    write_job(job, status=JobStatus.COMPLETED, stage="", progress=1.0, error=None, warnings=found)
    events.announce(job, transcript_id=transcript.pk)
    logger.info("job_retold", job=str(job.pk), organization=str(job.organization_id))


def end_job(job: Job, status: JobStatus) -> bool:
    """Close a job without a result. The caller holds its lock.

    One that has its transcript already was telling speakers apart again: it is completed, as before.
    """
    _close_steps(job)
    transcript = Transcript.objects.filter(job=job).first()
    if transcript is not None:
        failure = {"type": "diarize_failed", "message": (job.error or {}).get("message", "")}
        complete_again(job, transcript, [failure] if status == JobStatus.FAILED else [])
        return True
    write_job(job, status=status, finished_at=now(), error=job.error)
    usage.release(key=usage_key(job))
    events.announce(job)
    job_ended.send(sender=Job, job=job)
    logger.info("job_ended", job=str(job.pk), organization=str(job.organization_id), status=str(status))
    return True


def _close_steps(job: Job) -> None:
    Step.objects.filter(job=job, status__in=OPEN_STEP_STATUSES).update(
        status=StepStatus.CANCELED, lease_until=None, finished_at=now()
    )


def advance(job: Job) -> list[str]:
    """Open `assemble` when all it needs is there. The caller holds the job's lock, so it happens once."""
    if job.status in FINAL_JOB_STATUSES:
        return []
    steps = list(Step.objects.filter(job=job).values_list("kind", "status"))
    unfinished = [
        kind
        for kind, status in steps
        if status != StepStatus.FINISHED and not (kind in OPTIONAL_STEPS and status == StepStatus.FAILED)
    ]
    if unfinished or StepKind.ASSEMBLE in dict(steps):
        return []
    Step.objects.create(
        organization_id=job.organization_id,
        job=job,
        kind=StepKind.ASSEMBLE,
        queue=job.queue,
        total_ms=job.audio_ms or 0,
    )
    return [job.queue]


def give_up(job: Job, step: Step) -> list[str]:
    """The step is lost for good: the job goes on without it, or ends. The caller holds both locks."""
    step.status, step.lease_until, step.finished_at = StepStatus.FAILED, None, now()
    step.save(update_fields=["status", "lease_until", "finished_at", "lost_leases", "errors", "error"])
    if step.kind in OPTIONAL_STEPS:
        warning = {"type": f"{step.kind}_failed", "message": (step.error or {}).get("message", "")}
        write_job(job, warnings=distinct([*job.warnings, warning]))
        return advance(job)
    if job.status in ACTIVE_JOB_STATUSES:
        job.error = step.error
        end_job(job, JobStatus.FAILED)
    return []
