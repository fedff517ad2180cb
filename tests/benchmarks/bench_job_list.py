"""`GET /api/v1/jobs?limit=50`, ours beside FastAPI with SQLAlchemy async on the same rows.

`FASTAPI_PYTHON=/tmp/fastapi/bin/python pytest -m benchmark -s tests/benchmarks/bench_job_list.py`, where that
environment has what `fastapi_jobs.py` names; without it only ours is measured.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.common.clock import now
from organizations.models import Organization
from tests.benchmarks.measure import cpu_seconds, percentile, show
from tests.factories import make_api_key, make_job, make_recording, make_transcript
from tests.workers import Process, environment, wait_for
from transcription.states import JobStatus

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
REQUESTS, ROUNDS = 300, 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Web(Process):
    """gunicorn as `make run` starts it, with one worker process."""

    def __init__(self) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        options = ["--worker-class=gthread", "--threads=8", "--workers=1", f"--bind={self.address}"]
        more = ["--no-control-socket", "--log-level=warning"]
        super().__init__("gunicorn", "config.wsgi", *options, *more, DATABASE_POOL="1")
        self.url = f"http://{self.address}/api/v1/jobs?limit=50"


class FastApi(Process):
    """uvicorn with one process, in an environment of its own."""

    def __init__(self, python: str) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        host, port = self.address.split(":")
        super().__init__("uvicorn", "--app-dir", "tests/benchmarks", "fastapi_jobs:app", "--host", host, "--port", port)
        self._command[0] = python
        self._env["BENCH_DATABASE_URL"] = asyncpg_url(environment()["DATABASE_URL"])
        self.url = f"http://{self.address}/orm?limit=50"


def asyncpg_url(url: str) -> str:
    """Django's address of the database in SQLAlchemy's spelling; the part with the socket stays as it is."""
    return "postgresql+asyncpg" + url[url.index(":") :]


@contextmanager
def running(server: Web | FastApi) -> Iterator[int]:
    def answers() -> bool:
        assert server.process.poll() is None, server.log.read_text()[-4000:]
        host, port = server.address.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    with server:
        wait_for(answers, "the server answers", timeout=60)
        yield server.process.pid


def rows(organization: Organization) -> None:
    for number in range(120):
        moment = now() - timedelta(minutes=number)
        times = {"started_at": moment, "finished_at": moment + timedelta(seconds=20)}
        more = {"metadata": {"ticket": number}, "processing_ms": 4_200, "progress": 1.0, **times}
        job = make_job(organization, make_recording(organization), status=JobStatus.COMPLETED, **more)
        make_transcript(organization, job, lines=1)


def milliseconds(client: httpx.Client, url: str, pid: int) -> float:
    before = cpu_seconds(pid)
    for _ in range(REQUESTS):
        client.get(url).raise_for_status()
    return (cpu_seconds(pid) - before) * 1000 / REQUESTS


def test_the_list_of_50_jobs(organization: Organization) -> None:
    rows(organization)
    _row, key = make_api_key(organization)
    client = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30)
    with ExitStack() as stack:
        web = Web()
        contestants = {"Tadwin": (web.url, stack.enter_context(running(web)))}
        if python := os.environ.get("FASTAPI_PYTHON"):
            other = FastApi(python)
            pid = stack.enter_context(running(other))
            contestants["FastAPI, ORM and Pydantic"] = (other.url, pid)
            contestants["FastAPI, rows and orjson"] = (other.url.replace("/orm", "/core"), pid)
        the_same_answer(client, [url for url, _pid in contestants.values()])
        found: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(ROUNDS):  # in turns, so that other work on the machine meets all of them
            for name, (url, pid) in contestants.items():
                found[name].append(milliseconds(client, url, pid))
    table = [(name, f"{percentile(all_, 0.5):.2f} (least {min(all_):.2f})") for name, all_ in found.items()]
    show(f"CPU ms a request, {ROUNDS} x {REQUESTS} requests", table)


def the_same_answer(client: httpx.Client, urls: list[str]) -> None:
    """Also warms all of them up."""
    answers: list[Any] = [[client.get(url).json()["data"] for _ in range(50)][-1] for url in urls]
    assert len(answers[0]) == 50
    for answer in answers[1:]:
        assert answer == answers[0]
