"""A job beside the bare engine on the same ten minutes: `pytest -m benchmark -s tests/benchmarks/bench_overhead.py`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media.models import Recording
from organizations.models import Organization
from tests.benchmarks.measure import cpu_seconds, long_speech, show
from tests.transcription.builders import make_job, make_recording
from tests.workers import Worker, wait_for
from transcription import dispatch
from transcription.asr import pipeline
from transcription.asr.options import Options
from transcription.models import Job
from transcription.runner import engines
from transcription.services.engines import EMBEDDED, EMBEDDED_MODEL
from transcription.states import JobStatus

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
SECONDS, ROUNDS = 600, 3


class Unwatched:
    """A context that nobody stops."""

    def progress(self, done_ms: int) -> None:
        """Nobody asks."""

    def load_checkpoint(self) -> None:
        return None

    def save_checkpoint(self, state: dict[str, object]) -> None:
        """Nobody keeps it."""


def bare(path: Path, options: Options, chunk_ms: int) -> None:
    engine = engines.load(options.engine, options.model)
    for chunk in pipeline.prepare(path, options, chunk_ms=chunk_ms):
        pipeline.transcribe(chunk, engine, options, Unwatched())


def job(recording: Recording, options: Options) -> None:
    row = make_job(recording.organization, recording=recording)
    Job.objects.filter(pk=row.pk).update(options=options.to_json(), engine=options.engine, model=options.model)
    dispatch.ring(["default"])

    def ended() -> bool:
        row.refresh_from_db()
        return row.finished_at is not None

    wait_for(ended, "the job ends", timeout=900, pause=0.02)
    assert row.status == JobStatus.COMPLETED, row.error


def timed(work: Callable[[], object], cpu: Callable[[], float]) -> tuple[float, float]:
    wall, before = time.monotonic(), cpu()
    work()
    return time.monotonic() - wall, cpu() - before


def test_ten_minutes_of_speech(organization: Organization, tmp_path: Path, settings: Any) -> None:
    path = long_speech(tmp_path / "ten.flac", SECONDS)
    options = Options(engine=EMBEDDED, model=EMBEDDED_MODEL, language="en")
    recording = make_recording(organization, audio=path.read_bytes(), duration_ms=SECONDS * 1000)
    short = make_recording(organization, audio=long_speech(tmp_path / "s.flac", 70).read_bytes(), duration_ms=70_000)
    chunk_ms = settings.ASR_CHUNK_SECONDS * 1000
    alone, ours = [], []
    with Worker("default") as worker:
        job(short, options)
        bare(tmp_path / "s.flac", options, chunk_ms)
        for _ in range(ROUNDS):  # in turns, so that other work on the machine meets both
            alone.append(timed(lambda: bare(path, options, chunk_ms), time.process_time))
            ours.append(timed(lambda: job(recording, options), lambda: cpu_seconds(worker.process.pid)))
            show("Round", [row("bare", alone[-1]), row("job", ours[-1])])
    (wall, cpu), (job_wall, job_cpu) = map(least, (alone, ours))
    ratio = f"wall {job_wall / wall:.3f}, goal {(1.05 * wall + 1) / wall:.3f}; CPU {job_cpu / cpu:.3f}"
    show("Least of all rounds", [row("bare", (wall, cpu)), row("job", (job_wall, job_cpu)), ("job / bare", ratio)])


def least(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return min(wall for wall, _cpu in rounds), min(cpu for _wall, cpu in rounds)


def row(name: str, figures: tuple[float, float]) -> tuple[str, str]:
    return name, f"{figures[0]:7.2f} s wall, {figures[1]:7.2f} CPU s"
