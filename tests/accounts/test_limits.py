"""Signing in, signing up and resetting by the API: counted by network address and by mail address, exactly."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.api_client import ApiClient
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limited")]
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The clock stands still, so that seconds can be told exactly; `later(300)` moves it to so many after the start."""
    start = time.time()

    def move(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: start + seconds)

    move(0)
    return move


def at(address: str) -> ApiClient:
    """A guest at this address of the network."""
    program = ApiClient()
    program.client.defaults["REMOTE_ADDR"] = address
    return program


def sign_in(program: ApiClient, email: str, guess: str = "wrong") -> Any:
    return program.post("/auth/login", {"email": email, "password": guess})


def sign_up(program: ApiClient) -> Any:
    body = {"email": f"new{next(_numbers)}@example.com", "password": PASSWORD, "organization_name": "New"}
    return program.post("/auth/register", body)


def forget(program: ApiClient, email: str) -> Any:
    return program.post("/auth/forgot-password", {"email": email})


def statuses(answers: list[Any]) -> list[int]:
    return [one.status_code for one in answers]


def assert_limited(answer: Any, *, within: int) -> None:
    body = answer.json()
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert (body["error_type"], body["status"], body["request_id"] != "") == ("rate_limited", 429, True)
    assert int(answer["Retry-After"]) == within


def test_guessing_one_password_from_anywhere(alice: User, later: Any) -> None:
    """Five in five minutes for an address of mail, known or not; who waits as told may go on, and not before."""
    for email in (alice.email, "ghost@example.com"):
        tries = [sign_in(at(f"10.0.0.{number}"), email) for number in range(6)]
        assert statuses(tries) == [401] * 5 + [429], email
        assert_limited(tries[-1], within=300)
    assert sign_in(at("10.0.0.9"), alice.email, PASSWORD).status_code == 429, "the right one too"
    later(200)
    assert_limited(sign_in(at("10.0.0.9"), alice.email), within=100)
    later(299)
    assert_limited(sign_in(at("10.0.0.9"), alice.email, PASSWORD), within=1)
    later(300)
    assert sign_in(at("10.0.0.9"), alice.email, PASSWORD).status_code == 200


def test_guessing_many_passwords_from_one_place() -> None:
    guesses = [sign_in(at("10.0.1.1"), f"ghost{number}@example.com") for number in range(11)]
    assert statuses(guesses) == [401] * 10 + [429]
    assert_limited(guesses[-1], within=60)
    assert sign_in(at("10.0.1.2"), "ghost@example.com").status_code == 401, "another place is another count"


def test_signing_in_rightly_is_limited_as_well(alice: User) -> None:
    """Each makes a session and costs a slow hash."""
    tries = [sign_in(at("10.0.2.1"), alice.email, PASSWORD) for _ in range(31)]
    assert statuses(tries) == [200] * 30 + [429]
    assert_limited(tries[-1], within=60)


def test_signing_up_from_one_place() -> None:
    tries = [sign_up(at("10.0.3.1")) for _ in range(21)]
    assert statuses(tries) == [201] * 20 + [429]
    assert_limited(tries[-1], within=60)
    assert sign_up(at("10.0.3.2")).status_code == 201


def test_mails_to_one_address(alice: User) -> None:
    """Three in ten minutes, so that nobody's mailbox is flooded, and the same for an address that is not known."""
    for email in (alice.email, "ghost@example.com"):
        tries = [forget(at(f"10.0.4.{number}"), email.upper() if number % 2 else email) for number in range(4)]
        assert statuses(tries) == [202, 202, 202, 429], email
        assert_limited(tries[-1], within=600)


def test_mails_from_one_place() -> None:
    tries = [forget(at("10.0.5.1"), f"ghost{number}@example.com") for number in range(11)]
    assert statuses(tries) == [202] * 10 + [429]
    assert_limited(tries[-1], within=60)


def test_guessing_the_token_of_a_reset() -> None:
    body = {"token": "abc-def", "password": PASSWORD}
    tries = [at("10.0.6.1").post("/auth/reset-password", body) for _ in range(21)]
    assert statuses(tries) == [422] * 20 + [429]
    assert_limited(tries[-1], within=60)


def test_an_address_of_the_client_s_own_making_changes_nothing() -> None:
    headers = [{"X-Forwarded-For": f"10.9.9.{number}"} for number in range(11)]
    body = {"password": "wrong"}
    tries = [
        at("10.0.7.1").post("/auth/login", {**body, "email": f"ghost{number}@example.com"}, **headers[number])
        for number in range(11)
    ]
    assert statuses(tries) == [401] * 10 + [429]


def test_a_network_of_ipv6_is_one_place() -> None:
    """A customer has 2^64 addresses."""
    tries = [sign_in(at(f"2001:db8:0:1::{number:x}"), f"ghost{number}@example.com") for number in range(11)]
    assert statuses(tries) == [401] * 10 + [429]


def test_pages_and_api_share_the_count_of_guesses(alice: User, client: Client) -> None:
    for _ in range(3):
        client.post("/accounts/login/", {"login": alice.email, "password": "wrong"}, REMOTE_ADDR="10.0.8.1")
    assert statuses([sign_in(at("10.0.8.2"), alice.email) for _ in range(3)]) == [401, 401, 429]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_pass_no_more_than_the_limit() -> None:
    barrier, answers = threading.Barrier(12), []

    def ask(number: int) -> None:
        barrier.wait()
        answers.append(forget(at(f"10.1.0.{number}"), "ghost@example.com").status_code)
        connection.close()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202] * 3 + [429] * 9
