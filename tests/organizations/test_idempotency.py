"""A repeated POST does its work once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from config.common.clock import now
from organizations import idempotency
from organizations.models import ApiKey, IdempotencyKey, Organization
from tests.api_client import ApiClient
from tests.factories import make_member, make_organization

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "b7e2c9d0"}
KEYS = "/organizations/baghdad-radio/api-keys"


def test_same_body_same_answer_once(api: Any, alice: User) -> None:
    client = api(alice)
    first = client.post("/organizations", {"name": "Second"}, **KEY)
    again = client.post("/organizations", {"name": "Second"}, **KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Organization.objects.filter(name="Second").count() == 1


def test_spacing_of_the_body_does_not_matter(api: Any, alice: User) -> None:
    client = api(alice)
    client.post(KEYS, {"name": "a", "scopes": []}, **KEY)
    assert client.post(KEYS, {"scopes": [], "name": "a"}, **KEY).status_code == 409


def test_other_body_is_refused(api: Any, alice: User) -> None:
    client = api(alice)
    client.post("/organizations", {"name": "Second"}, **KEY)
    answer = client.post("/organizations", {"name": "Third"}, **KEY)
    assert (answer.status_code, answer.json()["error_type"]) == (422, "idempotency_key_reused")


def test_without_the_header_every_post_counts(api: Any, alice: User) -> None:
    client = api(alice)
    client.post("/organizations", {"name": "Second"})
    client.post("/organizations", {"name": "Second"})
    assert Organization.objects.filter(name="Second").count() == 2
    assert IdempotencyKey.objects.count() == 0


def test_secret_is_never_stored_and_its_replay_names_the_object(api: Any, alice: User) -> None:
    client = api(alice)
    first = client.post(KEYS, {"name": "Importer"}, **KEY).json()
    answer = client.post(KEYS, {"name": "Importer"}, **KEY)
    assert (answer.status_code, answer.json()["error_type"]) == (409, "already_created")
    assert answer.json()["id"] == first["id"]
    row = IdempotencyKey.objects.get()
    assert row.body is None
    assert first["key"] not in str(row.__dict__)
    assert ApiKey.objects.count() == 1


def test_still_running_is_told_to_come_back(api: Any, alice: User) -> None:
    client = api(alice)
    client.post("/organizations", {"name": "Second"}, **KEY)
    IdempotencyKey.objects.update(status=None)
    answer = client.post("/organizations", {"name": "Second"}, **KEY)
    assert (answer.status_code, answer.json()["error_type"]) == (409, "still_running")
    assert int(answer["Retry-After"]) > 0


def test_a_crashed_request_gives_its_key_up_after_a_minute(api: Any, alice: User) -> None:
    client = api(alice)
    client.post("/organizations", {"name": "Second"}, **KEY)
    IdempotencyKey.objects.update(status=None, updated_at=now() - timedelta(seconds=61))
    answer = client.post("/organizations", {"name": "Second"}, **KEY)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert client.post("/organizations", {"name": "Second"}, **KEY)["Idempotent-Replayed"] == "true"


def test_refused_requests_are_not_kept(api: Any, alice: User) -> None:
    client = api(alice)
    assert client.post("/organizations", {"name": ""}, **KEY).status_code == 422
    assert IdempotencyKey.objects.count() == 0
    assert client.post("/organizations", {"name": "Second"}, **KEY).status_code == 201


def test_answers_are_kept_for_a_day(api: Any, alice: User) -> None:
    client = api(alice)
    client.post("/organizations", {"name": "Second"}, **KEY)
    IdempotencyKey.objects.update(expires_at=now())
    assert client.post("/organizations", {"name": "Third"}, **KEY).status_code == 201
    assert IdempotencyKey.objects.count() == 1
    IdempotencyKey.objects.update(expires_at=now())
    assert idempotency.forget_expired() == 1


def test_people_organizations_and_routes_do_not_share_keys(api: Any, alice: User, dana: User) -> None:
    make_member(make_organization("Second"), "owner", alice)
    here, there = api(alice), api(alice, organization="second")
    assert here.post(KEYS, {"name": "a"}, **KEY).status_code == 201
    assert there.post("/organizations/second/api-keys", {"name": "a"}, **KEY).status_code == 201
    assert api(dana).post(KEYS, {"name": "a"}, **KEY).status_code == 201
    assert here.post("/organizations", {"name": "a"}, **KEY).status_code == 201


def test_a_replay_is_authorized_again(api: Any, dana: User, alice: User) -> None:
    client = api(dana)
    client.post(KEYS, {"name": "a"}, **KEY)
    dana.memberships.update(role="viewer")
    assert client.post(KEYS, {"name": "a"}, **KEY).status_code == 403


@pytest.mark.parametrize("key", ["", " ", "ü", "x" * 256])
def test_unusable_keys_are_400(api: Any, alice: User, key: str) -> None:
    answer = api(alice).post("/organizations", {"name": "x"}, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "invalid_idempotency_key")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_the_work(api: Any, alice: User) -> None:
    client = api(alice)
    barrier, answers = threading.Barrier(4), []

    def ask() -> None:
        own = ApiClient(**client.headers)
        barrier.wait()
        answers.append(own.post("/organizations", {"name": "Second"}, **KEY))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Organization.objects.filter(name="Second").count() == 1
    fresh = [a for a in answers if a.status_code == 201 and "Idempotent-Replayed" not in a]
    assert len(fresh) == 1
    assert {a.status_code for a in answers} <= {201, 409}


def test_a_crash_keeps_nothing(api: Any, alice: User) -> None:
    """A table that is missing stands for every bug of ours."""
    client = api(alice)
    client.client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organizations_membership RENAME TO gone")
        assert client.post("/organizations", {"name": "Second"}, **KEY).status_code == 500
        cursor.execute("ALTER TABLE gone RENAME TO organizations_membership")
    assert IdempotencyKey.objects.count() == 0
    assert client.post("/organizations", {"name": "Second"}, **KEY).status_code == 201
