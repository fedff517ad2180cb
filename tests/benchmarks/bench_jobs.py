"""Jobs one after the other over HTTP: how soon work begins and news arrives, and whether memory stays flat.

`pytest -m benchmark -s tests/benchmarks/bench_jobs.py`
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import transaction
from websockets.sync.client import connect

from media.audio.decode import decode, write_flac
from media.models import Recording
from organizations.models import Organization
from tests.benchmarks.bench_job_list import Web, running
from tests.benchmarks.measure import MEETING, memory_mib, percentile, show
from tests.factories import make_api_key
from tests.transcription.builders import make_job, make_recording, tone
from tests.workers import Live, Worker, wait_for
from transcription import events
from transcription.models import Job, Step
from transcription.states import JobStatus, StepKind

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
SUBMITS = EVENTS = 200
WARM_UP = 10
MILESTONES = (10, 40, 70, 100)


@contextmanager
def client_of(web: Web, organization: Organization) -> Iterator[httpx.Client]:
    _row, key = make_api_key(organization)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://{web.address}/api/v1", headers=headers, timeout=30) as client:
        yield client


def submit(client: httpx.Client, recording: Recording, **options: Any) -> UUID:
    answer = client.post("/jobs", json={"media": str(recording.pk), **options})
    answer.raise_for_status()
    return UUID(answer.json()["id"])


def wait_completed(job_id: UUID) -> None:
    def completed() -> bool:
        status = Job.objects.values_list("status", flat=True).get(pk=job_id)
        assert status != JobStatus.FAILED
        return status == JobStatus.COMPLETED

    wait_for(completed, "the job is completed", timeout=120, pause=0.02)


def begin_ms(client: httpx.Client, recording: Recording) -> tuple[float, float]:
    """Milliseconds from sending the request to its answer, and to the start of the first step."""
    sent = time.time()
    job_id = submit(client, recording, engine="fake", diarization={"enabled": False})
    answered = time.time()
    wait_completed(job_id)
    started = Step.objects.get(job_id=job_id, kind=StepKind.PREPARE).started_at
    assert started
    return (answered - sent) * 1000, (started.timestamp() - sent) * 1000


def test_submit_to_first_work(organization: Organization) -> None:
    recording = make_recording(organization, audio=tone(2), duration_ms=2_000)
    web = Web()
    with running(web), Worker("default"), client_of(web, organization) as client:
        for _ in range(WARM_UP):
            begin_ms(client, recording)
        answered, began = zip(*(begin_ms(client, recording) for _ in range(SUBMITS)), strict=True)
    rows = [spread("answer of POST /jobs", answered), spread("first step begins", began)]
    show(f"{SUBMITS} submits to an idle worker, from sending the request", rows)


def spread(name: str, values: tuple[float, ...] | list[float]) -> tuple[str, str]:
    return name, f"p50 {percentile(values, 0.5):6.1f} ms, p99 {percentile(values, 0.99):6.1f} ms"


def test_event_to_browser(organization: Organization) -> None:
    job = make_job(organization)
    _row, key = make_api_key(organization)
    with Live() as live:
        url, headers = f"ws://127.0.0.1:{live.port}/live/organization", {"Authorization": f"Bearer {key}"}
        with connect(url, additional_headers=headers) as socket:
            socket.recv(timeout=10)
            taken = [event_ms(job, socket, number) for number in range(WARM_UP + EVENTS)][WARM_UP:]
    show(f"{EVENTS} events, from commit to the client's WebSocket", [spread("one reader", taken)])


def event_ms(job: Job, socket: Any, number: int) -> float:
    committed: list[float] = []
    with transaction.atomic():
        job.sequence = number + 2
        job.save(update_fields=["sequence"])
        transaction.on_commit(lambda: committed.append(time.perf_counter()))
        events.publish(job)
    message = json.loads(socket.recv(timeout=10))
    arrived = time.perf_counter()
    assert message["sequence"] == number + 2
    return (arrived - committed[0]) * 1000


def test_memory_stays_flat(organization: Organization, tmp_path: Path) -> None:
    """Ten seconds of speech by the embedded engine, with speakers; every job is read as a page would read it."""
    write_flac(tmp_path / "clip.flac", [next(decode(MEETING))])
    audio = (tmp_path / "clip.flac").read_bytes()
    recording = make_recording(organization, audio=audio, duration_ms=10_000)
    web, rows = Web(), []
    with running(web) as web_pid, Worker() as worker, client_of(web, organization) as client:
        for number in range(1, MILESTONES[-1] + 1):
            job_id = submit(client, recording, engine="embedded", mode="dialogue")
            wait_completed(job_id)
            read(client, job_id)
            if number in MILESTONES:
                text = f"web {memory_mib(web_pid):6.1f} MiB, worker {memory_mib(worker.process.pid):6.1f} MiB"
                rows.append((f"{number} jobs", text))
    show("Resident memory", rows)


def read(client: httpx.Client, job_id: UUID) -> None:
    job = client.get(f"/jobs/{job_id}").raise_for_status().json()
    for path in ("/jobs", f"/jobs/{job_id}/steps", f"/transcripts/{job['transcript']}"):
        client.get(path).raise_for_status()
