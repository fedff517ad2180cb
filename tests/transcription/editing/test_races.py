"""Many at once, over HTTP: nothing that anybody wrote is lost, and nobody overwrites what they have not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from organizations.models import Organization
from tests.factories import make_api_key
from tests.transcription.editing.talks import make_talk
from transcription.models import Operation, Segment, Transcript

pytestmark = pytest.mark.django_db(transaction=True)
# More would wait at the test's own server, whose queue of connections is short.
AT_ONCE = 10


@pytest.fixture
def many(live_server: LiveServer, organization: Organization) -> Callable[..., list[httpx.Response]]:
    """`many(requests)`: side by side, each (method, path below /api/v1, body, version), the first of them at once."""
    key = make_api_key(organization, requests_per_minute=None)[1]

    def send(requests: list[tuple[str, str, Any, int]]) -> list[httpx.Response]:
        width = min(len(requests), AT_ONCE)
        together = Barrier(width)

        def one(numbered: tuple[int, tuple[str, str, Any, int]]) -> httpx.Response:
            number, (method, path, body, version) = numbered
            headers = {"Authorization": f"Bearer {key}", "If-Match": f'"{version}"'}
            with httpx.Client(base_url=f"{live_server.url}/api/v1", headers=headers, timeout=60) as client:
                if number < width:
                    together.wait()
                return client.request(method, path, json=body)

        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(one, enumerate(requests)))

    return send


def test_two_editors_of_one_line(many: Callable[..., Any], organization: Organization) -> None:
    """Twenty rounds: one is first, and the other gets what the first wrote."""
    transcript = make_talk(organization)
    line = transcript.segments.earliest("position")
    path = f"/transcripts/{transcript.pk}/segments/{line.pk}"
    for number in range(20):
        line.refresh_from_db()
        texts = [f"First {number}.", f"Second {number}."]
        answers = many([("PATCH", path, {"text": text}, line.version) for text in texts])
        assert sorted(one.status_code for one in answers) == [200, 412]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert lost.json()["current"] == won.json()["segments"][0]
        assert Segment.objects.get(pk=line.pk).text == won.json()["segments"][0]["text"]
    assert Operation.objects.count() == 20


def test_a_hundred_editors_of_a_hundred_lines(many: Callable[..., Any], organization: Organization) -> None:
    transcript = make_talk(organization, [("S1", f"Line {number} of many.") for number in range(100)])
    lines = list(transcript.segments.order_by("position"))
    start = f"/transcripts/{transcript.pk}/segments"
    answers = many([("PATCH", f"{start}/{line.pk}", {"text": f"Edited {line.text}"}, 1) for line in lines])
    assert Counter(one.status_code for one in answers) == {200: 100}
    assert sorted(one.json()["version"] for one in answers) == list(range(1, 101))
    assert all(line.text.startswith("Edited Line") for line in transcript.segments.all())
    assert Transcript.objects.get(pk=transcript.pk).version == 100 == Operation.objects.count()


def test_forty_who_do_different_things_at_one_place(many: Callable[..., Any], organization: Organization) -> None:
    """Splits, merges, edits, deletions of the same lines: one of each line wins, and the rows stay in order."""
    transcript = make_talk(organization, [("S1", f"Line {number} of many words.") for number in range(10)])
    lines = list(transcript.segments.order_by("position"))
    start = f"/transcripts/{transcript.pk}/segments"
    requests = [
        request
        for line, following in zip(lines, [*lines[1:], lines[0]], strict=True)
        for request in (
            ("PATCH", f"{start}/{line.pk}", {"text": "Another text."}, 1),
            ("POST", f"{start}/{line.pk}/split", {"at": 6}, 1),
            ("POST", f"{start}/{line.pk}/merge", {"with": str(following.pk), "with_version": 1}, 1),
            ("DELETE", f"{start}/{line.pk}", None, 1),
        )
    ]
    answers = many(requests)
    assert {one.status_code for one in answers} <= {200, 404, 409, 412, 422}
    done = [one for one in answers if one.status_code == 200]
    rows = list(Segment.objects.filter(transcript=transcript).order_by("position"))
    transcript.refresh_from_db()
    assert transcript.segment_count == len(rows)
    assert sorted(one.json()["version"] for one in done) == list(range(1, len(done) + 1))
    assert transcript.version == len(done) == Operation.objects.count()
    assert [row.start_ms for row in rows] == sorted(row.start_ms for row in rows)


def test_two_who_take_the_same_edit_back(many: Callable[..., Any], organization: Organization) -> None:
    transcript = make_talk(organization)
    line = transcript.segments.earliest("position")
    (first,) = many([("DELETE", f"/transcripts/{transcript.pk}/segments/{line.pk}", None, 1)])
    assert first.status_code == 200
    undo: tuple[str, str, Any, int] = ("POST", f"/transcripts/{transcript.pk}/operations/1/undo", {}, 1)
    assert sorted(one.status_code for one in many([undo, undo])) == [200, 409]
    assert transcript.segments.count() == 5
