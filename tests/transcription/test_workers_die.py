"""Real workers, killed -9, stopped and restarted in every step: the job completes, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django_celery_results.models import TaskResult

from billing.models import UsageEntry
from config.celery import app
from media.storage import get_media_storage
from organizations.models import Organization
from tests.transcription.builders import make_job, make_recording, tone
from tests.workers import Worker, environment, wait_for
from transcription import dispatch, lifecycle
from transcription.models import Job, Step, Transcript
from transcription.states import JobStatus, StepStatus
from transcription.tasks import reap

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MEETING = Path(__file__).parents[1] / "fixtures" / "demo" / "team-meeting.mp3"
QUICK = {"STEP_LEASE_SECONDS": "1.5", "STEP_HEARTBEAT_SECONDS": "0.3", "ASR_CHUNK_SECONDS": "10"}


@pytest.fixture
def paced_job(organization: Organization) -> Iterator[Job]:
    """The demo meeting, 66 s of speech by two voices, in chunks of 10 s; the engine takes half a second for each."""
    recording = make_recording(organization, audio=MEETING.read_bytes(), duration_ms=66_030)
    job = make_job(organization, recording=recording, diarize=True)
    options = {**job.options, "engine": "paced"}
    options["diarization"] = {**options["diarization"], "method": "embedded"}
    Job.objects.filter(pk=job.pk).update(options=options)
    yield job
    get_media_storage().delete_prefix(recording.prefix)


@contextmanager
def nobody_writes_transcripts() -> Iterator[None]:
    """Workers that assemble stand still in the middle of it while this holds."""
    with psycopg.connect(environment()["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE transcription_transcript IN EXCLUSIVE MODE")
        yield


def is_running(job: Job, kind: str) -> bool:
    return Step.objects.filter(job=job, kind=kind, status=StepStatus.LEASED).exists()


def ends(job: Job, timeout: float = 60) -> Job:
    """Wait for the job's end, with the reaper going round as beat lets it."""

    def has_ended() -> bool:
        reap()
        job.refresh_from_db()
        return job.status in (JobStatus.COMPLETED, JobStatus.FAILED)

    wait_for(has_ended, "the job ends", timeout=timeout, pause=0.3)
    return job


def completed_once(job: Job) -> None:
    assert job.status == JobStatus.COMPLETED, job.error
    assert Transcript.objects.filter(job=job).count() == 1
    assert Step.objects.filter(job=job, kind="assemble", status=StepStatus.FINISHED).count() == 1
    assert not Step.objects.filter(job=job).exclude(status=StepStatus.FINISHED).exists()


@pytest.mark.parametrize("kind", ["prepare", "transcribe", "diarize", "assemble"])
def test_kill_9_in_each_step(paced_job: Job, kind: str) -> None:
    hold = nobody_writes_transcripts() if kind == "assemble" else nullcontext()
    with hold, Worker(**QUICK) as worker:
        dispatch.ring(["default", "diarize"])
        wait_for(lambda: is_running(paced_job, kind), f"{kind} runs", timeout=40, pause=0.005)
        worker.kill()
    assert is_running(paced_job, kind), "the dead worker still holds its lease"
    with Worker(**QUICK):
        completed_once(ends(paced_job))
    assert Step.objects.filter(job=paced_job, kind=kind, lost_leases=1).exists()


def test_staff_find_worker_and_run_time_of_a_step_in_the_celery_results(organization: Organization) -> None:
    job = make_job(organization, recording=make_recording(organization, audio=tone(2), duration_ms=2000))
    with Worker(**QUICK) as worker:
        dispatch.ring(["default"])
        completed_once(ends(job))
        step = Step.objects.filter(job=job).latest("id")
        wait_for(lambda: TaskResult.objects.filter(task_id=step.task_id, status="SUCCESS").exists(), "it is stored")
        assert TaskResult.objects.filter(task_id=step.task_id, worker=f"{worker.name}@test").exists()
    get_media_storage().delete_prefix(job.recording.prefix)


