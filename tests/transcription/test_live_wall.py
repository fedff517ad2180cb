"""The live process keeps tenants apart: every channel, every credential."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from organizations.models import Organization
from tests.factories import make_api_key, make_job, make_transcript
from tests.workers import Live
from transcription import lifecycle, routing
from transcription.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = {
    "organization": "live/organization",
    "job": "live/jobs/{job}",
    "transcript": "live/transcripts/{transcript}",
    "events": "live/jobs/{job}/events",
}


@pytest.fixture
def live() -> Iterator[Live]:
    with Live() as process:
        yield process


def test_every_channel_is_known_here() -> None:
    patterns = [str(one.pattern) for one in [*routing.websocket_urlpatterns, *routing.http_urlpatterns]]
    assert len(patterns) == len(PATHS), "add the new channel to PATHS, so that strangers are tried on it"


def credentials(program: Any, client: Client, key: str) -> dict[str, tuple[dict[str, str], str]]:
    """(headers, query) for each way to say who is asking. All are good ones, of another organization."""
    cookie = f"tadwin_session={client.cookies['tadwin_session'].value}"
    return {
        "token": ({"Authorization": program.headers["Authorization"]}, ""),
        "key": ({"Authorization": f"Bearer {key}"}, ""),
        "session": ({"Cookie": cookie}, ""),
        "ticket": ({}, program.post("/tickets").json()["ticket"]),
    }


def test_strangers_find_no_job_and_join_no_organization(
    live: Live,
    api: Callable[..., Any],
    client_for: Callable[..., Client],
    organization: Organization,
    other_organization: Organization,
    mallory: Any,
) -> None:
    job, key = make_job(organization), make_api_key(other_organization)[1]
    transcript = make_transcript(organization)
    for kind in ("job", "events", "transcript"):
        for name, (headers, ticket) in credentials(api(mallory), client_for(mallory), key).items():
            path = PATHS[kind].format(job=job.pk, transcript=transcript.pk) + (f"?ticket={ticket}" if ticket else "")
            assert learnt(live, kind, path, headers) == "not_found", (kind, name)
    for name, (headers, ticket) in credentials(api(mallory), client_for(mallory), key).items():
        # A ticket knows its organization: naming another changes nothing.
        path = f"{PATHS['organization']}?organization={organization.slug}" + (f"&ticket={ticket}" if ticket else "")
        assert learnt(live, "organization", path, headers) in ("not_found", []), name


def learnt(live: Live, kind: str, path: str, headers: dict[str, str]) -> Any:
    """The error's type, or the jobs that were told."""
    if kind == "events":
        return httpx.get(f"http://127.0.0.1:{live.port}/{path}", headers=headers).json()["error_type"]
    with connect(f"ws://127.0.0.1:{live.port}/{path}", additional_headers=headers) as connection:
        message = json.loads(connection.recv(timeout=10))
    return message.get("error_type", message.get("jobs"))


def test_events_reach_their_own_organization_only(
    live: Live, organization: Organization, other_organization: Organization
) -> None:
    sockets = {}
    for one in (organization, other_organization):
        headers = {"Authorization": f"Bearer {make_api_key(one)[1]}"}
        sockets[one.pk] = connect(f"ws://127.0.0.1:{live.port}/live/organization", additional_headers=headers)
        assert json.loads(sockets[one.pk].recv(timeout=10))["jobs"] == []
    jobs: dict[Any, Job] = {one.pk: make_job(one) for one in (organization, other_organization)}
    for job in jobs.values():
        lifecycle.cancel(job.pk)
    for owner, connection in sockets.items():
        assert {event["job"] for event in heard(connection)} == {str(jobs[owner].pk)}
        connection.close()


def heard(connection: Any) -> list[dict[str, Any]]:
    """All that comes until there is silence."""
    found = []
    try:
        while True:
            found.append(json.loads(connection.recv(timeout=1.5)))
    except (TimeoutError, ConnectionClosed):
        return found
