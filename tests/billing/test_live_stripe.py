"""The same life against Stripe's own test mode, on a clock of theirs: `STRIPE_TEST_KEY=sk_test_... pytest -m live`.

Everything that it makes there, the catalog apart, hangs on the clock and goes with it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from billing.gateway import accounts, metering, stripe_api
from billing.models import Account, StripeCall
from billing.services import catalog, doubles, invoices, previews, prices, subscriptions
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from tests.billing.selling import send_calls

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db,
    pytest.mark.skipif(not KEY.startswith(("sk_test_", "rk_test_")), reason="STRIPE_TEST_KEY is not set"),
]
DAY = 24 * 3600


@pytest.fixture
def selling(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_LIVE_MODE, settings.STRIPE_API_BASE = KEY, False, ""
    # Stripe takes no endpoint on this machine; the rest of the catalog is made.
    settings.PUBLIC_URL = "https://example.com"
    prices.forget()


@pytest.fixture
def clock(selling: None) -> Iterator[Any]:
    made = stripe_api.client().v1.test_helpers.test_clocks.create({"frozen_time": int(time.time()), "name": "Tadwin"})
    yield made
    stripe_api.client().v1.test_helpers.test_clocks.delete(made.id)


@pytest.fixture
def customer(clock: Any, organization: Organization) -> str:
    """With a card that works, bound to the organization."""
    client = stripe_api.client()
    made = client.v1.customers.create({"name": organization.name, "test_clock": clock.id, "metadata": {"tadwin": "1"}})
    use_card(made.id, "pm_card_visa")
    Account.objects.update_or_create(organization=organization, defaults={"stripe_customer": made.id})
    return made.id


def use_card(customer: str, card: str) -> None:
    client = stripe_api.client()
    method = client.v1.payment_methods.attach(card, {"customer": customer})
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})


def advance(clock: Any, days: int) -> None:
    """Let Stripe's time pass, and wait until it has."""
    client = stripe_api.client()
    now = client.v1.test_helpers.test_clocks.retrieve(clock.id).frozen_time
    client.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": now + days * DAY})
    for _ in range(60):
        if client.v1.test_helpers.test_clocks.retrieve(clock.id).status == "ready":
            return
        time.sleep(2)
    raise AssertionError("Stripe's clock did not arrive")


def price_id(lookup_key: str) -> str:
    return stripe_api.client().v1.prices.list({"lookup_keys": [lookup_key], "active": True}).data[0].id


def test_the_catalog_is_made_once(selling: None) -> None:
    made = {finding.name: finding.id for finding in catalog.sync()}
    assert {finding.name: finding.id for finding in catalog.check()} == made


def test_a_life(clock: Any, customer: str, organization: Organization, alice: User) -> None:
    list(catalog.sync())
    caller, client = caller_for_user(alice, organization.slug), stripe_api.client()
    lines: Any = [{"price": price_id("tadwin_pro_monthly")}, {"price": price_id("tadwin_overage_month")}]
    client.v1.subscriptions.create({"customer": customer, "items": lines, "trial_period_days": 14})
    assert state(customer) == ("pro", "trialing")

    advance(clock, 15)
    assert state(customer) == ("pro", "active")
    metering.note(entry_key=f"live-{clock.id}", organization=organization, seconds=90)
    send_calls()
    assert StripeCall.objects.get().status == "sent", StripeCall.objects.get().error

    shown = previews.of(caller=caller, plan="team", seats=2)
    changed = subscriptions.change(caller=caller, plan="team", seats=2, proration_at=shown.proration_at)
    assert (changed.plan, changed.seats) == ("team", 2)
    newest = invoices.newest(caller=caller, limit=1).invoices[0]
    assert (newest.total, shown.next_amount) == (shown.charge - shown.credit, 2 * 2400)
    assert subscriptions.cancel(caller=caller).cancel_at_period_end
    assert not subscriptions.resume(caller=caller).cancel_at_period_end

    use_card(customer, "pm_card_chargeCustomerFail")
    advance(clock, 31)
    assert state(customer) == ("team", "past_due")
    use_card(customer, "pm_card_visa")
    for invoice in client.v1.invoices.list({"customer": customer, "status": "open"}).data:
        client.v1.invoices.pay(invoice.id)
    assert state(customer) == ("team", "active")
    found = invoices.newest(caller=caller).invoices
    assert found
    assert all(invoice.pdf.startswith("https://") for invoice in found)


def test_the_same_identifier_is_measured_once(clock: Any, customer: str, organization: Organization) -> None:
    list(catalog.sync())
    metering.note(entry_key=f"twice-{clock.id}", organization=organization, seconds=60)
    send_calls()
    StripeCall.objects.update(status="waiting", finished_at=None)
    send_calls()

    assert StripeCall.objects.get().status == "sent", StripeCall.objects.get().error


def test_a_second_subscription_is_ended_with_credit(clock: Any, customer: str, organization: Organization) -> None:
    list(catalog.sync())
    client, lines = stripe_api.client(), [{"price": price_id("tadwin_pro_monthly")}]
    measured: Any = [*lines, {"price": price_id("tadwin_overage_month")}]
    first, second = (client.v1.subscriptions.create({"customer": customer, "items": measured}).id for _ in range(2))
    accounts.refresh(customer)
    (double,) = (one for one in doubles.found() if one.account.stripe_customer == customer)

    assert {double.kept, *double.ended} == {first, second}
    assert doubles.end(double.account) == double.ended
    assert state(customer) == ("pro", "active")
    assert client.v1.customers.retrieve(customer).balance == -1900


def state(customer: str) -> tuple[str, str]:
    account = accounts.refresh(customer)
    assert account is not None
    return account.plan, account.status
