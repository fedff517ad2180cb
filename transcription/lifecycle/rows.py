"""The rows behind the states: locks, leases and conditional writes that the other modules share.

Locks are taken in one order: the job's row, then its steps' rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from config.common.clock import now
from transcription.models import Job, Step
from transcription.states import Queue, StepKind, StepStatus


class LeaseLost(Exception):
    """Somebody else has the step now, or it was canceled: nothing was written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to one attempt of one step."""

    step_id: int
    attempt: int
    job_id: UUID
    organization_id: UUID
    kind: StepKind
    index: int
    queue: Queue
    input: dict[str, Any]
    checkpoint: dict[str, Any] | None

    def row(self) -> QuerySet[Step]:
        """The step's row, as long as the lease holds."""
        return Step.objects.filter(pk=self.step_id, attempt=self.attempt, status=StepStatus.LEASED)


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step failed, as users and integrators see it."""

    type: str
    message: str
    retryable: bool

    def to_json(self, stage: str) -> dict[str, Any]:
        return {"type": self.type, "message": self.message, "stage": stage, "retryable": self.retryable}


def usage_key(job: Job) -> str:
    """One ledger line per attempt of a job: a retry reserves anew."""
    return f"{job.pk}:{job.attempt}"


def billable_seconds(audio_ms: int) -> int:
    """Whole seconds, rounded up."""
    return -(-audio_ms // 1000)


def lock_job(job_id: UUID) -> Job:
    """The job's row, locked until the transaction ends."""
    job: Job = Job.objects.select_for_update().get(pk=job_id)
    return job


def write_job(job: Job, **changes: Any) -> None:
    """Change the locked job's row; every change is a new event number."""
    for name, value in {**changes, "sequence": job.sequence + 1}.items():
        setattr(job, name, value)
    job.save(update_fields=[*changes, "sequence", "updated_at"])


def requeue_step(step: Step, *, delay: float) -> None:
    """Let any worker claim the locked step again, `delay` seconds from now."""
    step.status, step.lease_until = StepStatus.RUNNABLE, None
    step.not_before = now() + timedelta(seconds=delay) if delay else None
    step.save(update_fields=["status", "lease_until", "not_before", "lost_leases", "errors", "error"])


def delay_after(count: int) -> float:
    """Seconds to wait after the `count`-th worker that was lost."""
    delays = settings.STEP_RETRY_DELAYS
    return float(delays[min(count, len(delays)) - 1])


def distinct(warnings: list[dict[str, str]]) -> list[dict[str, str]]:
    """One warning of each type, the newest."""
    return list({warning["type"]: warning for warning in warnings}.values())
