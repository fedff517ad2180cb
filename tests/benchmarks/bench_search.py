"""Search in 200,000 lines of 50 organizations: that the index on words is used, and what a search takes.

`pytest tests/benchmarks/bench_search.py -m benchmark -s`
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.tenancy import Caller
from tests.benchmarks import measure
from tests.factories import make_job, make_organization, make_transcript, make_user
from transcription.asr.text import find
from transcription.models import Segment
from transcription.services import search
from transcription.services.search import Search
from transcription.states import JobStatus

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
ORGANIZATIONS, TRANSCRIPTS, LINES, ROUNDS = 50, 10, 400, 40
# Twelve words a line out of 20,000; w0 is in a third of all lines, most words are in a few.
FILL = """
INSERT INTO transcription_segment (id, created_at, updated_at, organization_id, transcript_id, position, version,
    start_ms, end_ms, text, language, words, flags, edited, search_text)
SELECT gen_random_uuid(), now(), now(), t.organization_id, t.id, n * 1024, 1, n * 2000, n * 2000 + 1900,
    line.text, 'en', '[]', '[]', false, line.text
FROM transcription_transcript t, generate_series(1, %s) n, LATERAL (
    SELECT string_agg('w' || floor(20000 * power(random(), 3))::int, ' ') AS text
    FROM generate_series(1, 12) WHERE n > 0 AND t.id IS NOT NULL
) line
"""
QUERIES = {
    "a rare word": "w2000",
    "a word of every third line": "w0",
    "two words": "w0 w1",
    "a phrase": '"w0 w1"',
    "a beginning": "w19*",
    "a typing error": "w2000x",
}


@pytest.fixture
def caller() -> Caller:
    organizations = [_filled() for _ in range(ORGANIZATIONS)]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [LINES])
        cursor.execute("ANALYZE transcription_segment")
        cursor.execute("ANALYZE transcription_transcript")
    return organizations[7]


def _filled() -> Caller:
    owner = make_user()
    organization: Organization = make_organization(owner=owner)
    for _ in range(TRANSCRIPTS):
        make_transcript(organization, make_job(organization, status=JobStatus.COMPLETED), lines=0, segment_count=LINES)
    return caller_for_user(owner, organization.slug)


def test_search(caller: Caller) -> None:
    rows: list[tuple[str, str]] = []
    for name, query in QUERIES.items():
        times = [_timed(caller, query) for _ in range(ROUNDS)]
        rows.append(
            (name, f"p50 {measure.percentile(times, 0.5):.1f} ms, p99 {measure.percentile(times, 0.99):.1f} ms")
        )
    for name in ("a rare word", "a word of every third line"):
        plan = _plan(caller, QUERIES[name])
        # A word that others say much is cheaper to look for among the organization's own lines.
        assert "segment_search" in json.dumps(plan) or name != "a rare word", plan
        rows.append((f"database alone: {name}", f"{plan['Execution Time']:.2f} ms"))
    measure.show(f"Search in {ORGANIZATIONS * TRANSCRIPTS * LINES:,} lines of {ORGANIZATIONS} organizations", rows)


def _timed(caller: Caller, query: str) -> float:
    started = time.perf_counter()
    search.search(caller=caller, wanted=Search(q=query))
    return (time.perf_counter() - started) * 1000


def _plan(caller: Caller, query: str) -> dict[str, Any]:
    return _explain(search._matching(caller, Search(q=query), find.parse(query)))


def _explain(rows: QuerySet[Segment]) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(rows.order_by().values("pk").explain(format="json", analyze=True))[0]
    return plan
