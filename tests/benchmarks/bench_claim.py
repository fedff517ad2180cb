"""Claiming a step among 10,000 of 50 organizations: `pytest -m benchmark -s tests/benchmarks/bench_claim.py`."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from django.db import connection

from billing.models import Account
from tests.benchmarks.measure import percentile, show
from tests.factories import make_organization
from tests.transcription.builders import make_recording
from transcription import dispatch
from transcription.asr.options import Options
from transcription.models import Job, Step
from transcription.states import Priority, StepKind

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
ORGANIZATIONS, JOBS, CLAIMS = 50, 200, 100


def fill() -> None:
    """Jobs that wait with one step each, of three priorities."""
    options = Options(engine="fake", model="fake").to_json()
    for _ in range(ORGANIZATIONS):
        organization = make_organization()
        Account.objects.get_or_create(organization=organization)
        known = {"organization": organization, "recording": make_recording(organization), "options": options}
        jobs = Job.objects.bulk_create(
            Job(**known, engine="fake", model="fake", priority=Priority.values[number % 3]) for number in range(JOBS)
        )
        Step.objects.bulk_create(
            Step(organization=organization, job=job, kind=StepKind.PREPARE, queue="default") for job in jobs
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def claims(count: int) -> list[float]:
    """Milliseconds of each claim; those that find nothing count as well."""
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        dispatch.claim("default", worker="benchmark")
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def one_job() -> list[float]:
    """A worker that asks for more of its own job, where there is none."""
    started = time.perf_counter()
    dispatch.claim("default", worker="benchmark", job_id=uuid4())
    return [(time.perf_counter() - started) * 1000]


def plan() -> str:
    parameters = {"queue": "default", "worker": "w", "task_id": "", "job_id": None, "lease_seconds": 30}
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + dispatch._claim_sql(), parameters)
        text = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("ROLLBACK")
    return text


def row(name: str, taken: list[float]) -> tuple[str, str]:
    return name, f"{percentile(taken, 0.5):7.2f} ms p50 {percentile(taken, 0.99):7.2f} ms p99"


def test_claims(organization: object) -> None:
    fill()
    rows = [row("no limits", claims(CLAIMS))]
    explained = plan()
    Account.objects.update(max_concurrent_jobs=1000)
    rows.append(row("every organization has a limit", claims(CLAIMS)))
    Account.objects.update(max_concurrent_jobs=1)
    rows.append(row("every organization is at its limit", claims(CLAIMS // 5)))
    rows.append(row("more of one's own job", [one for _ in range(CLAIMS) for one in one_job()]))
    show(f"A claim among {ORGANIZATIONS * JOBS} runnable steps of {ORGANIZATIONS} organizations", rows)
    show("Plan", [("", line) for line in explained.splitlines()])
