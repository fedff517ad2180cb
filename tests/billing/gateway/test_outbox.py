"""Minutes past the included ones on their way to the meter: none lost, none twice, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing import usage
from billing.gateway import metering, outbox
from billing.models import Account, StripeCall, UsageEntry
from billing.plans import HOUR
from config.common.clock import from_now
from organizations.models import Organization
from organizations.services import deletion
from tests.billing.selling import Shop

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]


@pytest.fixture
def paid(shop: Shop, alice: User, client_for: ClientFor, organization: Organization) -> Account:
    return shop.buy_without_trial(client_for(alice), organization, "pro")


def work(organization: Organization, key: str, seconds: int) -> None:
    usage.reserve(organization=organization, key=key, seconds=seconds)
    usage.settle(key=key, seconds=seconds)


def measured(shop: Shop) -> dict[str, int]:
    return {key: int(one["payload"]["value"]) for key, one in shop.world.measured.items()}


def due_again() -> None:
    StripeCall.objects.filter(status="waiting").update(due_at=from_now(seconds=-1))


def test_only_what_goes_past_is_measured_under_the_jobs_id(
    shop: Shop, paid: Account, organization: Organization
) -> None:
    work(organization, "job-1", 20 * HOUR - 60)
    work(organization, "job-2", 90)
    work(organization, "job-3", 45)
    outbox.send_due()

    assert measured(shop) == {"job-2": 30, "job-3": 45}
    assert {one["payload"]["stripe_customer_id"] for one in shop.world.measured.values()} == {paid.stripe_customer}
    assert list(StripeCall.objects.values_list("status", flat=True)) == ["sent", "sent"]
    assert UsageEntry.objects.get(key="job-2").overage_seconds == 30


def test_the_invoice_rounds_once(shop: Shop, paid: Account, organization: Organization) -> None:
    work(organization, "job-0", 20 * HOUR)
    for number in range(1, 5):
        work(organization, f"job-{number}", 20)
    outbox.send_due()
    shop.world.next_period(shop.subscription(organization))

    newest = max(shop.world.things["invoices"].values(), key=lambda one: one["id"])
    assert newest["total"] == 1900 + 2 * 2, "80 seconds are two minutes, not four"


def test_settling_twice_and_sending_twice_measures_once(shop: Shop, paid: Account, organization: Organization) -> None:
    work(organization, "job-0", 20 * HOUR)
    work(organization, "job-1", 60)
    usage.settle(key="job-1", seconds=60)
    assert not metering.note(entry_key="job-1", organization=organization, seconds=60)
    for _ in range(3):
        outbox.send_due()

    assert measured(shop) == {"job-1": 60}
    assert len(shop.server.calls("POST", "/v1/billing/meter_events")) == 1


def test_an_answer_that_is_lost_does_not_double(shop: Shop, paid: Account, organization: Organization) -> None:
    """Stripe took it and the answer was lost, even for the SDK's own tries; the next one hears that it is known."""
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    shop.world.swallow_answer = 1
    outbox.send_due()
    assert measured(shop) == {"job-1": 60}
    assert StripeCall.objects.get().status == "sent"


def test_a_crash_after_sending_does_not_double(shop: Shop, paid: Account, organization: Organization) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    outbox.send_due()
    StripeCall.objects.update(status="waiting", finished_at=None)  # as if the commit had been lost

    outbox.send_due()

    assert measured(shop) == {"job-1": 60}
    assert StripeCall.objects.get().status == "sent"


def test_while_stripe_is_away_calls_wait_and_at_last_staff_send_them(
    shop: Shop, paid: Account, organization: Organization, client_for: ClientFor
) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    call = StripeCall.objects.get()
    for attempt in range(1, len(outbox.DELAYS) + 2):
        shop.world.failing = 3
        due_again()
        assert not outbox.send(call.pk)
        call.refresh_from_db()
        assert call.attempts == attempt
    assert (call.status, "APIError" in call.error) == ("failed", True)
    assert sum(delay.total_seconds() for delay in outbox.DELAYS) < 24 * 3600

    staff = client_for(User.objects.create_superuser("root@example.com", "x"))
    listed = reverse("admin:billing_stripecall_changelist")
    staff.post(listed, {"action": "again", "_selected_action": [str(call.pk)]})
    outbox.send_due()

    assert measured(shop) == {"job-1": 60}


def test_nothing_is_measured_without_a_customer_or_in_a_trial(
    shop: Shop, organization: Organization, alice: User, client_for: ClientFor
) -> None:
    assert not metering.note(entry_key="job-1", organization=organization, seconds=60)
    shop.buy(client_for(alice), organization, "pro")
    work(organization, "job-2", 19 * HOUR)

    assert StripeCall.objects.count() == 0


def test_without_a_key_nothing_is_sent(shop: Shop, paid: Account, organization: Organization, settings: Any) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    settings.STRIPE_SECRET_KEY = ""
    outbox.send_due()

    assert StripeCall.objects.get().status == "waiting"
    assert measured(shop) == {}


def test_the_end_of_an_organization_ends_its_subscription(
    shop: Shop, paid: Account, organization: Organization
) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    subscription = shop.subscription(organization)
    deletion.close(organization)
    type(organization).objects.update(purge_at=from_now(days=-1))
    assert deletion.purge_organization(organization.pk)
    shop.world.failing = 1

    outbox.send_due()
    outbox.send_due()

    assert subscription["status"] == "canceled"
    assert measured(shop) == {"job-1": 60}, "the last minutes are billed all the same"
    shop.deliver()
    assert not Account.objects.filter(stripe_customer=paid.stripe_customer).exists()
