"""API keys and the ways to send credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config.common.clock import from_now, now
from organizations.api_keys import digest
from organizations.models import ApiKey, Organization
from tests.factories import make_api_key, make_organization

pytestmark = pytest.mark.django_db
KEYS = "/organizations/baghdad-radio/api-keys"
HERE = "/organizations/baghdad-radio"


def test_made_shown_once_kept_as_hash(api: Any, alice: User) -> None:
    answer = api(alice).post(KEYS, {"name": "Importer", "scopes": ["jobs:write", "media:read", "media:read"]})
    assert answer.status_code == 201
    made = answer.json()
    assert made["key"].startswith(f"tdw_{made['prefix']}_")
    assert made["scopes"] == ["jobs:write", "media:read"]
    row = ApiKey.objects.get(pk=made["id"])
    assert row.key_hash == digest(made["key"])
    assert row.created_by == alice
    secret = made["key"].rsplit("_", 1)[1]
    listed = api(alice).get(KEYS)
    assert [key["id"] for key in listed.json()["data"]] == [made["id"]]
    assert secret.encode() not in listed.content
    assert row.key_hash.encode() not in listed.content
    assert api(made["key"]).get(HERE).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": ["media:admin"]}, "scopes.0"),
        ({"name": "", "scopes": []}, "name"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": "9999-12-31T12:00:00Z"}, "expires_at"),
        ({"name": "x", "scope": ["media:read"]}, "scope"),
    ],
)
def test_bad_keys_are_422(api: Any, alice: User, body: dict[str, Any], field: str) -> None:
    answer = api(alice).post(KEYS, body)
    assert answer.status_code == 422
    assert field.split(".", maxsplit=1)[0] in answer.json()["errors"][0]["field"]
    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {key}"},
        {"Authorization": "bearer {key}"},
        {"Authorization": "Token {key}"},
        {"X-API-Key": "{key}"},
        {"X-API-Key": "{key}", "Authorization": "Basic of-a-proxy-in-front"},
    ],
)
def test_ways_to_send_a_key(api: Any, organization: Organization, headers: dict[str, str]) -> None:
    _, text = make_api_key(organization)
    sent = {name: value.format(key=text) for name, value in headers.items()}
    assert api().get(HERE, **sent).status_code == 200


@pytest.mark.parametrize("name", ["key", "api_key", "token", "access_token", "X-API-Key", "Authorization"])
def test_never_in_the_query_string(api: Any, organization: Organization, name: str) -> None:
    _, text = make_api_key(organization)
    assert api().get(f"{HERE}?{name}={text}").status_code == 401


def test_nonsense_expired_and_revoked_keys_are_401(api: Any, organization: Organization) -> None:
    row, text = make_api_key(organization)
    _, expired = make_api_key(organization, expires_at=now())
    _, revoked = make_api_key(organization, revoked_at=now())
    other_secret = f"tdw_{row.prefix}_" + "x" * 40
    for wrong in (expired, revoked, other_secret, text[:-1], text + "x", "tdw_", "tdw_" + "a" * 8 + "_" + "b" * 40):
        answer = api(wrong).get(HERE)
        assert (answer.status_code, answer.json()["error_type"]) == (401, "invalid_api_key"), wrong
        assert "Bearer" in answer["WWW-Authenticate"]


def test_a_bad_credential_is_not_rescued_by_a_session(client_for: Any, alice: User) -> None:
    client = client_for(alice)
    assert client.get(f"/api/v1{HERE}").status_code == 200
    assert client.get(f"/api/v1{HERE}", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_revoking_closes_the_door_at_once(api: Any, alice: User, organization: Organization) -> None:
    row, text = make_api_key(organization)
    assert api(alice).delete(f"{KEYS}/{row.pk}").status_code == 204
    assert api(text).get(HERE).status_code == 401
    first = ApiKey.objects.get(pk=row.pk).revoked_at
    assert api(alice).delete(f"{KEYS}/{row.pk}").status_code == 204
    assert ApiKey.objects.get(pk=row.pk).revoked_at == first


def test_last_use_is_written_once_a_minute(api: Any, organization: Organization) -> None:
    row, text = make_api_key(organization)
    client = api(text)
    client.get(HERE)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(HERE)
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]
    ApiKey.objects.update(last_used_at=now() - timedelta(seconds=61))
    client.get(HERE)
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at >= first


def test_a_key_belongs_to_one_organization(api: Any, organization: Organization) -> None:
    make_organization("Second")
    _, text = make_api_key(organization)
    assert api(text).get("/organizations/second").status_code == 404
    assert api(text).get(HERE, **{"X-Organization": "second"}).status_code == 200, "the address names the organization"
    assert api(text).post("/tickets", **{"X-Organization": "second"}).status_code == 404


def test_a_key_that_will_expire_works_until_then(api: Any, organization: Organization) -> None:
    _, text = make_api_key(organization, expires_at=from_now(minutes=1))
    assert api(text).get(HERE).status_code == 200


def test_list_takes_the_same_queries_for_one_and_for_many(
    api: Any, alice: User, organization: Organization, django_assert_num_queries: Any
) -> None:
    client = api(alice)
    make_api_key(organization, created_by=alice)
    with CaptureQueriesContext(connection) as one:
        client.get(KEYS)
    for _ in range(20):
        make_api_key(organization, created_by=alice)
    with django_assert_num_queries(len(one)):
        assert len(client.get(KEYS).json()["data"]) == 21
    assert len(one) <= 3
