"""The states of jobs and steps, pushed around by hand: one worker here is a lease."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing.models import UsageEntry
from config.common.clock import now
from organizations.models import Organization
from tests.transcription.builders import make_job, make_recording
from transcription import dispatch, lifecycle
from transcription.lifecycle import Lease, LeaseLost, StepError
from transcription.lifecycle.progress import share_done
from transcription.lifecycle.rows import distinct
from transcription.models import Job, Step, Transcript
from transcription.services import jobs
from transcription.states import JOB_TRANSITIONS, JobStatus, StepKind, StepStatus

pytestmark = pytest.mark.django_db
BROKEN = StepError("engine_broken", "The engine broke.", True)
HOPELESS = StepError("corrupt_file", "The file is damaged.", False)


def claim(queue: str = "default") -> Lease:
    lease = dispatch.claim(queue, worker="test")
    assert lease is not None
    lifecycle.start(lease)
    return lease


def prepared(organization: Organization, *, chunks: int = 1, diarize: bool = False) -> Job:
    """A job whose audio is cut."""
    job = make_job(organization, diarize=diarize)
    lease = claim()
    for index in range(chunks):
        lifecycle.add_chunk(lease, index=index, input={}, audio_ms=60_000 // chunks)
    lifecycle.finish(lease, {})
    return job


def finished(lease: Lease, job: Job) -> None:
    transcript = Transcript.objects.create(
        organization_id=job.organization_id, job=job, recording=job.recording, duration_ms=1, result_key="x"
    )
    lifecycle.complete(lease, transcript, result={}, warnings=[])


def kinds(job: Job, status: StepStatus) -> list[str]:
    return list(Step.objects.filter(job=job, status=status).order_by("id").values_list("kind", flat=True))


def test_a_job_runs_through_its_stages_to_completed(organization: Organization) -> None:
    job = prepared(organization, chunks=2)
    job.refresh_from_db()
    assert (job.status, job.stage) == (JobStatus.PROCESSING, StepKind.TRANSCRIBE)

    first, second = claim(), claim()
    lifecycle.finish(first, {})
    assert StepKind.ASSEMBLE not in kinds(job, StepStatus.RUNNABLE)
    lifecycle.finish(second, {})
    finished(claim(), job)

    job.refresh_from_db()
    assert (job.status, job.stage, job.progress) == (JobStatus.COMPLETED, "", 1.0)
    assert job.finished_at is not None
    assert Step.objects.filter(job=job, status=StepStatus.FINISHED).count() == 4


def test_progress_never_falls_and_sequence_always_grows(organization: Organization) -> None:
    job = prepared(organization, chunks=3)
    seen = []
    for _ in range(3):
        lease = claim()
        lifecycle.renew(lease, done_ms=10_000)
        lifecycle.report_progress(job.pk)
        lifecycle.finish(lease, {})
        job.refresh_from_db()
        seen.append((job.progress, job.sequence))
    assert seen == sorted(seen)
    assert 0 < seen[0][0] < seen[2][0] < 1


@pytest.mark.parametrize("stage", ["queued", "prepare", "transcribe", "assemble"])
def test_cancel_ends_a_job_in_every_state_and_fences_its_worker(organization: Organization, stage: str) -> None:
    lease = None
    if stage in ("queued", "prepare"):
        job = make_job(organization)
        lease = claim() if stage == "prepare" else None
    else:
        job = prepared(organization)
        lease = claim()
        if stage == "assemble":
            lifecycle.finish(lease, {})
            lease = claim()
    assert lifecycle.cancel(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELED
    assert not Step.objects.filter(job=job, status__in=["waiting", "runnable", "leased"]).exists()
    if lease is not None:
        assert not lifecycle.renew(lease)
        with pytest.raises(LeaseLost):
            lifecycle.finish(lease, {})
    assert not lifecycle.cancel(job.pk), "a second cancel finds nothing to do"


def test_a_job_canceled_between_claim_and_start_does_not_start(organization: Organization) -> None:
    job = make_job(organization)
    lease = dispatch.claim("default", worker="test")
    assert lease is not None
    lifecycle.cancel(job.pk)
    with pytest.raises(LeaseLost):
        lifecycle.start(lease)


def test_retry_keeps_options_and_finished_steps(organization: Organization) -> None:
    job = prepared(organization, chunks=2)
    options = job.options
    lifecycle.finish(claim(), {"key": "kept"})
    lifecycle.fail(claim(), HOPELESS)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error == {
        "type": "corrupt_file",
        "message": "The file is damaged.",
        "stage": "transcribe",
        "retryable": False,
    }

    assert lifecycle.reopen(job.pk)
    lifecycle.make_runnable(job.pk, audio_ms=60_000)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.options, job.error) == (JobStatus.QUEUED, 1, options, None)
    lease = claim()
    assert (lease.kind, lease.index) == (StepKind.TRANSCRIBE, 1), "only what failed is done again"
    lifecycle.finish(lease, {})
    finished(claim(), job)
    assert list(
        Step.objects.filter(job=job, kind="transcribe").order_by("index").values_list("attempt", flat=True)
    ) == [1, 2]


def test_only_failed_and_canceled_jobs_reopen(organization: Organization) -> None:
    assert not lifecycle.reopen(make_job(organization).pk)


@pytest.mark.parametrize(
    ("queue", "policy", "waits"),
    [
        ("default", None, [60, 120, None]),
        ("large", None, [120, None]),
        ("small", {"default": "9:1:1", "small": "5:60:300"}, [60, 120, 240, 300, None]),
    ],
)
def test_errors_are_tried_again_as_the_queue_says(
    organization: Organization, settings: Any, queue: str, policy: dict[str, str] | None, waits: list[int | None]
) -> None:
    settings.STEP_RETRY_POLICIES = policy or settings.STEP_RETRY_POLICIES
    job = make_job(organization, queue=queue)
    delays = []
    for _ in waits:
        Step.objects.filter(job=job).update(not_before=None)
        lease = dispatch.claim(queue, worker="test")
        assert lease is not None
        lifecycle.fail(lease, BROKEN)
        due = Step.objects.get(job=job).not_before
        delays.append(due and round((due - now()).total_seconds()))
    job.refresh_from_db()
    assert delays == waits
    assert (job.status, (job.error or {})["type"]) == (JobStatus.FAILED, "engine_broken")


def test_a_step_is_not_claimed_before_its_delay_is_over(organization: Organization) -> None:
    make_job(organization)
    lifecycle.fail(claim(), BROKEN)
    assert dispatch.claim("default", worker="test") is None


def test_five_lost_leases_fail_the_job_and_errors_count_apart(organization: Organization, settings: Any) -> None:
    job = make_job(organization)
    for count in range(1, settings.STEP_MAX_LOST_LEASES + 1):
        Step.objects.filter(job=job).update(not_before=None)
        claim()
        Step.objects.filter(job=job).update(lease_until=now() - timedelta(seconds=1))
        lifecycle.reap()
        step = Step.objects.get(job=job)
        assert (step.lost_leases, step.errors) == (count, 0)
    job.refresh_from_db()
    assert (job.status, (job.error or {})["type"]) == (JobStatus.FAILED, "worker_lost")


def test_the_worker_that_lost_its_lease_writes_nothing(organization: Organization) -> None:
    job = make_job(organization)
    slow = claim()
    Step.objects.filter(job=job).update(lease_until=now() - timedelta(seconds=1))
    lifecycle.reap()
    Step.objects.filter(job=job).update(not_before=None)
    quick = claim()
    for late in (
        lambda: lifecycle.finish(slow, {}),
        lambda: lifecycle.fail(slow, HOPELESS),
        lambda: lifecycle.add_chunk(slow, index=0, input={}, audio_ms=1),
        lambda: lifecycle.save_checkpoint(slow, {"job": "remote"}),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert lifecycle.hand_back(slow) == []
    assert not lifecycle.renew(slow)
    lifecycle.finish(quick, {})


def test_handing_back_is_not_counted(organization: Organization) -> None:
    job = make_job(organization)
    assert lifecycle.hand_back(claim()) == ["default"]
    step = Step.objects.get(job=job)
    assert (step.status, step.lost_leases, step.errors, step.not_before) == (StepStatus.RUNNABLE, 0, 0, None)


def test_a_failed_diarization_is_a_warning(organization: Organization) -> None:
    job = prepared(organization, diarize=True)
    lifecycle.fail(claim("diarize"), HOPELESS)
    lifecycle.finish(claim(), {})
    finished(claim(), job)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert job.warnings == [{"type": "diarize_failed", "message": "The file is damaged."}]


def test_assemble_waits_for_the_speakers(organization: Organization) -> None:
    job = prepared(organization, diarize=True)
    lifecycle.finish(claim(), {})
    assert dispatch.claim("default", worker="test") is None
    lifecycle.finish(claim("diarize"), {})
    assert claim().kind == StepKind.ASSEMBLE
    assert Step.objects.filter(job=job, kind="assemble").count() == 1


def test_the_reaper_opens_what_a_crash_left_closed(organization: Organization) -> None:
    job = prepared(organization)
    lifecycle.finish(claim(), {})
    Step.objects.filter(job=job, kind="assemble").delete()
    assert lifecycle.reap() == ["default"]
    assert claim().kind == StepKind.ASSEMBLE


def test_a_chunk_that_an_earlier_attempt_committed_is_not_cut_twice(organization: Organization) -> None:
    job = make_job(organization)
    first = claim()
    assert lifecycle.add_chunk(first, index=0, input={"key": "first"}, audio_ms=1)
    lifecycle.hand_back(first)
    second = dispatch.claim("default", worker="test", job_id=job.pk)
    while second is not None and second.kind != StepKind.PREPARE:  # the chunk itself may be claimed first
        second = dispatch.claim("default", worker="test", job_id=job.pk)
    assert second is not None
    assert not lifecycle.add_chunk(second, index=0, input={"key": "second"}, audio_ms=1)
    assert Step.objects.get(job=job, kind="transcribe").input == {"key": "first"}


def test_failed_and_canceled_jobs_cost_nothing(organization: Organization) -> None:
    from billing import usage

    for end in (lambda job: lifecycle.cancel(job.pk), lambda job: lifecycle.fail(claim(), HOPELESS)):
        job = make_job(organization, recording=make_recording(organization))
        usage.reserve(organization=organization, key=lifecycle.usage_key(job), seconds=60)
        end(job)
        assert UsageEntry.objects.get(key=lifecycle.usage_key(job)).status == UsageEntry.Status.RELEASED


def test_staff_requeue_takes_the_step_from_its_worker(organization: Organization) -> None:
    job = make_job(organization)
    lease = claim()
    assert lifecycle.requeue(job.pk) == ["default"]
    with pytest.raises(LeaseLost):
        lifecycle.finish(lease, {})


def test_the_table_of_states_has_every_state() -> None:
    assert set(JOB_TRANSITIONS) == set(JobStatus)


def test_a_retry_leaves_chunks_as_long_as_they_were_cut(organization: Organization) -> None:
    """Else the progress of a retry is measured against a recording of many times its length."""
    job = prepared(organization, chunks=3)
    lifecycle.finish(claim(), {})
    lifecycle.fail(claim(), HOPELESS)
    jobs.reopen(job)
    assert list(Step.objects.filter(job=job, kind="transcribe").values_list("total_ms", flat=True)) == [20_000] * 3
    claim()
    assert share_done(Job.objects.get(pk=job.pk)) == pytest.approx((0.1 + 0.75 / 3) / 0.9)


def test_of_warnings_of_one_type_the_newest_stays() -> None:
    old, other, new = ({"type": kind, "message": text} for kind, text in (("a", "old"), ("b", ""), ("a", "new")))
    assert distinct([old, other, new]) == [new, other]


def test_a_worker_whose_clock_is_behind_completes_its_job(organization: Organization) -> None:
    job = prepared(organization)
    lifecycle.finish(claim(), {})
    lease = claim()
    Step.objects.filter(pk=lease.step_id).update(started_at=now() + timedelta(hours=1))
    finished(lease, job)
    job.refresh_from_db()
    assert (job.status, job.processing_ms) == (JobStatus.COMPLETED, 0)
