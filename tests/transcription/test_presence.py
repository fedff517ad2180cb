"""Who else has a transcript open: seats, and the channel that tells of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.services import members
from tests.factories import make_api_key, make_transcript
from tests.workers import Live
from transcription.models import Transcript
from transcription.services import presence
from transcription.services.presence import Seat

Names = list[tuple[str, str | None]]


def seat(transcript: uuid.UUID, name: str, **fields: Any) -> Seat:
    return Seat(transcript, uuid.uuid4().hex, fields.pop("person", uuid.uuid4()), name, **fields)


class TestSeats:
    def test_people_come_and_go(self) -> None:
        transcript, line = uuid.uuid4(), uuid.uuid4()
        first, second = seat(transcript, "Zoe"), seat(transcript, "adam", segment=line)
        assert [one["name"] for one in presence.take(first)] == ["Zoe"]
        assert [(one["name"], one["segment"]) for one in presence.take(second)] == [("adam", str(line)), ("Zoe", None)]
        assert [one["name"] for one in presence.give_up(first)] == ["adam"]
        assert presence.give_up(second) == []

    def test_a_person_with_two_windows_is_one_person(self) -> None:
        transcript, person, line = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        presence.take(seat(transcript, "Zoe", person=person))
        people = presence.take(seat(transcript, "Zoe", person=person, segment=line))
        assert people == [{"id": str(person), "name": "Zoe", "segment": str(line)}]

    def test_other_transcripts_are_other_rooms(self) -> None:
        presence.take(seat(uuid.uuid4(), "Zoe"))
        assert presence.seen(uuid.uuid4()) == []

    def test_a_seat_that_nobody_renews_is_free_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        transcript = uuid.uuid4()
        gone, here = seat(transcript, "Gone"), seat(transcript, "Here")
        presence.take(gone)
        client = presence._client(django_settings.REDIS_URL)
        index, own = presence._keys(gone)
        assert 0 < client.ttl(own) <= presence.LIFETIME_SECONDS and client.ttl(index) > 0
        client.delete(own)  # what Redis does when the time is over
        assert [one["name"] for one in presence.take(here)] == ["Here"]
        assert client.smembers(index) == {here.connection.encode()}

    def test_without_redis_nobody_is_seen(self, settings: Settings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        one = seat(uuid.uuid4(), "Zoe")
        assert presence.take(one) == presence.seen(one.transcript) == presence.give_up(one) == []


@pytest.fixture
def live() -> Iterator[Live]:
    with Live() as process:
        yield process


@pytest.mark.django_db(transaction=True)
def test_the_channel_of_a_transcript(
    live: Live,
    api: Callable[..., Any],
    client_for: Callable[..., Client],
    alice: User,
    bob: User,
    carol: User,
    organization: Organization,
) -> None:
    """One server for all of it: starting one takes longer than the questions."""
    transcript = make_transcript(organization)
    cookies = {user.first_name: session_cookie(client_for(user)) for user in (alice, bob, carol)}
    two_people_see_each_other(live, transcript, cookies)
    a_viewer_is_seen_and_claims_no_line(live, transcript, cookies)
    comments_and_review_are_told(live, transcript, cookies, api(bob))
    a_key_listens_and_is_nobody(live, make_transcript(organization), cookies, organization)
    what_means_nothing_is_ignored(live, transcript, cookies)
    who_is_removed_is_gone(live, transcript, cookies, organization, bob)


def two_people_see_each_other(live: Live, transcript: Transcript, cookies: dict[str, Any]) -> None:
    line = str(transcript.segments.earliest("position").pk)
    with opened(live, transcript, cookies["Alice"]) as first:
        assert receive(first, "snapshot")["people"][0]["name"] == "Alice Ahmad"
        with opened(live, transcript, cookies["Bob"]) as second:
            snapshot = receive(second, "snapshot")
            assert (snapshot["status"], snapshot["locked"], snapshot["version"]) == ("draft", False, 0)
            assert until(first, [("Alice Ahmad", None), ("Bob", None)])
            second.send(json.dumps({"type": "here", "segment": line}))
            assert until(first, [("Alice Ahmad", None), ("Bob", line)])
        assert until(first, [("Alice Ahmad", None)]), "who goes away is seen no more"


def a_viewer_is_seen_and_claims_no_line(live: Live, transcript: Transcript, cookies: dict[str, Any]) -> None:
    line = str(transcript.segments.earliest("position").pk)
    with opened(live, transcript, cookies["Carol"]) as viewer, opened(live, transcript, cookies["Alice"]) as editor:
        viewer.send(json.dumps({"type": "here", "segment": line}))
        editor.send(json.dumps({"type": "here", "segment": line}))
        assert until(viewer, [("Alice Ahmad", line), (User.objects.get(email="carol@example.com").name, None)])


def comments_and_review_are_told(live: Live, transcript: Transcript, cookies: dict[str, Any], program: Any) -> None:
    with opened(live, transcript, cookies["Carol"]) as connection:
        receive(connection, "snapshot")
        program.post(f"/transcripts/{transcript.pk}/comments", {"text": "A secret remark"})
        event = receive(connection, "comments.changed")
        assert event == {"type": "comments.changed", "transcript": str(transcript.pk)}, "nothing of what was said"
        program.post(f"/transcripts/{transcript.pk}/highlights", {"start": 0, "end": 1})
        receive(connection, "highlights.changed")
        program.put(f"/transcripts/{transcript.pk}/status", {"status": "final"})
        assert receive(connection, "transcript.status")["locked"] is True
    with opened(live, transcript, cookies["Carol"]) as connection:
        assert receive(connection, "snapshot")["status"] == "final"


def a_key_listens_and_is_nobody(
    live: Live, transcript: Transcript, cookies: dict[str, Any], organization: Organization
) -> None:
    reading = {"Authorization": f"Bearer {make_api_key(organization, ['transcripts:read'])[1]}"}
    other = {"Authorization": f"Bearer {make_api_key(organization, ['jobs:read'])[1]}"}
    with opened(live, transcript, reading) as connection:
        assert receive(connection, "snapshot")["people"] == []
        with opened(live, transcript, cookies["Alice"]):
            assert until(connection, [("Alice Ahmad", None)])
    with opened(live, transcript, other) as connection:
        assert receive(connection, "error")["error_type"] == "permission_denied"


def what_means_nothing_is_ignored(live: Live, transcript: Transcript, cookies: dict[str, Any]) -> None:
    line = str(transcript.segments.earliest("position").pk)
    with opened(live, transcript, cookies["Alice"]) as connection:
        receive(connection, "snapshot")
        for message in ("", "[]", "{}", "nonsense", '{"type":"here","segment":7}', '{"type":"here"}', "x" * 5000):
            connection.send(message)
        connection.send(json.dumps({"type": "here", "segment": line}))
        assert until(connection, [("Alice Ahmad", line)])


def who_is_removed_is_gone(
    live: Live, transcript: Transcript, cookies: dict[str, Any], organization: Organization, bob: User
) -> None:
    with opened(live, transcript, cookies["Bob"]) as removed:
        receive(removed, "snapshot")
        members.leave(caller=caller_for_user(bob, organization.slug))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                removed.recv(timeout=10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    with opened(live, transcript, cookies["Bob"]) as again:
        assert receive(again, "error")["error_type"] == "not_found"
    with opened(live, transcript, cookies["Alice"]) as left:
        assert until(left, [("Alice Ahmad", None)])


def session_cookie(client: Client) -> dict[str, str]:
    return {"Cookie": f"tadwin_session={client.cookies['tadwin_session'].value}"}


def opened(live: Live, transcript: Transcript, headers: dict[str, str]) -> ClientConnection:
    address = f"ws://127.0.0.1:{live.port}/live/transcripts/{transcript.pk}"
    slug = transcript.organization.slug
    return connect(f"{address}?organization={slug}", additional_headers=headers)


def receive(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of `kind`."""
    while True:
        message: dict[str, Any] = json.loads(connection.recv(timeout=10))
        if message["type"] == kind:
            return message


def until(connection: ClientConnection, expected: Names) -> bool:
    """Whether the people become those who are expected."""
    seen: list[Names] = []
    while True:
        try:
            message = json.loads(connection.recv(timeout=5))
        except TimeoutError:
            raise AssertionError(f"never {expected}, but {seen}") from None
        if "people" in message:
            seen.append([(one["name"], one["segment"]) for one in message["people"]])
            if seen[-1] == expected:
                return True
