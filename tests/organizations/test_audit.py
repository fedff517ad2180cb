"""The audit log: what is written, by whom, and that the database lets nobody change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from accounts.models import User
from config.common import request_meta
from organizations import audit
from organizations.authenticate import caller_for_key, caller_for_user
from organizations.models import AuditEvent, Organization
from tests.factories import make_api_key, make_recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(organization: Organization) -> AuditEvent:
    return audit.record(organization=organization, action="test.happened")


def refused(statement: str, *parameters: Any) -> str:
    """The message with which the database refuses `statement`."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organizations_auditevent SET action = 'nothing' WHERE id = %s",
        "DELETE FROM organizations_auditevent WHERE id = %s",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(event: AuditEvent, statement: str) -> None:
    assert "append-only" in refused(statement, event.pk)
    assert AuditEvent.objects.get(pk=event.pk).action == "test.happened"


def test_the_database_refuses_to_empty_the_table(event: AuditEvent) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL tadwin.may_truncate_audit = 'off'")  # as in every database but those of tests
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert "append-only" in refused("TRUNCATE organizations_auditevent")


def test_deleting_the_organization_does_not_take_its_log_along(event: AuditEvent, organization: Organization) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        organization.delete()


def test_only_the_purge_of_this_very_organization_deletes(
    event: AuditEvent, organization: Organization, other_organization: Organization
) -> None:
    foreign = audit.record(organization=other_organization, action="test.happened")

    assert audit.purge(organization.pk) == 2  # its making, and the event
    assert foreign in AuditEvent.objects.filter(organization=other_organization)
    assert not AuditEvent.objects.filter(organization=organization).exists()
    assert "append-only" in refused("DELETE FROM organizations_auditevent")


def test_rows_of_no_organization_cannot_be_purged() -> None:
    audit.record(organization=None, action="test.happened")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('tadwin.purging_organization', '', true)")
        assert "append-only" in refused("DELETE FROM organizations_auditevent")


def test_a_row_lives_and_dies_with_what_it_tells(organization: Organization) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(organization=organization, action="test.happened")
        _ = 1 / 0
    assert not AuditEvent.objects.filter(action="test.happened").exists()


def test_who_did_it(organization: Organization, alice: User) -> None:
    key, _ = make_api_key(organization, name="Importer")
    person = caller_for_user(alice, organization.slug)
    rows = [
        audit.record(organization=organization, action="a.b", actor=person),
        audit.record(organization=organization, action="a.b", actor=caller_for_key(key)),
        audit.record(organization=organization, action="a.b", actor=alice, staff=True),
        audit.record(organization=organization, action="a.b"),
    ]
    assert [(row.actor_type, row.actor_id, row.actor_name) for row in rows] == [
        ("user", alice.pk, "Alice Ahmad <alice@example.com>"),
        ("key", key.pk, f"Importer ({key.prefix}…)"),
        ("staff", alice.pk, "Alice Ahmad <alice@example.com>"),
        ("system", None, ""),
    ]


def test_names_outlive_what_they_name(organization: Organization, bob: User) -> None:
    recording = make_recording(organization, name="Interview")
    event = audit.record(organization=organization, action="media.deleted", actor=bob, target=recording)
    recording_id = str(recording.pk)
    recording.delete()
    bob.delete()

    event.refresh_from_db()
    assert (event.target_type, event.target_id, event.target_label) == ("media", recording_id, "Interview")
    assert event.actor_name == "Bob <bob@example.com>"


def test_secrets_and_spoken_words_are_never_written(organization: Organization) -> None:
    data = {
        "name": "Key",
        "key": "tdw_x",
        "new_password": "x",
        "refresh_token": "x",
        "endpoint": {"secret": "x", "url": "https://example.com"},
        "text": "what was said",
        "keys": 3,
    }
    event = audit.record(organization=organization, action="a.b", data=data)
    event.refresh_from_db()

    hidden = "(hidden)"
    assert event.data == {
        "name": "Key",
        "key": hidden,
        "new_password": hidden,
        "refresh_token": hidden,
        "endpoint": {"secret": hidden, "url": "https://example.com"},
        "text": hidden,
        "keys": 3,
    }


def test_where_it_came_from(organization: Organization, alice: User, api: Callable[..., Any]) -> None:
    answer = api(alice).post(
        f"/organizations/{organization.slug}/api-keys",
        {"name": "Importer"},
        **{"User-Agent": "curl/8", "X-Request-ID": "request-12345"},
    )
    assert answer.status_code == 201

    event = AuditEvent.objects.get(action="api_key.created")
    assert (event.ip, event.user_agent, event.request_id) == ("127.0.0.1", "curl/8", "request-12345")
    assert event.target_label == "Importer"
    assert answer.json()["key"] not in str(event.__dict__)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "", "127.0.0.1"),
        (1, "not an address", None),
    ],
)
def test_the_address_is_what_our_own_proxies_say(
    settings: Any, proxies: int, forwarded: str, expected: str | None
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert request_meta.client_ip(request) == expected


def test_changes_tell_what_differs() -> None:
    assert audit.changes({"role": "member", "name": "x"}, {"role": "admin", "name": "x"}) == {
        "role": {"from": "member", "to": "admin"}
    }
