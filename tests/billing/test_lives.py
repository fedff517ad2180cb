"""Whole lives of a subscription: through our pages, Stripe's stand-in and signed webhooks, as customers live them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from djstripe.models import APIKey, Invoice, Subscription

from accounts.models import User
from billing.gateway import accounts
from billing.models import Account
from billing.plans import HOUR, PlanKey, plan_of
from billing.quota.limits import limits_of
from config.common.clock import now
from organizations.models import AuditEvent, Organization, WebhookDelivery
from tests.billing.selling import Shop
from tests.factories import make_webhook

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]
Mails = Callable[[], list[EmailMessage]]


@pytest.fixture
def owner(alice: User, client_for: ClientFor) -> Client:
    return client_for(alice)


def act(owner: Client, organization: Organization, name: str, **form: Any) -> None:
    answer = owner.post(reverse(name, args=[organization.slug]), form)
    assert answer.status_code == 302, answer.status_code


def subjects(sent: list[EmailMessage]) -> list[str]:
    return [str(mail.subject) for mail in sent]


def test_from_the_trial_to_the_end_and_back(
    shop: Shop, owner: Client, organization: Organization, mails: Mails
) -> None:
    """trial -> paid -> past due -> read-only -> paid -> larger plan -> cancel -> go on -> cancel -> free."""
    make_webhook(organization, events=["subscription.updated"])
    a_trial_becomes_paid(shop, owner, organization)
    a_payment_fails_and_the_grace_ends(shop, organization, mails)
    it_is_paid_again(shop, organization)
    a_larger_plan_costs_the_difference(shop, owner, organization)
    it_ends_and_goes_on_and_ends(shop, owner, organization)

    assert WebhookDelivery.objects.filter(event="subscription.updated").count() == 10
    assert AuditEvent.objects.filter(organization=organization, action="subscription.changed").count() == 10
    assert Subscription.objects.get().stripe_data["status"] == "canceled"
    assert Invoice.objects.count() == 3
    assert not APIKey.objects.exists(), "the secret key is in no table"


def a_trial_becomes_paid(shop: Shop, owner: Client, organization: Organization) -> None:
    account = shop.buy(owner, organization, "pro")
    assert (account.status, account.plan, account.trial_used) == ("trialing", "pro", True)
    assert account.max_concurrent_jobs == 4
    assert limits_of(organization).included_seconds == 20 * HOUR

    shop.world.next_period(shop.subscription(organization))
    shop.deliver()
    account = shop.account(organization)
    assert (account.status, account.trial_end) == ("active", None)


def a_payment_fails_and_the_grace_ends(shop: Shop, organization: Organization, mails: Mails) -> None:
    shop.world.declines.add(shop.account(organization).stripe_customer)
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()
    account = shop.account(organization)
    assert account.status == "past_due"
    assert account.past_due_since is not None
    assert not limits_of(organization).read_only, "the grace has only begun"
    assert "Baghdad Radio: a payment failed" in subjects(mails())

    Account.objects.update(past_due_since=now() - timedelta(days=15))
    assert accounts.end_grace() == 1
    assert limits_of(organization).read_only
    assert "Baghdad Radio can only be read now" in subjects(mails())
    assert accounts.end_grace() == 0, "told once"


def it_is_paid_again(shop: Shop, organization: Organization) -> None:
    shop.world.pay_what_is_open(shop.account(organization).stripe_customer)
    shop.deliver()
    account = shop.account(organization)
    assert (account.status, account.past_due_since) == ("active", None)
    assert not limits_of(organization).read_only


def a_larger_plan_costs_the_difference(shop: Shop, owner: Client, organization: Organization) -> None:
    said = shop.change(owner, organization, "team", seats=3)
    assert "72\u00a0USD" in said, "the next invoice"
    account = shop.account(organization)
    assert (account.plan, account.seats, account.max_concurrent_jobs) == ("team", 3, 12)
    assert limits_of(organization).included_seconds == 3 * 30 * HOUR
    newest = max(shop.world.things["invoices"].values(), key=lambda one: one["id"])
    assert newest["total"] == 3 * 2400 - 1900, "the difference, for the whole period that is left"


def it_ends_and_goes_on_and_ends(shop: Shop, owner: Client, organization: Organization) -> None:
    act(owner, organization, "plan-cancel")
    assert shop.account(organization).cancel_at_period_end
    act(owner, organization, "plan-resume")
    assert not shop.account(organization).cancel_at_period_end

    act(owner, organization, "plan-cancel")
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()
    account = shop.account(organization)
    assert (account.status, account.plan, account.seats) == ("canceled", "free", 1)
    assert account.max_concurrent_jobs == 1


def test_the_second_time_there_is_no_trial(shop: Shop, owner: Client, organization: Organization) -> None:
    shop.buy(owner, organization, "pro")
    act(owner, organization, "plan-cancel")
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()
    assert shop.account(organization).plan == "free"

    account = shop.buy(owner, organization, "team", seats=2)

    assert (account.status, account.plan, account.seats) == ("active", "team", 2)
    bought = shop.server.calls("POST", "/v1/checkout/sessions")
    assert [bool(one["subscription_data"].get("trial_period_days")) for one in bought] == [True, False]


def test_a_card_that_is_refused_changes_nothing(shop: Shop, owner: Client, organization: Organization) -> None:
    account = shop.buy_without_trial(owner, organization, "pro")
    shop.world.declines.add(account.stripe_customer)

    answer = owner.post(
        reverse("plan-change", args=[organization.slug]), {"plan": "team", "interval": "month", "seats": 2}, follow=True
    )

    assert "Your card was declined." in answer.content.decode()
    assert (shop.account(organization).plan, shop.account(organization).status) == ("pro", "active")
    assert shop.world.amount(shop.subscription(organization)) == 1900


def test_fewer_seats_are_credited_and_never_fewer_than_members(
    shop: Shop, owner: Client, organization: Organization, bob: User, carol: User
) -> None:
    shop.buy_without_trial(owner, organization, "team", seats=5)

    assert "Choose 3 to 1000 seats" in shop.change(owner, organization, "team", seats=2)
    assert shop.account(organization).seats == 5, "three belong"
    shop.change(owner, organization, "team", seats=3)

    assert shop.account(organization).seats == 3
    newest = max(shop.world.things["invoices"].values(), key=lambda one: one["id"])
    assert newest["total"] == -2 * 2400


def test_paid_by_the_year(shop: Shop, owner: Client, organization: Organization) -> None:
    account = shop.buy_without_trial(owner, organization, "pro", interval="year")
    assert account.interval == "year"
    limits = limits_of(organization)
    assert limits.period.end - limits.period.start <= timedelta(days=31), "the included time is by the month"

    shop.change(owner, organization, "pro")

    assert shop.account(organization).interval == "month"
    lines = shop.subscription(organization)["items"]["data"]
    assert {line["price"]["recurring"]["interval"] for line in lines} == {"month"}
    assert len(lines) == 2


def test_who_comes_back_before_the_events_sees_the_plan(shop: Shop, owner: Client, organization: Organization) -> None:
    answer = owner.post(reverse("plan-choose", args=[organization.slug]), {"plan": "pro", "interval": "month"})
    shop.world.pay(answer.headers["Location"].rsplit("/", 1)[-1])

    page = owner.get(reverse("plan-done", args=[organization.slug]), follow=True)

    assert "The plan is yours" in page.content.decode()
    assert shop.account(organization).plan == "pro"
    shop.deliver()
    assert AuditEvent.objects.filter(action="subscription.changed").count() == 1, "the events tell nothing new"


def test_a_trial_that_ends_soon_is_told(shop: Shop, owner: Client, organization: Organization, mails: Mails) -> None:
    shop.buy(owner, organization, "pro")
    shop.world.tell("customer.subscription.trial_will_end", shop.subscription(organization))
    shop.deliver()

    assert "Baghdad Radio: the trial ends soon" in subjects(mails())


def test_a_gift_holds_in_place_of_the_subscription_until_its_end(
    shop: Shop, organization: Organization, settings: Any
) -> None:
    account = shop.account(organization)
    assert plan_of(account).key == PlanKey.FREE
    Account.objects.update(comp_plan="team", comp_until=now() + timedelta(days=1), seats=1)
    accounts.settle_jobs()
    assert shop.account(organization).max_concurrent_jobs == 12

    Account.objects.update(comp_until=now() - timedelta(seconds=1))
    accounts.settle_jobs()

    assert plan_of(shop.account(organization)).key == PlanKey.FREE
    assert shop.account(organization).max_concurrent_jobs == 1
    settings.STRIPE_SECRET_KEY = ""
    accounts.settle_jobs()
    assert shop.account(organization).max_concurrent_jobs is None, "without a key nothing is limited"
