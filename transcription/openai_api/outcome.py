"""How a job ended, as an answer or as an error."""

from __future__ import annotations

from uuid import UUID

from config.common.errors import Conflict, HttpError, Invalid, NotFound, QuotaExceeded
from organizations.tenancy import Caller
from transcription.models import Job
from transcription.states import FINAL_JOB_STATUSES, JobStatus

QUOTA = frozenset({"quota_exceeded", "max_billable_exceeded"})


def completed(caller: Caller, job_id: UUID) -> Job:
    """The job with its transcript. Raises what kept it from one, in words that name the job."""
    job: Job | None = Job.objects.visible_to(caller).select_related("transcript").filter(pk=job_id).first()
    if job is None:
        raise NotFound("The job was deleted before it ended.")
    if job.status not in FINAL_JOB_STATUSES:
        raise _too_long(job_id)
    if job.status == JobStatus.CANCELED:
        raise Conflict(f"The job {job_id} was canceled.", error_type="job_canceled")
    if job.status == JobStatus.FAILED:
        raise _failure(job)
    return job


def _too_long(job_id: UUID) -> HttpError:
    detail = (
        f"The transcription takes longer than this request may wait. It goes on as the job {job_id}: "
        f"follow it at /api/v1/jobs/{job_id}, or send the same request with the same Idempotency-Key."
    )
    return HttpError(504, "Still working", "wait_timeout", detail)


def _failure(job: Job) -> Exception:
    error = job.error or {}
    kind, message = error.get("type", "internal_error"), f"{error.get('message', '')} (job {job.pk})".strip()
    if kind in QUOTA:
        return QuotaExceeded(message, error_type=kind)
    if error.get("retryable"):
        return HttpError(500, "The job failed", kind, message)
    return Invalid(message, error_type=kind)
