"""What people and programs do with jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from billing import usage
from config.common.clock import from_now
from config.common.errors import Conflict, Invalid, NotFound, QuotaExceeded
from media.models import Recording
from media.services import imports, purging
from media.states import RecordingStatus
from organizations import audit
from organizations.models import Organization, WebhookEndpoint
from organizations.notifications import notices
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription import dispatch, history, lifecycle
from transcription.lifecycle import StepError
from transcription.models import Job, Transcript
from transcription.services import dialects, engines, glossaries
from transcription.services.options import resolve, speakers_alone

# What the column holds; no recording is as long.
MOST_BILLABLE_SECONDS = 2**31 - 1


@transaction.atomic
def submit(*, caller: Caller, recording: Recording, options: Mapping[str, Any]) -> Job:
    """A new job with its options resolved for good. It is accepted while the recording is still being checked.

    `options` is the body of `POST /api/v1/jobs`, validated. Raises Invalid, Conflict or QuotaExceeded.
    """
    caller.require(Action.JOBS_WRITE)
    # The lock orders us with the worker that is finishing the check: one of us two makes the job runnable.
    recording = Recording.objects.select_for_update().get(pk=recording.pk)
    _refuse_unusable(recording)
    project = recording.project
    resolved = resolve(
        options,
        project.defaults if project else {},
        caller.organization.defaults,
        words=glossaries.words_for(caller.organization, project, options.get("glossary", "auto")),
        dialects=dialects.of(caller.organization),
    )
    job = Job(
        organization=caller.organization,
        recording=recording,
        created_by=caller.user,
        api_key=caller.api_key,
        options=resolved.options.to_json(),
        engine=resolved.options.engine,
        model=resolved.options.model,
        queue=resolved.queue,
        priority=resolved.priority,
        metadata=options.get("metadata") or {},
        webhook=_webhook(caller, options.get("webhook")),
        max_billable_seconds=_cap(caller, options.get("max_billable_seconds")),
    )
    lifecycle.open_job(job, diarize=engines.needs_diarization(resolved.options))
    if recording.status == RecordingStatus.READY:
        _admit(job, recording)
    _record("job.submitted", job, caller)
    return job


@transaction.atomic
def cancel(*, caller: Caller, job: Job) -> Job:
    """Stop a job; one that has already ended stays as it is, and that is a Conflict."""
    caller.require(Action.JOBS_WRITE)
    if not lifecycle.cancel(job.pk):
        raise Conflict(_("The job has already ended."), error_type="job_not_active")
    _record("job.canceled", job, caller)
    job.refresh_from_db()
    return job


@transaction.atomic
def retry(*, caller: Caller, job: Job) -> Job:
    """Run a failed or canceled job again with the same options; what is finished stays finished."""
    caller.require(Action.JOBS_WRITE)
    reopen(job)
    _record("job.retried", job, caller)
    job.refresh_from_db()
    return job


@transaction.atomic
def rediarize(*, caller: Caller, job: Job, diarization: Mapping[str, Any]) -> Job:
    """Tell the speakers of a finished transcript apart again; its text stays. Raises Invalid or Conflict."""
    caller.require(Action.JOBS_WRITE)
    options = speakers_alone(diarization)
    _refuse_unusable(Recording.objects.select_for_update().get(pk=job.recording_id))
    transcript = Transcript.objects.filter(job=job).first()
    if transcript is not None:
        history.must_be_open(transcript)
    queues = lifecycle.rediarize(job.pk, asdict(options)) if transcript is not None else []
    if not queues:
        raise Conflict(_("Only a completed job has speakers to tell apart again."), error_type="not_completed")
    dispatch.ring(queues)
    _record("job.rediarized", job, caller)
    job.refresh_from_db()
    return job


@transaction.atomic
def delete(*, caller: Caller, job: Job) -> None:
    """Delete a job in any state, with its transcript, its objects and what people were told of it.

    What was used stays on the bill.
    """
    caller.require(Action.JOBS_WRITE)
    lifecycle.cancel(job.pk)
    _record("job.deleted", job, caller)
    notices.forget([job.pk])
    # A worker needs a moment to notice, and may write until then.
    purging.schedule(job.prefix, writable_until=from_now(seconds=settings.STEP_LEASE_SECONDS))
    Job.objects.filter(pk=job.pk).delete()


def _record(action: str, job: Job, caller: Caller) -> None:
    data = {"media": job.recording_id, "recording": job.recording.name, "model": job.model}
    audit.record(organization=caller.organization, action=action, actor=caller, target=job, data=data)


@transaction.atomic
def reopen(job: Job) -> None:
    """Retry without a caller, for staff."""
    recording = Recording.objects.select_for_update().get(pk=job.recording_id)
    _refuse_unusable(recording)
    if not lifecycle.reopen(job.pk):
        raise Conflict(_("Only a failed or canceled job can be tried again."), error_type="job_not_retryable")
    job.refresh_from_db()
    if recording.status == RecordingStatus.READY:
        _admit(job, recording)


def admit_waiting(recording: Recording) -> None:
    """The recording is ready: reserve minutes for the jobs that waited for it. One over quota fails, the rest go on."""
    for job_id in _active_jobs(recording):
        try:
            with transaction.atomic():
                # Under its lock: one that is canceled meanwhile would hold minutes that nobody gives back.
                job = Job.objects.active().select_for_update().filter(pk=job_id).first()
                if job is not None:
                    _admit(job, recording)
        except QuotaExceeded as error:
            lifecycle.fail_job(job_id, StepError(error.error_type, error.detail, True))
        except Invalid as error:
            lifecycle.fail_job(job_id, StepError(error.error_type, error.detail, False))


def fail_waiting(recording: Recording) -> None:
    """The recording was rejected: its jobs fail with the same reason."""
    for job_id in _active_jobs(recording):
        lifecycle.fail_job(job_id, StepError(recording.reason, recording.reason_detail, False))


def cancel_all(recording: Recording) -> None:
    """The recording is going away: nobody works on it any more."""
    for job_id in _active_jobs(recording):
        lifecycle.cancel(job_id)


def _active_jobs(recording: Recording) -> list[UUID]:
    """The oldest first."""
    rows = Job.objects.active().filter(recording=recording).order_by("created_at", "id")
    return list(rows.values_list("pk", flat=True))


def counts_of(organization: Organization) -> dict[str, int]:
    """How many jobs and transcripts an organization has."""
    return {
        "jobs": Job.objects.filter(organization=organization).count(),
        "transcripts": Transcript.objects.filter(organization=organization).count(),
    }


def _refuse_unusable(recording: Recording) -> None:
    if recording.status == RecordingStatus.REJECTED:
        raise Invalid(recording.reason_detail, error_type=recording.reason)
    if recording.status == RecordingStatus.UPLOADING and not imports.is_under_way(recording):
        raise Conflict(_("The upload is not complete yet. Complete it, then submit the job."), error_type="upload_open")
    if recording.status == RecordingStatus.DELETED:
        raise NotFound
    if recording.audio_purged_at is not None:
        detail = _("The audio of this recording was deleted by the organization's retention rule. Upload it again.")
        raise Conflict(detail, error_type="audio_expired")


def _admit(job: Job, recording: Recording) -> None:
    """Reserve the job's minutes and open its first steps, in one transaction."""
    audio_ms = _length(job, recording)
    seconds = lifecycle.billable_seconds(audio_ms)
    if job.max_billable_seconds is not None and seconds > job.max_billable_seconds:
        words = _("The recording has %(seconds)d billable seconds, more than the %(allowed)d you allowed.")
        detail = words % {"seconds": seconds, "allowed": job.max_billable_seconds}
        figures: dict[str, object] = {"needed_seconds": seconds, "max_billable_seconds": job.max_billable_seconds}
        raise QuotaExceeded(detail, error_type="max_billable_exceeded", extra=figures)
    usage.reserve(
        organization=job.organization,
        key=lifecycle.usage_key(job),
        seconds=seconds,
        member=job.created_by_id,
        api_key=job.api_key_id,
        project=recording.project_id,
        model=job.model,
    )
    dispatch.ring(lifecycle.make_runnable(job.pk, audio_ms=audio_ms))


def _webhook(caller: Caller, webhook_id: UUID | None) -> WebhookEndpoint | None:
    """The endpoint that the request names. Raises Invalid for one that is not the organization's."""
    if webhook_id is None:
        return None
    found: WebhookEndpoint | None = WebhookEndpoint.objects.visible_to(caller).filter(pk=webhook_id).first()
    if found is None:
        raise Invalid.field("webhook", _("There is no such webhook in this organization."), "not_found")
    return found


def _cap(caller: Caller, asked: int | None) -> int | None:
    """The lower of what the request and its key allow to be billed."""
    own = caller.api_key.max_billable_seconds if caller.api_key else None
    limits = [limit for limit in (asked, own) if limit is not None]
    return min([*limits, MOST_BILLABLE_SECONDS]) if limits else None


def _length(job: Job, recording: Recording) -> int:
    """How much of the recording the job asks for, in milliseconds."""
    duration = recording.duration_ms or 0
    start, end = job.options["start_ms"], job.options["end_ms"] or duration
    if start and start >= duration:
        raise Invalid.field("start", _("`start` lies after the end of the recording."))
    return int(min(duration, end) - start)
