"""What a change costs is told before it is made, and then holds to the cent."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts.models import User
from config.common.clock import iso, now
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.billing.selling import Shop
from tests.billing.stripe_fake.world import DAY, Json

pytestmark = pytest.mark.django_db
PREVIEW, SUBSCRIPTION = "/billing/subscription/preview", "/billing/subscription"


@pytest.fixture
def owner(alice: User, client_for: Callable[..., Client]) -> Client:
    return client_for(alice)


@pytest.fixture
def program(alice: User, api: Callable[..., ApiClient]) -> ApiClient:
    return api(alice)


@pytest.fixture
def paid(shop: Shop, owner: Client, organization: Organization) -> Json:
    """A subscription to Pro whose month is 10 of 30 days old."""
    shop.buy_without_trial(owner, organization, "pro")
    subscription = shop.subscription(organization)
    for item in subscription["items"]["data"]:
        item["current_period_start"] -= 10 * DAY
        item["current_period_end"] -= 10 * DAY
    return subscription


def newest_invoice(shop: Shop) -> Json:
    return max(shop.world.things["invoices"].values(), key=lambda one: str(one["id"]))


def moment(text: str) -> datetime:
    found = parse_datetime(text)
    assert found is not None
    return found


def test_what_was_shown_is_what_is_charged(shop: Shop, paid: Json, program: ApiClient) -> None:
    shown = program.post(PREVIEW, {"plan": "team", "seats": 3}).json()

    assert (shown["plan"], shown["seats"], shown["interval"], shown["currency"]) == ("team", 3, "month", "usd")
    assert shown["charge"] == pytest.approx(3 * 2400 * 2 / 3, abs=2)
    assert shown["credit"] == pytest.approx(1900 * 2 / 3, abs=2)
    assert shown["due"] == shown["charge"] - shown["credit"]
    assert shown["next_amount"] == 3 * 2400
    assert moment(shown["next_at"]).timestamp() == paid["items"]["data"][0]["current_period_end"]
    assert paid["items"]["data"][0]["price"]["unit_amount"] == 1900, "asking changes nothing"

    shop.world.clock += 6 * 3600  # by Stripe's clock it would cost less now
    change = {"plan": "team", "seats": 3, "proration_at": shown["proration_at"]}
    assert program.patch(SUBSCRIPTION, change).json()["plan"] == "team"
    assert newest_invoice(shop)["total"] == shown["due"]


def test_the_page_asks_before_it_changes(shop: Shop, paid: Json, owner: Client, organization: Organization) -> None:
    answer = owner.post(
        reverse("plan-choose", args=[organization.slug]), {"plan": "team", "interval": "month", "seats": 2}, follow=True
    )

    page, preview = answer.content.decode(), answer.context["preview"]
    assert "Charged now" in page
    assert f'value="{int(preview.proration_at.timestamp())}"' in page
    assert shop.account(organization).plan == "pro"
    said = shop.change(owner, organization, "team", seats=2)
    assert "Pay" in said
    assert shop.account(organization).plan == "team"
    assert newest_invoice(shop)["total"] == pytest.approx(preview.due, abs=1)


@pytest.mark.parametrize("shift", [timedelta(minutes=-31), timedelta(minutes=5), timedelta(days=-11)])
def test_nobody_chooses_when_the_change_was(
    shop: Shop, paid: Json, program: ApiClient, organization: Organization, shift: timedelta
) -> None:
    """Who goes back to the first of the month would be given back what they have used."""
    answer = program.patch(SUBSCRIPTION, {"plan": "team", "seats": 1, "proration_at": iso(now() + shift)})

    assert (answer.status_code, answer.json()["error_type"]) == (409, "preview_expired")
    assert shop.account(organization).plan == "pro"
    assert shop.world.amount(paid) == 1900


def test_a_period_that_began_meanwhile_makes_the_amounts_old(shop: Shop, paid: Json, program: ApiClient) -> None:
    shown = program.post(PREVIEW, {"interval": "year"}).json()
    shop.world.next_period(paid)

    answer = program.patch(SUBSCRIPTION, {"interval": "year", "proration_at": shown["proration_at"]})

    assert (answer.status_code, answer.json()["error_type"]) == (409, "preview_expired")


def test_what_costs_less_is_kept_for_later(
    shop: Shop, owner: Client, program: ApiClient, organization: Organization
) -> None:
    shop.buy_without_trial(owner, organization, "team", seats=5)
    shown = program.post(PREVIEW, {"seats": 2}).json()

    assert shown["due"] == 0
    assert shown["credited"] == pytest.approx(3 * 2400, abs=2)
    program.patch(SUBSCRIPTION, {"seats": 2, "proration_at": shown["proration_at"]})
    larger = program.post(PREVIEW, {"seats": 3}).json()
    assert (larger["balance"], larger["due"]) == (larger["charge"] - larger["credit"], 0)


def test_another_interval_begins_a_new_period(shop: Shop, paid: Json, program: ApiClient) -> None:
    shop.world.clock = int(time.time()) + 20  # Stripe's clock is a little ahead
    shown = program.post(PREVIEW, {"interval": "year"}).json()

    assert (shown["charge"], shown["next_amount"]) == (19000, 19000)
    assert (
        timedelta(days=365) <= moment(shown["next_at"]) - moment(shown["proration_at"]) < timedelta(days=365, minutes=1)
    )
    program.patch(SUBSCRIPTION, {"interval": "year", "proration_at": shown["proration_at"]})
    assert newest_invoice(shop)["total"] == shown["due"]


def test_in_a_trial_nothing_is_due(shop: Shop, owner: Client, program: ApiClient, organization: Organization) -> None:
    account = shop.buy(owner, organization, "pro")

    shown = program.post(PREVIEW, {"plan": "team", "seats": 2}).json()

    assert (shown["charge"], shown["credit"], shown["due"], shown["next_amount"]) == (0, 0, 0, 4800)
    assert moment(shown["next_at"]) == account.trial_end


@pytest.mark.parametrize("body", [{}, {"plan": "pro"}, {"seats": 1}, {"plan": "free"}, {"cancel_at_period_end": True}])
def test_what_cannot_be_previewed(paid: Json, program: ApiClient, body: dict[str, Any]) -> None:
    assert program.post(PREVIEW, body).status_code == 422


def test_without_a_subscription_there_is_nothing_to_change(shop: Shop, program: ApiClient) -> None:
    answer = program.post(PREVIEW, {"plan": "team"})

    assert (answer.status_code, answer.json()["error_type"]) == (409, "not_subscribed")


def test_a_strange_address_leads_back_to_the_plan(
    paid: Json, shop: Shop, owner: Client, organization: Organization
) -> None:
    address = reverse("plan-change", args=[organization.slug])
    for query in ("", "?plan=gold&interval=month", f"?plan=team&interval=month&proration_at={10**18}"):
        assert owner.get(address + query).headers["Location"] == reverse("plan", args=[organization.slug])
    shop.world.failing = 3
    away = owner.get(f"{address}?plan=team&interval=month&seats=2", follow=True)
    assert "cannot be reached" in away.content.decode()
