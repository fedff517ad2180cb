"""The live process as programs and browsers meet it: a real server, real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.services import members
from tests.factories import make_api_key
from tests.transcription.builders import make_job
from tests.workers import Live
from transcription import lifecycle
from transcription.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


@pytest.fixture
def live() -> Iterator[Live]:
    with Live() as process:
        yield process


def socket(live: Live, path: str, headers: dict[str, str] | None = None) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{live.port}/live/{path}", additional_headers=headers or {})


def receive(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def session_cookie(client: Client) -> dict[str, str]:
    return {"Cookie": f"tadwin_session={client.cookies['tadwin_session'].value}"}


def refused(connection: ClientConnection) -> str:
    message = receive(connection)
    assert message["type"] == "error", message
    with pytest.raises(Exception, match="40"):
        connection.recv(timeout=10)
    return str(message["error_type"])


def test_every_door_of_the_live_process(
    live: Live,
    api: Api,
    bob: Any,
    mallory: Any,
    organization: Organization,
    client_for: Callable[..., Client],
) -> None:
    """One server for all of it: starting one takes longer than the questions."""
    job = make_job(organization)
    _row, key = make_api_key(organization)
    a_key_follows_one_job_to_its_end(live, job, key)
    a_session_follows_the_organization(live, organization, client_for(bob))
    a_ticket_works_once(live, api(bob), organization)
    a_stream_ends_with_its_job(live, organization, key)
    strangers_learn_nothing(live, make_job(organization), organization, mallory, client_for(mallory), api(mallory))
    foreign_pages_cannot_use_a_session(live, organization, client_for(bob))
    nothing_else_is_served(live)
    who_is_removed_hears_nothing_more(live, organization, bob, client_for(bob))


def a_key_follows_one_job_to_its_end(live: Live, job: Job, key: str) -> None:
    with socket(live, f"jobs/{job.pk}", {"Authorization": f"Bearer {key}"}) as connection:
        snapshot = receive(connection)
        assert [event["job"] for event in snapshot["jobs"]] == [str(job.pk)]
        lifecycle.cancel(job.pk)
        event = receive(connection)
        assert (event["type"], event["status"], event["media"]) == ("job", "canceled", str(job.recording_id))
        assert event["sequence"] > snapshot["jobs"][0]["sequence"]


def a_session_follows_the_organization(live: Live, organization: Organization, client: Client) -> None:
    path = f"organization?organization={organization.slug}"
    headers = {**session_cookie(client), "Origin": "http://127.0.0.1:8000"}
    with socket(live, path, headers) as connection:
        assert receive(connection) == {"type": "snapshot", "jobs": []}
        job = make_job(organization)
        assert receive(connection)["job"] == str(job.pk)
    with socket(live, path, headers) as connection:
        assert [event["job"] for event in receive(connection)["jobs"]] == [str(job.pk)], "a reconnect tells all"
    lifecycle.cancel(job.pk)


def a_ticket_works_once(live: Live, program: Any, organization: Organization) -> None:
    ticket = program.post("/tickets").json()["ticket"]
    with socket(live, f"organization?ticket={ticket}") as connection:
        assert receive(connection)["type"] == "snapshot"
    with socket(live, f"organization?ticket={ticket}") as connection:
        assert refused(connection) == "permission_denied"


def a_stream_ends_with_its_job(live: Live, organization: Organization, key: str) -> None:
    job = make_job(organization)
    url = f"http://127.0.0.1:{live.port}/live/jobs/{job.pk}/events"
    statuses = []
    with httpx.stream("GET", url, headers={"Authorization": f"Bearer {key}"}, timeout=10) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        for line in answer.iter_lines():
            if line.startswith("data: "):
                statuses.append(json.loads(line.removeprefix("data: "))["status"])
                if len(statuses) == 1:
                    lifecycle.cancel(job.pk)
    assert statuses == ["queued", "canceled"], "events arrive one by one, and the stream ends by itself"


def strangers_learn_nothing(
    live: Live, job: Job, organization: Organization, mallory: Any, client: Client, program: Any
) -> None:
    own = mallory.memberships.get().organization.slug
    with socket(live, f"jobs/{job.pk}?organization={own}", session_cookie(client)) as connection:
        assert refused(connection) == "not_found"
    with socket(live, f"organization?organization={organization.slug}", session_cookie(client)) as connection:
        assert refused(connection) == "not_found"
    with socket(live, f"jobs/{job.pk}") as connection:
        assert refused(connection) == "not_authenticated"
    with socket(live, f"jobs/{job.pk}", {"Authorization": "Bearer tdw_wrong_key"}) as connection:
        assert refused(connection) in ("not_authenticated", "invalid_api_key")
    url = f"http://127.0.0.1:{live.port}/live/jobs/{job.pk}/events"
    assert httpx.get(url, headers=program.headers).status_code == 404
    assert httpx.get(url).status_code == 401


def foreign_pages_cannot_use_a_session(live: Live, organization: Organization, client: Client) -> None:
    headers = {**session_cookie(client), "Origin": "https://evil.example"}
    with socket(live, f"organization?organization={organization.slug}", headers) as connection:
        assert refused(connection) == "permission_denied"


def nothing_else_is_served(live: Live) -> None:
    assert httpx.get(f"http://127.0.0.1:{live.port}/admin/").status_code == 404
    assert httpx.get(f"http://127.0.0.1:{live.port}/live/health").json() == {"status": "ok"}


def who_is_removed_hears_nothing_more(live: Live, organization: Organization, user: Any, browser: Client) -> None:
    """The open socket closes with "come again", and the next one is refused."""
    path, cookie = f"organization?organization={organization.slug}", session_cookie(browser)
    _row, key = make_api_key(organization)
    job = make_job(organization)
    with (
        socket(live, path, cookie) as connection,
        socket(live, f"jobs/{job.pk}", {"Authorization": f"Bearer {key}"}) as other,
    ):
        receive(connection), receive(other)
        members.leave(caller=caller_for_user(user, organization.slug))
        for one in (connection, other):
            with pytest.raises(ConnectionClosed) as closed:
                one.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
    with socket(live, path, cookie) as connection:
        assert refused(connection) == "not_found"
    with socket(live, f"jobs/{job.pk}", {"Authorization": f"Bearer {key}"}) as connection:
        assert receive(connection)["type"] == "snapshot"
