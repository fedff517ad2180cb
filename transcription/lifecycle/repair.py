"""What puts right what dead workers left."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from config.common.clock import now
from transcription.lifecycle.jobs import advance, give_up
from transcription.lifecycle.rows import StepError, delay_after, lock_job, requeue_step
from transcription.models import Job, Step
from transcription.states import ACTIVE_JOB_STATUSES, OPEN_STEP_STATUSES, StepStatus

logger = structlog.get_logger(__name__)


def reap() -> list[str]:
    """Free the steps whose worker went silent, and open what a crash left closed. Returns the queues to ring."""
    expired = Step.objects.filter(status=StepStatus.LEASED, lease_until__lt=now()).values_list(
        "pk", "job_id", "attempt"
    )
    queues = [queue for pk, job_id, attempt in list(expired) for queue in _take_back(pk, job_id, attempt)]
    for job_id in _stalled_jobs():
        with transaction.atomic():
            queues += advance(lock_job(job_id))
    return queues


@transaction.atomic
def requeue(job_id: UUID) -> list[str]:
    """For staff: take every running step of an active job away from its worker and queue it again."""
    job = lock_job(job_id)
    if job.status not in ACTIVE_JOB_STATUSES:
        return []
    queues = []
    for step in Step.objects.select_for_update().filter(job=job, status=StepStatus.LEASED):
        requeue_step(step, delay=0)
        queues.append(step.queue)
    return queues


@transaction.atomic
def _take_back(step_id: int, job_id: UUID, attempt: int) -> list[str]:
    job = lock_job(job_id)
    rows = Step.objects.select_for_update().filter(
        pk=step_id, attempt=attempt, status=StepStatus.LEASED, lease_until__lt=now()
    )
    step = rows.first()
    if step is None:
        return []
    step.lost_leases += 1
    logger.warning("lease_expired", job=str(job_id), step=step_id, kind=step.kind, worker=step.worker)
    if step.lost_leases < settings.STEP_MAX_LOST_LEASES:
        requeue_step(step, delay=delay_after(step.lost_leases))
        return []
    step.error = StepError(
        "worker_lost", _("The workers that took this job died. Try again; if it happens again, tell support."), True
    ).to_json(step.kind)
    return give_up(job, step)


def _stalled_jobs() -> Iterable[UUID]:
    """Active jobs that have no open step: nobody would ever touch them again."""
    busy = Step.objects.filter(status__in=OPEN_STEP_STATUSES).values("job_id")
    return Job.objects.filter(status__in=ACTIVE_JOB_STATUSES).exclude(pk__in=busy).values_list("pk", flat=True)
