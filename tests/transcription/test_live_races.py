"""Who loses their right in the moment between proving it and joining hears nothing, on every channel."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from config.asgi import application
from config.common.clock import now
from organizations import bus
from organizations.api_keys import find
from organizations.authenticate import caller_for_user
from organizations.models import Membership, Organization
from organizations.services import api_keys, members
from tests.factories import make_api_key, make_job
from tests.transcription.layers import HesitantLayer
from transcription.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
CHANNELS = ("/live/organization", "/live/jobs/{job}", "/live/jobs/{job}/events")
SECONDS = 5
# Its package says nothing of types.
Communicator: Any = ApplicationCommunicator
REFUSALS = ('"not_authenticated"', '"invalid_api_key"', '"invalid_token"', '"not_found"')
Headers = list[tuple[bytes, bytes]]
Act = Callable[[], object]


@pytest.fixture(autouse=True)
def hesitant(settings: Settings) -> Iterator[None]:
    known = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**known, "BACKEND": f"{HesitantLayer.__module__}.HesitantLayer"}}
    yield
    HesitantLayer.before = HesitantLayer.after = None


@pytest.fixture
def job(organization: Organization) -> Job:
    return make_job(organization)


@pytest.fixture
def ways(
    organization: Organization, alice: User, bob: User, api: Callable[..., Any], client_for: Callable[..., Client]
) -> dict[str, tuple[Headers, str, Act]]:
    """For each way to lose a right: the headers and query that prove it, and how it is lost."""
    owner = caller_for_user(alice, organization.slug)
    text = make_api_key(organization)[1]
    browser, other = client_for(bob), client_for(bob)
    program, ticketed = api(bob), api(bob)
    ticket = ticketed.post("/tickets").json()["ticket"]
    key_header = bearer(f"Bearer {text}")
    return {
        "a key is revoked": (key_header, "", lambda: api_keys.revoke(caller=owner, key=find(text))),
        "a browser is signed out": (cookie(browser), "", browser.logout),
        "a token is signed out": (bearer(program.headers["Authorization"]), "", lambda: program.post("/auth/logout")),
        "a password is changed": (cookie(other), "", lambda: new_password(bob)),
        "a member is removed": ([], f"ticket={ticket}", lambda: remove(owner, bob)),
    }


def bearer(value: str) -> Headers:
    return [(b"authorization", value.encode())]


def cookie(client: Client) -> Headers:
    return [(b"cookie", f"tadwin_session={key_of(client)}".encode())]


def key_of(client: Client) -> str:
    return client.cookies["tadwin_session"].value


def new_password(user: User) -> None:
    user.set_password("another good password")
    user.save(update_fields=["password"])


def remove(owner: Any, user: User) -> None:
    members.remove(caller=owner, membership=Membership.objects.get(user=user))


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_loses_a_right_while_joining_hears_nothing(
    channel: str, ways: dict[str, tuple[Headers, str, Act]], organization: Organization, job: Job
) -> None:
    """The call to leave comes before the connection is in the group that hears it."""
    for name, (headers, query, lose) in ways.items():
        HesitantLayer.before = staticmethod(in_thread(lose))
        HesitantLayer.after = staticmethod(in_thread(lambda: tell(organization, job)))
        heard = listen(channel.format(job=job.pk), headers, query)
        assert HesitantLayer.before is None, f"{name}: nobody joined"
        assert "secret" not in heard, name
        assert '"snapshot"' not in heard, name
        assert any(refusal in heard for refusal in REFUSALS), (name, heard)


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_loses_a_right_after_joining_is_called_away(
    channel: str, ways: dict[str, tuple[Headers, str, Act]], organization: Organization, job: Job
) -> None:
    for name, (headers, query, lose) in ways.items():
        HesitantLayer.after = None
        heard = listen(channel.format(job=job.pk), headers, query, partial(lose_and_tell, lose, organization, job))
        assert str(job.pk) in heard, f"{name}: it was not let in at all"
        assert "secret" not in heard, name
        assert heard.endswith("the end"), (name, heard)


def test_a_foreign_job_is_not_told_to_who_joined_its_group(
    organization: Organization, other_organization: Organization, job: Job
) -> None:
    """Strangers join before they are refused: what comes in between must not reach them."""
    text = make_api_key(other_organization)[1]
    for channel in CHANNELS[1:]:
        HesitantLayer.after = staticmethod(in_thread(lambda: tell(organization, job)))
        heard = listen(channel.format(job=job.pk), bearer(f"Bearer {text}"), "")
        assert '"not_found"' in heard
        assert "secret" not in heard


def test_a_connection_ends_with_its_key(organization: Organization, job: Job) -> None:
    """Nothing tells that a key expires: the connection knows by itself."""
    text = make_api_key(organization, expires_at=now() + timedelta(seconds=1.5))[1]
    for channel in CHANNELS:
        heard = listen(channel.format(job=job.pk), bearer(f"Bearer {text}"), "")
        assert heard.endswith("the end"), (channel, heard)


def in_thread(act: Act) -> Callable[[], None]:
    """`act` in a thread of its own, whose database connection ends with it."""

    def run() -> None:
        def inner() -> None:
            try:
                act()
            finally:
                connections.close_all()

        thread = threading.Thread(target=inner)
        thread.start()
        thread.join()

    return run


def lose_and_tell(lose: Act, organization: Organization, job: Job) -> None:
    lose()
    tell(organization, job)


def tell(organization: Organization, job: Job) -> None:
    event = {"type": "job", "job": str(job.pk), "status": "processing", "sequence": 10_000, "message": "secret"}
    bus.publish(organization.pk, event, job_id=job.pk)


def listen(path: str, headers: Headers, query: str, then: Act | None = None) -> str:
    """Everything that a connection is told, as text, with "the end" when it was ended. `then` follows the first."""
    reader = stream if path.endswith("/events") else socket
    return asyncio.run(reader(scope(path, headers, query), then))


def scope(path: str, headers: Headers, query: str) -> dict[str, Any]:
    return {"path": path, "headers": headers, "query_string": query.encode(), "client": ("127.0.0.1", 1)}


async def socket(about: dict[str, Any], then: Act | None) -> str:
    connection = Communicator(application, {"type": "websocket", "subprotocols": [], **about})
    await connection.send_input({"type": "websocket.connect"})
    assert (await connection.receive_output(timeout=SECONDS))["type"] == "websocket.accept"
    heard: list[str] = []
    while True:
        message = await output(connection)
        if message is None or message["type"] == "websocket.close":
            break
        heard.append(message["text"])
        if then is not None:
            await asyncio.to_thread(in_thread(then))
            then = None
    while message is not None and not await connection.receive_nothing(timeout=0.1):
        heard.append(json.dumps(await connection.receive_output(timeout=SECONDS)))
    if message is not None:
        await connection.send_input({"type": "websocket.disconnect", "code": 1000})
        await connection.wait(timeout=SECONDS)
    return " ".join([*heard, "it goes on" if message is None else "the end"])


async def stream(about: dict[str, Any], then: Act | None) -> str:
    connection = Communicator(application, {"type": "http", "method": "GET", **about})
    await connection.send_input({"type": "http.request", "body": b""})
    heard: list[str] = []
    while True:
        message = await output(connection)
        if message is None:
            break
        heard.append(message.get("body", b"").decode())
        if message["type"] == "http.response.body" and not message.get("more_body"):
            break
        if heard[-1] and then is not None:
            await asyncio.to_thread(in_thread(then))
            then = None
    return " ".join([*heard, "it goes on" if message is None else "the end"])


async def output(connection: Any) -> Any:
    """The next message, or None when there is silence."""
    try:
        return await connection.receive_output(timeout=SECONDS)
    except TimeoutError:
        return None
