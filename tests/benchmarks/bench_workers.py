"""One long file on more and more workers: `pytest -m benchmark -s tests/benchmarks/bench_workers.py`.

Two hours in chunks of 60 s, with an engine that sleeps 0.05 s for each second of audio: what is lost is ours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.common import liveness
from media.models import Recording
from organizations.models import Organization
from tests.benchmarks.measure import cpu_seconds, long_speech, show
from tests.transcription.builders import make_job, make_recording, tone
from tests.workers import Worker, wait_for
from transcription import dispatch, lifecycle
from transcription.models import Job, Step
from transcription.runner.attempt import Attempt
from transcription.runner.steps import STEPS
from transcription.runner.workspace import Workspace
from transcription.states import JobStatus, StepKind

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
SECONDS = int(os.environ.get("BENCH_SECONDS", "7200"))
CHUNK_SECONDS = 60
COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds from the bell to the transcript; `prepare` is part of `wall`."""

    workers: int
    wall: float
    prepare: float
    cpu: float

    def row(self) -> tuple[str, str]:
        text = f"{self.wall:7.1f} s wall, prepare {self.prepare:5.1f} s, {self.cpu:5.1f} CPU s in the workers"
        return f"{self.workers} workers", f"{text} ({self.cpu / self.wall:.2f} cores)"


@contextmanager
def warm_workers(count: int, organization: Organization) -> Iterator[list[Worker]]:
    """So many processes, each of which has connections and has run steps."""
    with ExitStack() as stack:
        workers = [stack.push(Worker("default", ASR_CHUNK_SECONDS=str(CHUNK_SECONDS))) for _ in range(count)]
        for worker in workers:
            worker.start()
        for worker in workers:
            wait_for(worker.is_alive, "the worker is ready", timeout=180)
        recording = make_recording(organization, audio=tone(10), duration_ms=10_000)
        jobs = [paced_job(recording) for _ in range(4 * count)]
        dispatch.ring(["default"] * len(jobs))
        for job in jobs:
            completed(job)
        yield workers


def paced_job(recording: Recording, **fields: Any) -> Job:
    job = make_job(recording.organization, recording=recording, **fields)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "engine": "paced"})
    return job


def completed(job: Job) -> Job:
    def ended() -> bool:
        job.refresh_from_db()
        return job.finished_at is not None

    wait_for(ended, "the job ends", timeout=3600, pause=0.1)
    assert job.status == JobStatus.COMPLETED, job.error
    return job


def whole(recording: Recording, count: int) -> Run:
    """From submit to transcript."""
    with warm_workers(count, recording.organization) as workers:
        return timed(paced_job(recording), workers)


def without_prepare(recording: Recording, count: int) -> Run:
    """The chunks lie there when the workers are called. On a queue nobody serves, they can be cut in peace."""
    job = paced_job(recording, queue="large")
    lease = dispatch.claim("large", worker="benchmark")
    assert lease is not None
    lifecycle.start(lease)
    with Workspace() as workspace, Attempt(lease, workspace) as attempt:
        STEPS[lease.kind](attempt)
    liveness.client().delete("large")
    with warm_workers(count, recording.organization) as workers:
        Job.objects.filter(pk=job.pk).update(queue="default")
        Step.objects.filter(job=job).update(queue="default")
        return timed(job, workers)


def timed(job: Job, workers: list[Worker]) -> Run:
    before = sum(cpu_seconds(worker.process.pid) for worker in workers)
    started = time.monotonic()
    dispatch.ring(["default"] * len(workers))
    completed(job)
    wall = time.monotonic() - started
    cpu = sum(cpu_seconds(worker.process.pid) for worker in workers) - before
    prepare = Step.objects.get(job=job, kind=StepKind.PREPARE)
    assert prepare.started_at
    assert prepare.finished_at
    return Run(len(workers), wall, (prepare.finished_at - prepare.started_at).total_seconds(), cpu)


def test_one_long_file(organization: Organization, tmp_path: Path, settings: Any) -> None:
    settings.ASR_CHUNK_SECONDS = CHUNK_SECONDS
    audio = long_speech(tmp_path / "long.flac", SECONDS).read_bytes()
    recording = make_recording(organization, audio=audio, duration_ms=SECONDS * 1000)
    runs = {}
    for count in COUNTS:
        runs[count] = whole(recording, count)
        show(f"{SECONDS} s of audio, whole job", [runs[count].row()])
    last = COUNTS[-1]
    alone = without_prepare(recording, last)
    show(f"{SECONDS} s of audio, chunks already cut", [alone.row()])
    one = runs[1]  # a single worker prepares first and then transcribes: its parts add up
    rows = [
        ("with prepare", f"{one.wall / (last * runs[last].wall):.2f}"),
        ("without prepare", f"{(one.wall - one.prepare) / (last * alone.wall):.2f}"),
    ]
    show(f"Efficiency T1 / ({last} T{last})", rows)