def test_sigterm_hands_the_step_back_and_loses_nothing(paced_job: Job) -> None:
    with Worker(**QUICK) as worker:
        dispatch.ring(["default"])
        wait_for(lambda: is_running(paced_job, "transcribe"), "transcribe runs", timeout=40, pause=0.02)
        assert worker.terminate() == 0
    assert not Step.objects.filter(job=paced_job, status=StepStatus.LEASED).exists()
    with Worker(**QUICK):
        completed_once(ends(paced_job))
    assert not Step.objects.filter(job=paced_job, lost_leases__gt=0).exists(), "handing back is not counted"


def test_a_canceled_job_frees_its_worker_within_moments(organization: Organization, paced_job: Job) -> None:
    Job.objects.filter(pk=paced_job.pk).update(options={**paced_job.options, "engine": "paced"})
    with Worker("default", **{**QUICK, "ASR_CHUNK_SECONDS": "300"}):
        dispatch.ring(["default"])
        wait_for(lambda: is_running(paced_job, "transcribe"), "transcribe runs", timeout=40, pause=0.02)
        lifecycle.cancel(paced_job.pk)
        following = make_job(organization, recording=paced_job.recording)
        dispatch.ring(["default"])
        started = time.monotonic()
        ends(following)
        assert time.monotonic() - started < 10, "the engine alone would have gone on for 3 s, and then assembled"
    paced_job.refresh_from_db()
    assert paced_job.status == JobStatus.CANCELED
    assert not Transcript.objects.filter(job=paced_job).exists()


def test_60_jobs_with_duplicate_bells_and_dying_workers_complete_exactly_once(organization: Organization) -> None:
    audio = tone(4)
    recording = make_recording(organization, audio=audio, duration_ms=4000)
    jobs = [make_job(organization, recording=recording) for _ in range(60)]
    for job in jobs:
        options = {**job.options, "engine": "paced", "vad": {"enabled": False, "min_silence_ms": 500}}
        Job.objects.filter(pk=job.pk).update(options=options)
    dispatch.ring(["default"] * 80)
    for _ in range(2):
        with Worker(**QUICK) as worker:
            done = Job.objects.filter(status=JobStatus.COMPLETED).count()
            wait_for(lambda: Job.objects.filter(status=JobStatus.COMPLETED).count() > done + 5, "some are done")  # noqa: B023 - at once
            worker.kill()
    with Worker(**QUICK), Worker(**QUICK):

        def all_done() -> bool:
            reap()
            return not Job.objects.exclude(status=JobStatus.COMPLETED).exists()

        wait_for(all_done, "all jobs complete", timeout=90, pause=0.5)
    assert Transcript.objects.count() == 60
    assert not UsageEntry.objects.filter(status=UsageEntry.Status.RESERVED).exists()
    get_media_storage().delete_prefix(recording.prefix)


def test_a_database_that_drops_every_connection_loses_no_job(paced_job: Job) -> None:
    with Worker(**QUICK):
        dispatch.ring(["default", "diarize"])
        wait_for(lambda: is_running(paced_job, "transcribe"), "transcribe runs", timeout=40, pause=0.02)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        completed_once(ends(paced_job))


def test_a_process_that_has_grown_is_replaced_between_jobs(organization: Organization) -> None:
    """One kilobyte is less than any process has, so that every task ends its process."""
    recording = make_recording(organization, audio=tone(2), duration_ms=2000)
    with Worker(pool="prefork", WORKER_MAX_MEMORY_KB="1", **QUICK) as worker:
        before = _processes(worker)
        job = make_job(organization, recording=recording)
        dispatch.ring(["default"])
        completed_once(ends(job))
        wait_for(lambda: not before <= _processes(worker), "a process is replaced", pause=0.3)
    get_media_storage().delete_prefix(recording.prefix)


def _processes(worker: Worker) -> set[int]:
    """The numbers of the worker's processes, as it says itself."""
    told = app.control.inspect([f"{worker.name}@test"], timeout=5).stats() or {}
    return {pid for one in told.values() for pid in one["pool"]["processes"]}
