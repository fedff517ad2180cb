"""Minutes that Stripe took and then could not count: reported to us, shown to the staff, sent again, never doubled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing import usage
from billing.gateway import endpoints, inbox, meter_errors
from billing.models import Account, StripeCall, StripeEvent
from billing.plans import HOUR
from config.common.clock import from_now
from organizations.models import Organization
from tests.billing.selling import Shop, process_events, send_calls

pytestmark = pytest.mark.django_db
TRIGGERED, NO_METER = meter_errors.KINDS
ClientFor = Callable[..., Client]


@pytest.fixture
def paid(shop: Shop, alice: User, client_for: ClientFor, organization: Organization) -> Account:
    """Three jobs past the included time, measured."""
    account = shop.buy_without_trial(client_for(alice), organization, "pro")
    for key, seconds in (("job:0", 20 * HOUR), ("job:1", 60), ("job:2", 90)):
        usage.reserve(organization=organization, key=key, seconds=seconds)
        usage.settle(key=key, seconds=seconds)
    send_calls()
    return account


def reported(shop: Shop, errors: list[tuple[str, str]], kind: str = TRIGGERED) -> StripeEvent:
    event = shop.world.report(kind, errors)
    assert shop.post_thin(event) == 204
    process_events()
    return StripeEvent.objects.get(event_id=event["id"])


def counted(shop: Shop) -> int:
    return sum(int(one["payload"]["value"]) for one in shop.world.measured.values())


def send_again(client_for: ClientFor) -> None:
    staff = client_for(User.objects.create_superuser("root@example.com", "x"))
    failed = list(StripeCall.objects.filter(status="failed").values_list("pk", flat=True))
    form = {"action": "again", "_selected_action": [str(pk) for pk in failed]}
    assert staff.post(reverse("admin:billing_stripecall_changelist"), form).status_code == 302
    send_calls()


@pytest.mark.parametrize("kind", [TRIGGERED, NO_METER])
def test_a_refused_measure_is_failed_until_staff_send_it_again(
    shop: Shop, paid: Account, client_for: ClientFor, kind: str
) -> None:
    assert counted(shop) == 150
    event = reported(shop, [("job:1", "meter_event_customer_not_found")], kind)

    assert event.status == "processed"
    assert event.payload["data"]["reason"]["error_count"] == 1
    call = StripeCall.objects.get(key="job:1")
    assert (call.status, call.error) == ("failed", f"meter_event_customer_not_found {event.event_id}")
    assert StripeCall.objects.get(key="job:2").status == "sent"
    assert counted(shop) == 90

    send_again(client_for)

    assert StripeCall.objects.get(key="job:1").status == "sent"
    assert counted(shop) == 150
    assert set(shop.world.measured) == {"job:1", "job:1~1", "job:2"}


def test_a_report_that_comes_again_doubles_nothing(shop: Shop, paid: Account, client_for: ClientFor) -> None:
    event = reported(shop, [("job:1", "no_meter")])
    send_again(client_for)
    inbox.again(event)
    process_events()

    assert StripeCall.objects.get(key="job:1").status == "sent", "the report is of what was sent before"
    assert counted(shop) == 150
    assert shop.post_thin(shop.world.things["thin_events"][event.event_id]) == 204
    assert StripeEvent.objects.filter(type=TRIGGERED).count() == 1


def test_a_second_refusal_is_another_number(shop: Shop, paid: Account, client_for: ClientFor) -> None:
    reported(shop, [("job:1", "archived_meter")])
    send_again(client_for)
    reported(shop, [("job:1~1", "archived_meter")])
    User.objects.filter(email="root@example.com").delete()
    send_again(client_for)

    assert "job:1~2" in shop.world.measured
    assert counted(shop) == 150


def test_a_report_may_name_the_try(shop: Shop, paid: Account) -> None:
    """Stripe's words for it: the request's idempotency key."""
    reported(shop, [("job:2/0123456789abcdef", "meter_event_invalid_value")])

    assert StripeCall.objects.get(key="job:2").status == "failed"


def test_what_is_not_ours_is_only_kept(shop: Shop, paid: Account) -> None:
    event = reported(shop, [("", "no_meter"), ("somebody-elses", "no_meter"), ("job:9~x", "no_meter")])

    assert event.status == "processed"
    assert set(StripeCall.objects.values_list("status", flat=True)) == {"sent"}


def test_the_signature_of_a_thin_event(shop: Shop, paid: Account) -> None:
    event = shop.world.report(TRIGGERED, [("job:1", "no_meter")])
    snapshot = shop.world.tell("invoice.paid", {"object": "invoice", "id": "in_1", "customer": "cus_1"})

    assert shop.post_thin(event, secret="whsec_wrong") == 400
    assert shop.post_thin(event, at=1_700_000_000) == 400, "an old delivery"
    assert shop.post(event) == 400, "at the address for snapshots, signed with its secret"
    assert shop.post_thin(event, secret=endpoints.secret_of(shop.endpoint)) == 400
    assert shop.post_thin(snapshot) == 400, "a snapshot at the address for thin ones"
    for strange in ({"object": "v2.core.event"}, {"object": None, "type": "x"}, {**event, "livemode": True}):
        assert shop.post_thin(strange) == 400
    assert not StripeEvent.objects.filter(type=TRIGGERED).exists()
    ping = {**event, "id": "evt_test_ping", "type": "v2.core.event_destination.ping"}
    assert shop.post_thin(ping) == 204
    process_events()
    assert StripeEvent.objects.get(event_id="evt_test_ping").status == "ignored"


def test_while_stripe_is_away_the_report_waits(shop: Shop, paid: Account) -> None:
    event = shop.world.report(TRIGGERED, [("job:1", "no_meter")])
    shop.world.failing = 3
    shop.post_thin(event)
    process_events()
    assert StripeEvent.objects.get(event_id=event["id"]).status == "waiting"

    StripeEvent.objects.update(due_at=from_now(seconds=-1))
    process_events()

    assert StripeCall.objects.get(key="job:1").status == "failed"


def test_each_try_has_a_key_of_its_own(shop: Shop, paid: Account) -> None:
    """Else Stripe would answer its own failure again for a day."""
    keys: list[Any] = [one.key for one in shop.server.asked if one.path == "/v1/billing/meter_events"]
    assert [key.partition("/")[0] for key in keys] == ["job:1", "job:2"]
    assert len(set(keys)) == len(keys)
