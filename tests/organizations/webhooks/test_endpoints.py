"""Endpoints over the API: made, changed, rotated, tested, deleted; and what is refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from config.common import encryption
from organizations.models import AuditEvent, Organization, WebhookDelivery, WebhookEndpoint
from organizations.services import webhooks
from tests.factories import make_delivery, make_webhook
from tests.local_server import LocalServer

pytestmark = pytest.mark.django_db
Json = dict[str, Any]


def test_made_with_a_secret_that_is_shown_once(api: Any, alice: User, subscribe: Callable[..., Json]) -> None:
    made = subscribe(events=["job.failed", "job.completed", "job.failed"], description=" Archive ")
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["description"]) == (["job.completed", "job.failed"], "Archive")
    assert (made["status"], made["created_by"]) == ("active", str(alice.pk))
    row = WebhookEndpoint.objects.get(pk=made["id"])
    assert made["secret"] not in row.secret
    assert encryption.decrypt(row.secret) == made["secret"]
    for answer in (api(alice).get("/webhooks"), api(alice).get(f"/webhooks/{made['id']}")):
        assert answer.status_code == 200
        assert b"whsec_" not in answer.content


def test_a_repeated_request_makes_one_endpoint_and_keeps_no_secret(
    api: Any, alice: User, receiver: LocalServer
) -> None:
    client, key = api(alice), {"Idempotency-Key": "one"}
    first = client.post("/webhooks", {"url": receiver.url}, **key)
    again = client.post("/webhooks", {"url": receiver.url}, **key)
    assert (first.status_code, again.status_code) == (201, 409)
    assert (again.json()["error_type"], again.json()["id"]) == ("already_created", first.json()["id"])
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "url", "required"),
        ({"url": "nonsense"}, "url", "malformed_url"),
        ({"url": "ftp://example.com/"}, "url", "scheme"),
        ({"url": "http://user:pass@127.0.0.1/"}, "url", "credentials"),
        ({"url": "http://169.254.169.254/latest/"}, "url", "address"),
        ({"url": "http://10.0.0.1/"}, "url", "address"),
        ({"url": "http://[::1]/"}, "url", "address"),
        ({"url": "http://[::ffff:192.168.0.1]/"}, "url", "address"),
        ({"url": "http://0177.0.0.1.invalid/"}, "url", "unknown_host"),
        ({"url": "http://127.0.0.1/", "events": ["job.exploded"]}, "events.0", "invalid_choice"),
        ({"url": "http://127.0.0.1/", "event": ["*"]}, "event", "unknown"),
    ],
)
def test_what_is_refused_when_it_is_saved(api: Any, alice: User, body: Json, field: str, code: str) -> None:
    answer = api(alice).post("/webhooks", body)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert WebhookEndpoint.objects.count() == 0


def test_a_change_is_judged_like_a_new_one(api: Any, alice: User, subscribe: Callable[..., Json]) -> None:
    made = subscribe()
    address = f"/webhooks/{made['id']}"
    assert api(alice).patch(address, {"url": "http://192.168.1.1/"}).status_code == 422
    assert api(alice).patch(address, {"status": "gone"}).status_code == 422
    changed = api(alice).patch(address, {"events": [], "status": "disabled"}).json()
    assert (changed["url"], changed["events"], changed["status"]) == (made["url"], [], "disabled")


def test_without_http_only_https_is_taken(api: Any, alice: User, settings: Settings) -> None:
    settings.OUTBOUND_HTTP = False
    answer = api(alice).post("/webhooks", {"url": "http://127.0.0.1/"})
    assert answer.json()["errors"][0]["code"] == "scheme"


def test_an_organization_has_a_bounded_number(api: Any, alice: User, settings: Settings) -> None:
    settings.WEBHOOK_MAX_ENDPOINTS = 1
    answers = [api(alice).post("/webhooks", {"url": "http://127.0.0.1/"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["error_type"] == "too_many_endpoints"


def test_members_and_plain_keys_manage_nothing(api: Any, bob: User, organization: Organization) -> None:
    endpoint = make_webhook(organization)
    for path in ("/webhooks", f"/webhooks/{endpoint.pk}", f"/webhooks/{endpoint.pk}/deliveries"):
        assert api(bob).get(path).status_code == 403


def test_the_log_says_what_was_done_but_not_where(api: Any, alice: User, subscribe: Callable[..., Json]) -> None:
    made = subscribe()
    address = f"/webhooks/{made['id']}"
    api(alice).patch(address, {"url": "http://127.0.0.1:9/hooks?token=abc"})
    api(alice).post(f"{address}/rotate-secret")
    api(alice).delete(address)
    written = AuditEvent.objects.filter(target_type__contains="webhook").order_by("created_at", "id")
    actions = ["webhook.created", "webhook.changed", "webhook.secret_rotated", "webhook.deleted"]
    assert list(written.values_list("action", flat=True)) == actions
    assert not any("abc" in f"{event.data}{event.target_label}" for event in written)


def test_deleting_takes_the_log_along(api: Any, alice: User, organization: Organization) -> None:
    endpoint = make_webhook(organization)
    make_delivery(endpoint)
    assert api(alice).delete(f"/webhooks/{endpoint.pk}").status_code == 204
    assert (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_lists_take_few_queries(
    api: Any, alice: User, organization: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    endpoint = make_webhook(organization)
    for _ in range(10):
        make_delivery(endpoint)
    client = api(alice)
    client.get("/webhooks")
    with django_assert_max_num_queries(10):
        answer = client.get(f"/webhooks/{endpoint.pk}/deliveries?limit=5")
    assert len(answer.json()["data"]) == 5
    assert answer.json()["next"]


def test_deliveries_are_filtered(api: Any, alice: User, organization: Organization) -> None:
    endpoint = make_webhook(organization)
    make_delivery(endpoint, event="job.failed", status="delivered")
    make_delivery(endpoint, event="job.queued")
    path = f"/webhooks/{endpoint.pk}/deliveries"
    found = api(alice).get(f"{path}?status=delivered&event=job.failed").json()["data"]
    assert [row["event"] for row in found] == ["job.failed"]
    assert api(alice).get(f"{path}?status=nonsense").status_code == 422
    assert api(alice).get(f"{path}?colour=red").status_code == 422


def test_secrets_move_to_the_newest_encryption_key(organization: Organization, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old-key-that-is-long-enough"]
    endpoint = make_webhook(organization, old_secret=encryption.encrypt("whsec_b2xk"))
    before = endpoint.secrets()[0]
    settings.ENCRYPTION_KEYS = ["new-key-that-is-long-enough", "old-key-that-is-long-enough"]
    answers: list[Any] = encryption.rotating.send(sender=None)
    assert sum(changed for _receiver, changed in answers) == 1
    settings.ENCRYPTION_KEYS = ["new-key-that-is-long-enough"]
    endpoint.refresh_from_db()
    assert endpoint.secrets()[0] == before


def test_the_name_is_looked_up_when_it_is_saved(
    api: Any, alice: User, monkeypatch: pytest.MonkeyPatch, receiver: LocalServer
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: [(2, 1, 6, "", ("10.9.8.7", 80))])
    answer = api(alice).post("/webhooks", {"url": "http://innocent.example/"})
    assert answer.json()["errors"][0]["code"] == "address"
    assert "10.9.8.7" not in answer.content.decode()


def test_replaying_what_belongs_to_others(api: Any, mallory: User, organization: Organization) -> None:
    delivery = make_delivery(make_webhook(organization))
    assert api(mallory).post(f"/webhooks/deliveries/{delivery.pk}/replay").status_code == 404
    delivery.refresh_from_db()
    assert delivery.status == "failed"


def test_only_an_active_endpoint_is_tested(api: Any, alice: User, organization: Organization) -> None:
    endpoint = make_webhook(organization, status="paused", failures=9)
    path = f"/webhooks/{endpoint.pk}"
    assert api(alice).post(f"{path}/test").json()["error_type"] == "endpoint_not_active"
    assert api(alice).patch(path, {"status": "active"}).json()["failing_since"] is None
    assert api(alice).post(f"{path}/test").status_code == 202
    endpoint.refresh_from_db()
    assert endpoint.failures == 0


def test_rotation_of_a_missing_row_is_harmless(organization: Organization) -> None:
    make_webhook(organization)
    assert webhooks.rotate_encryption() == 1
