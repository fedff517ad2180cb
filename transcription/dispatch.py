"""Which step comes next, and the bell that wakes a worker for it.

A message names only a queue: a lost one is rung again by the reaper, a doubled one finds nothing to claim.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q

from config.common import liveness, queue
from config.common.clock import now
from transcription.lifecycle import Lease
from transcription.models import Step
from transcription.states import Queue, StepKind, StepStatus

logger = structlog.get_logger(__name__)
WORK = "transcription.work"
# One claim at a time in the whole system: that makes fairness and the limits of plans exact, and takes a millisecond.
CLAIM_LOCK = 0x7AD0_0001


@cache
def _claim_sql() -> str:
    return (Path(__file__).parent / "sql" / "claim.sql").read_text()


@transaction.atomic
def claim(queue_name: str, *, worker: str, task_id: str = "", job_id: UUID | None = None) -> Lease | None:
    """Take the fairest runnable step of a queue (of one job, when `job_id` is given), or None."""
    parameters = {
        "queue": queue_name,
        "worker": worker[:200],
        "task_id": task_id,
        "job_id": job_id,
        "lease_seconds": settings.STEP_LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(_claim_sql(), parameters)
        row = cursor.fetchone()
    return None if row is None else _lease(row)


def _lease(row: tuple[Any, ...]) -> Lease:
    step_id, attempt, job_id, organization_id, kind, index, queue_name, input, checkpoint = row
    return Lease(
        step_id=step_id,
        attempt=attempt,
        job_id=job_id,
        organization_id=organization_id,
        kind=StepKind(kind),
        index=index,
        queue=Queue(queue_name),
        input=_json(input),
        checkpoint=_json(checkpoint),
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def ring(queues: Iterable[str]) -> None:
    """Wake one worker for each name in `queues`, after commit."""
    for name in queues:
        queue.on_commit(WORK, name, queue=name)


def ring_if_runnable(queue_name: str) -> None:
    """A worker that is done with a job wakes the next one while there is work."""
    if _runnable().filter(queue=queue_name).exists():
        ring([queue_name])


def ring_lost_bells() -> None:
    """Ring for runnable steps that have no message waiting: it was lost with a broker or a worker."""
    broker = liveness.client()
    for row in _runnable().values("queue").annotate(steps=Count("id")).order_by("queue"):
        missing = min(row["steps"] - int(broker.llen(row["queue"])), 100)
        ring([row["queue"]] * max(missing, 0))


def _runnable() -> Any:
    due = Q(not_before__isnull=True) | Q(not_before__lte=now())
    return Step.objects.filter(due, status=StepStatus.RUNNABLE)
