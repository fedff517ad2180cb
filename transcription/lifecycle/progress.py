"""How far a job has come, worked out from its steps."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from config.common.clock import now
from transcription import events
from transcription.models import Job, Step
from transcription.states import OPEN_STEP_STATUSES, JobStatus, StepKind

STAGES = (StepKind.PREPARE, StepKind.TRANSCRIBE, StepKind.DIARIZE, StepKind.ASSEMBLE)
# How much of the bar each stage fills.
SHARES = {StepKind.PREPARE: 0.1, StepKind.TRANSCRIBE: 0.75, StepKind.DIARIZE: 0.1, StepKind.ASSEMBLE: 0.05}


def report_progress(job_id: UUID) -> None:
    """Work out the job's share done from its steps' rows and tell it; it never falls."""
    job = Job.objects.filter(pk=job_id, status=JobStatus.PROCESSING).first()
    if job is None:
        return
    share = share_done(job)
    changed = Job.objects.filter(pk=job_id, status=JobStatus.PROCESSING, progress__lt=share).update(
        progress=share, sequence=F("sequence") + 1, updated_at=now()
    )
    if changed:
        job.refresh_from_db(fields=["progress", "sequence", "stage", "status"])
        events.publish(job)


def current_stage(job: Job) -> str:
    """The first stage that still has work."""
    kinds = set(Step.objects.filter(job=job, status__in=OPEN_STEP_STATUSES).values_list("kind", flat=True))
    return next((stage for stage in STAGES if stage in kinds), job.stage)


def share_done(job: Job) -> float:
    """Audio done in each stage, weighted by `SHARES`; in [0, 0.99], for 1 is a finished job."""
    rows = (
        Step.objects.filter(job=job)
        .values("kind")
        .annotate(done=Coalesce(Sum("done_ms"), 0), total=Coalesce(Sum("total_ms"), 0))
    )
    done: dict[str, float] = {}
    for row in rows:
        # Chunks that are not cut yet count as well, so that the first one does not look like all.
        total = max(row["total"], job.audio_ms or 0) if row["kind"] == StepKind.TRANSCRIBE else row["total"]
        done[row["kind"]] = min(1.0, row["done"] / total) if total else 0.0
    expected = [stage for stage in STAGES if stage != StepKind.DIARIZE or stage in done]
    share = sum(SHARES[stage] * done.get(stage, 0.0) for stage in expected)
    return min(0.99, share / sum(SHARES[stage] for stage in expected))
