"""Minutes past the included ones on their way to the meter: none lost, none twice, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
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
from tests.billing.selling import Shop, send_calls

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
    send_calls()

    assert measured(shop) == {"job-2": 30, "job-3": 45}
    assert {one["payload"]["stripe_customer_id"] for one in shop.world.measured.values()} == {paid.stripe_customer}
    assert list(StripeCall.objects.values_list("status", flat=True)) == ["sent", "sent"]
    assert UsageEntry.objects.get(key="job-2").overage_seconds == 30


def test_the_invoice_rounds_once(shop: Shop, paid: Account, organization: Organization) -> None:
    work(organization, "job-0", 20 * HOUR)
    for number in range(1, 5):
        work(organization, f"job-{number}", 20)
    send_calls()
    shop.world.next_period(shop.subscription(organization))

    newest = max(shop.world.things["invoices"].values(), key=lambda one: one["id"])
    assert newest["total"] == 1900 + 2 * 2, "80 seconds are two minutes, not four"


def test_settling_twice_and_sending_twice_measures_once(shop: Shop, paid: Account, organization: Organization) -> None:
    work(organization, "job-0", 20 * HOUR)
    work(organization, "job-1", 60)
    usage.settle(key="job-1", seconds=60)
    assert not metering.note(entry_key="job-1", organization=organization, seconds=60)
    for _ in range(3):
        send_calls()

    assert measured(shop) == {"job-1": 60}
    assert len(shop.server.calls("POST", "/v1/billing/meter_events")) == 1


def test_an_answer_that_is_lost_does_not_double(shop: Shop, paid: Account, organization: Organization) -> None:
    """Stripe took it and the answer was lost, even for the SDK's own tries; the next one hears that it is known."""
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    shop.world.swallow_answer = 1
    send_calls()
    assert measured(shop) == {"job-1": 60}
    assert StripeCall.objects.get().status == "sent"


def test_a_crash_after_sending_does_not_double(shop: Shop, paid: Account, organization: Organization) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    send_calls()
    StripeCall.objects.update(status="waiting", finished_at=None)  # as if the commit had been lost

    send_calls()

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
    send_calls()

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
    send_calls()

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

    send_calls()
    send_calls()

    assert subscription["status"] == "canceled"
    assert measured(shop) == {"job-1": 60}, "the last minutes are billed all the same"
    shop.deliver()
    assert not Account.objects.filter(stripe_customer=paid.stripe_customer).exists()


def test_the_end_of_an_organization_ends_a_second_subscription_too(
    shop: Shop, paid: Account, organization: Organization
) -> None:
    """Made in Stripe's dashboard, say: nobody would be left who sees it being paid."""
    price = shop.subscription(organization)["items"]["data"][0]["price"]["id"]
    second = shop.world.subscribe(paid.stripe_customer, [{"price": price, "quantity": 1}])
    deletion.close(organization)
    type(organization).objects.update(purge_at=from_now(days=-1))
    assert deletion.purge_organization(organization.pk)

    send_calls()

    assert second["status"] == "canceled"
    assert set(StripeCall.objects.values_list("status", flat=True)) == {"sent"}


def test_a_call_that_breaks_is_tried_again_and_given_up_as_any(
    shop: Shop, paid: Account, organization: Organization
) -> None:
    owner = {"organization_id": organization.pk, "customer": paid.stripe_customer}
    broken = StripeCall.objects.create(kind="meter", key="broken", payload={}, due_at=from_now(days=-1), **owner)
    metering.note(entry_key="job-1", organization=organization, seconds=60)

    send_calls()

    assert measured(shop) == {"job-1": 60}, "what comes after it is not held up"
    for _ in outbox.DELAYS:
        due_again()
        send_calls()
    broken.refresh_from_db()
    assert (broken.status, broken.attempts, broken.error) == ("failed", len(outbox.DELAYS) + 1, "KeyError")


def test_who_may_only_look_sends_nothing_again(
    shop: Shop, paid: Account, organization: Organization, client_for: ClientFor
) -> None:
    metering.note(entry_key="job-1", organization=organization, seconds=60)
    StripeCall.objects.update(status="failed")
    staff = User.objects.create_user("staff@example.com", "x", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_stripecall", content_type__app_label="billing"))
    form = {"action": "again", "_selected_action": [str(StripeCall.objects.get().pk)]}
    listed = reverse("admin:billing_stripecall_changelist")
    assert client_for(staff).get(listed).status_code == 200

    client_for(staff).post(listed, form)

    assert StripeCall.objects.get().status == "failed"


def test_a_deleted_organization_is_not_renewed_and_one_that_is_restored_is(
    shop: Shop, paid: Account, organization: Organization, alice: User, client_for: ClientFor
) -> None:
    subscription, browser = shop.subscription(organization), client_for(alice)

    browser.post(f"/o/{organization.slug}/settings/delete", {"name": organization.name})
    send_calls()
    shop.deliver()
    assert (subscription["status"], subscription["cancel_at_period_end"]) == ("active", True)
    assert shop.account(organization).cancel_at_period_end

    browser.post(f"/o/{organization.slug}/restore")
    send_calls()
    assert not subscription["cancel_at_period_end"]


def test_calls_that_arrive_late_do_what_holds_by_then(shop: Shop, paid: Account, organization: Organization) -> None:
    deletion.close(organization)
    late = StripeCall.objects.get()
    deletion.reopen(organization)

    outbox.send(StripeCall.objects.exclude(pk=late.pk).get().pk)
    outbox.send(late.pk)

    assert not shop.subscription(organization)["cancel_at_period_end"]


def test_who_had_ended_it_before_does_not_pay_again_after_a_restore(
    shop: Shop, paid: Account, organization: Organization, alice: User, client_for: ClientFor
) -> None:
    client_for(alice).post(reverse("plan-cancel", args=[organization.slug]))
    deletion.close(organization)
    deletion.reopen(organization)
    send_calls()
    assert not StripeCall.objects.exists()
    assert shop.subscription(organization)["cancel_at_period_end"]
