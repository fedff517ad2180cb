"""A worker's life with one step, from the claim to the fenced last write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum, Value
from django.db.models.functions import Least

from billing import usage
from config.common.clock import now
from transcription import events
from transcription.lifecycle import retries
from transcription.lifecycle.jobs import advance, complete_again, give_up
from transcription.lifecycle.progress import current_stage, share_done
from transcription.lifecycle.rows import (
    Lease,
    LeaseLost,
    StepError,
    billable_seconds,
    distinct,
    lock_job,
    requeue_step,
    usage_key,
    write_job,
)
from transcription.models import Job, Step, Transcript
from transcription.signals import job_ended
from transcription.states import ACTIVE_JOB_STATUSES, JobStatus, StepKind, StepStatus

logger = structlog.get_logger(__name__)


@transaction.atomic
def start(lease: Lease) -> None:
    """The claimed step begins: the job is being processed from now on. Raises LeaseLost when it was just canceled."""
    job = lock_job(lease.job_id)
    if job.status not in ACTIVE_JOB_STATUSES or not lease.row().exists():
        raise LeaseLost
    changes: dict[str, Any] = {"stage": current_stage(job)}
    if job.status == JobStatus.QUEUED:
        changes |= {"status": JobStatus.PROCESSING, "started_at": job.started_at or now()}
    if changes["stage"] != job.stage or "status" in changes:
        write_job(job, **changes)
        (events.announce if "status" in changes else events.publish)(job)


def renew(lease: Lease, *, done_ms: int | None = None) -> bool:
    """Heartbeat: push the lease ahead; False means stop, somebody canceled the job or took the step."""
    changes: dict[str, Any] = {"lease_until": now() + timedelta(seconds=settings.STEP_LEASE_SECONDS)}
    if done_ms is not None:
        changes["done_ms"] = Least(Value(done_ms), F("total_ms"))
    return lease.row().update(**changes) == 1


def save_checkpoint(lease: Lease, state: dict[str, Any]) -> None:
    """Remember `state` for the next attempt of the same step. Raises LeaseLost."""
    if lease.row().update(checkpoint=state) != 1:
        raise LeaseLost


@transaction.atomic
def add_chunk(lease: Lease, *, index: int, input: dict[str, Any], audio_ms: int) -> bool:
    """Commit one piece of the recording as soon as it is cut; False when an earlier attempt already did.

    Raises LeaseLost, so that a worker that was given up can't add work.
    """
    if lease.row().select_for_update().first() is None:
        raise LeaseLost
    _step, is_new = Step.objects.get_or_create(
        job_id=lease.job_id,
        kind=StepKind.TRANSCRIBE,
        index=index,
        defaults={
            "organization_id": lease.organization_id,
            "queue": lease.queue,
            "input": input,
            "total_ms": audio_ms,
        },
    )
    return is_new


@transaction.atomic
def finish(lease: Lease, result: dict[str, Any]) -> list[str]:
    """Keep the step's result for good and open what it makes possible. Returns the queues to ring. Raises LeaseLost."""
    job = lock_job(lease.job_id)
    _finish_step(lease, result)
    queues = advance(job)
    report = {"stage": current_stage(job), "progress": max(job.progress, share_done(job))}
    write_job(job, **report)
    events.publish(job)
    return queues


@transaction.atomic
def complete(lease: Lease, transcript: Transcript, *, result: dict[str, Any], warnings: list[dict[str, str]]) -> None:
    """The last step: the job has its transcript. Call it in the transaction that writes the transcript's rows."""
    job = lock_job(lease.job_id)
    _finish_step(lease, result)
    usage.settle(key=usage_key(job), seconds=billable_seconds(job.audio_ms or 0))
    work = Step.objects.filter(job=job).aggregate(total=Sum(F("finished_at") - F("started_at")))["total"]
    # A step begins by the database's clock and ends by the worker's, which may be behind.
    work_ms = max(0, round(work.total_seconds() * 1000)) if work else 0
    write_job(
        job,
        status=JobStatus.COMPLETED,
        stage="",
        progress=1.0,
        finished_at=now(),
        error=None,
        warnings=distinct([*job.warnings, *warnings]),
        processing_ms=work_ms,
    )
    events.announce(job, transcript_id=transcript.pk)
    job_ended.send(sender=Job, job=job)
    logger.info("job_completed", job=str(job.pk), organization=str(job.organization_id))


@transaction.atomic
def finish_again(lease: Lease, transcript: Transcript, write: Callable[[], list[dict[str, str]]]) -> None:
    """The last step of a job that has its transcript already. `write` changes that, and returns warnings."""
    job = lock_job(lease.job_id)
    _finish_step(lease, {"transcript": str(transcript.pk)})
    complete_again(job, transcript, write())


@transaction.atomic
def fail(lease: Lease, error: StepError) -> list[str]:
    """The attempt failed: try again later, or give up. Returns the queues to ring now. Raises LeaseLost."""
    job = lock_job(lease.job_id)
    step = lease.row().select_for_update().first()
    if step is None:
        raise LeaseLost
    step.errors += 1
    step.error = error.to_json(step.kind)
    delay = retries.policy_of(step.queue).delay_after(step.errors)
    if error.retryable and delay is not None:
        requeue_step(step, delay=delay)
        return []
    return give_up(job, step)


@transaction.atomic
def hand_back(lease: Lease) -> list[str]:
    """A worker that is shutting down returns its step, uncounted. Returns the queues to ring."""
    step = lease.row().select_for_update().first()
    if step is None:
        return []
    requeue_step(step, delay=0)
    return [step.queue]


def _finish_step(lease: Lease, result: dict[str, Any]) -> None:
    changed = lease.row().update(
        status=StepStatus.FINISHED,
        result=result,
        lease_until=None,
        finished_at=now(),
        error=None,
        checkpoint=None,
        done_ms=F("total_ms"),
    )
    if changed != 1:
        raise LeaseLost
