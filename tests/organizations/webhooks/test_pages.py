"""The pages of webhooks, as a person without scripts uses them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from config.common import encryption
from organizations.models import Organization, WebhookDelivery, WebhookEndpoint
from tests.factories import make_delivery, make_webhook
from tests.local_server import LocalServer
from tests.organizations.webhooks.conftest import send_due

pytestmark = pytest.mark.django_db
PAGE = "/o/baghdad-radio/settings/webhooks"
ClientFor = Callable[[User], Client]


def test_made_tested_rotated_and_deleted(client_for: ClientFor, alice: User, receiver: LocalServer) -> None:
    client = client_for(alice)
    assert client.get(PAGE).status_code == 200
    made = client.post(f"{PAGE}/create", {"url": receiver.url + "/hooks?key=k", "events": ["job.completed"]})
    endpoint = WebhookEndpoint.objects.get()
    (secret,) = re.findall(r"whsec_[\w+/=]+", made.content.decode())
    assert encryption.decrypt(endpoint.secret) == secret
    page = f"{PAGE}/{endpoint.pk}"
    assert b"whsec_" not in client.get(page).content
    client.post(f"{page}/test")
    assert send_due() == 1
    shown = client.get(page).content.decode()
    assert "webhook.test" in shown
    assert "answered 200" in shown
    rotated = client.post(f"{page}/rotate").content.decode()
    assert secret not in rotated
    assert "whsec_" in rotated
    assert client.post(f"{page}/delete").status_code == 302
    assert WebhookEndpoint.objects.count() == 0


@pytest.mark.parametrize("url", ["", "nonsense", "http://10.0.0.1/", "http://169.254.169.254/"])
def test_a_bad_address_is_told_at_its_field(client_for: ClientFor, alice: User, url: str) -> None:
    answer = client_for(alice).post(f"{PAGE}/create", {"url": url})
    assert answer.status_code == 422
    assert b'id="id_url_error"' in answer.content
    assert WebhookEndpoint.objects.count() == 0


def test_changed_and_switched(client_for: ClientFor, alice: User, organization: Organization) -> None:
    endpoint, client = make_webhook(organization, status="paused", failures=8), client_for(alice)
    page = f"{PAGE}/{endpoint.pk}"
    assert b"failed for a long time" in client.get(page).content
    client.post(f"{page}/switch", {"status": "active"})
    client.post(f"{page}/change", {"url": "http://127.0.0.1:9/new", "events": ["*", "job.failed"]})
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.failures) == ("active", 0)
    assert (endpoint.url, endpoint.events) == ("http://127.0.0.1:9/new", ["*"])
    assert client.post(f"{page}/change", {"url": "http://10.0.0.1/"}).status_code == 422
    client.post(f"{page}/switch", {"status": "disabled"})
    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"


def test_the_log_and_sending_again(client_for: ClientFor, alice: User, organization: Organization) -> None:
    endpoint, client = make_webhook(organization), client_for(alice)
    delivery = make_delivery(endpoint, body='{"type": "<script>alert(1)</script>"}')
    page = f"{PAGE}/{endpoint.pk}"
    assert b"<script>alert" not in client.get(page).content
    assert delivery.message_id.encode() in client.get(f"{page}?status=failed").content
    assert delivery.message_id.encode() not in client.get(f"{page}?status=delivered").content
    assert client.get(f"{page}?status=nonsense&page=99").status_code == 200
    replay = f"/o/baghdad-radio/settings/webhook-deliveries/{delivery.pk}/replay"
    assert client.post(replay).status_code == 302
    assert WebhookDelivery.objects.get().status == "pending"


def test_pages_are_for_administrators_of_this_organization(
    client_for: ClientFor, bob: User, mallory: User, organization: Organization, other_organization: Organization
) -> None:
    endpoint = make_webhook(organization)
    foreign = make_delivery(make_webhook(other_organization))
    for person, expected in ((bob, 403), (mallory, 404)):
        client = client_for(person)
        assert client.get(PAGE).status_code == expected
        assert client.post(f"{PAGE}/{endpoint.pk}/delete").status_code == expected
    own = f"/o/{other_organization.slug}/settings"
    assert client_for(mallory).get(f"{own}/webhooks/{endpoint.pk}").status_code == 404
    dana = client_for(User.objects.get(email="alice@example.com"))
    replay = f"/o/baghdad-radio/settings/webhook-deliveries/{foreign.pk}/replay"
    assert dana.post(replay).status_code == 404
