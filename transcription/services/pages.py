"""What pages and lists read: rows of the caller's own organization, and nothing else."""

from __future__ import annotations

from uuid import UUID

from organizations.tenancy import Caller
from transcription.models import Job
from transcription.states import JobStatus

# Nobody needs to know an exact place behind this one.
MAX_POSITION = 1000


def queue_positions(caller: Caller) -> dict[UUID, int]:
    """Job id -> its place among the organization's queued jobs, from 1.

    SECURITY: other tenants are not counted; a place in the common queue would tell how much they transcribe.
    """
    queued = Job.objects.visible_to(caller).filter(status=JobStatus.QUEUED).order_by("-priority", "created_at")
    ids = queued.values_list("pk", flat=True)[:MAX_POSITION]
    return {job_id: place for place, job_id in enumerate(ids, start=1)}
