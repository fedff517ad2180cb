"""One organization, one subscription: two windows cannot buy two, and a second one from elsewhere is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import Account
from organizations.models import AuditEvent, Organization
from tests.billing.selling import Shop
from tests.billing.stripe_fake.world import DAY, Json, Refused

pytestmark = pytest.mark.django_db
TRIES = 20


@pytest.fixture
def owner(alice: User, client_for: Callable[..., Client]) -> Client:
    return client_for(alice)


def checkout(client: Client, organization: Organization, plan: str = "pro", **form: Any) -> str:
    """The session's id; empty where nothing is sold."""
    wanted = {"plan": plan, "interval": "month", "seats": 1, **form}
    address = client.post(reverse("plan-choose", args=[organization.slug]), wanted).headers["Location"]
    return address.rsplit("/", 1)[-1] if "/checkout/" in address else ""


def open_sessions(shop: Shop) -> list[str]:
    return [one["id"] for one in shop.world.things["sessions"].values() if one["status"] == "open"]


def run(what: str) -> str:
    out = StringIO()
    call_command("billing", what, stdout=out)
    return out.getvalue()


def test_the_same_choice_is_the_same_page(shop: Shop, owner: Client, organization: Organization) -> None:
    first = checkout(owner, organization)

    assert checkout(owner, organization) == first
    assert open_sessions(shop) == [first]
    assert len(shop.world.things["customers"]) == 1


def test_another_choice_closes_the_first(shop: Shop, owner: Client, organization: Organization) -> None:
    first, second = checkout(owner, organization), checkout(owner, organization, "team", seats=2)

    assert open_sessions(shop) == [second]
    with pytest.raises(Refused):
        shop.world.pay(first)


def test_what_is_paid_in_another_window_is_not_sold_again(
    shop: Shop, owner: Client, organization: Organization
) -> None:
    """Stripe's events are not here yet."""
    shop.world.pay(checkout(owner, organization))

    assert checkout(owner, organization) == ""
    assert shop.account(organization).plan == "pro"
    assert open_sessions(shop) == []


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once(
    shop: Shop, alice: User, client_for: Callable[..., Client], organization: Organization
) -> None:
    windows = [client_for(alice), client_for(alice)]
    for number in range(TRIES):
        for session in open_sessions(shop):
            shop.world.things["sessions"][session]["status"] = "expired"
        barrier = threading.Barrier(2)

        def buy(client: Client, plan: str, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            checkout(client, organization, plan)
            connection.close()

        plans = ("pro", "team" if number % 2 else "pro")
        threads = [threading.Thread(target=buy, args=pair) for pair in zip(windows, plans, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(open_sessions(shop)) == 1, number
    assert len(shop.world.things["customers"]) == 1


@pytest.fixture
def twice(shop: Shop, owner: Client, organization: Organization) -> tuple[Json, Json]:
    """Pro, which we know of, and Team beside it, made in Stripe's dashboard a moment later."""
    account = shop.buy_without_trial(owner, organization, "pro")
    price = next(
        one["id"] for one in shop.world.things["prices"].values() if one["lookup_key"] == "tadwin_team_monthly"
    )
    known = shop.subscription(organization)
    shop.world.clock += 10 * DAY
    other = shop.world.subscribe(account.stripe_customer, [{"price": price, "quantity": 1}])
    shop.deliver()
    assert shop.account(organization).plan == "pro", "the one that we know holds"
    return known, other


def test_check_names_who_pays_twice_and_repair_ends_it(
    shop: Shop, twice: tuple[Json, Json], organization: Organization
) -> None:
    known, other = twice
    with pytest.raises(CommandError, match="1 pay twice"):
        run("check")

    assert other["id"] in run("repair")

    assert (known["status"], other["status"]) == ("active", "canceled")
    assert shop.world.credit[known["customer"]] == 2400, "nothing of it was used"
    event = AuditEvent.objects.get(action="subscription.doubles_ended")
    assert (event.organization, event.data) == (organization, {"kept": known["id"], "ended": [other["id"]]})
    assert "TWICE" not in run("check")
    assert run("repair") == ""


def test_staff_end_it_and_the_better_one_is_kept(
    shop: Shop, twice: tuple[Json, Json], organization: Organization, client_for: Callable[..., Client]
) -> None:
    """The one that we know of ends with its period: the other is what the customer wants."""
    known, other = twice
    known["cancel_at_period_end"] = True
    account = shop.account(organization)
    root = User.objects.create_superuser("root@example.com", "x")
    form = {"action": "end_doubles", "_selected_action": [str(account.pk)]}
    assert client_for(root).post(reverse("admin:billing_account_changelist"), form).status_code == 302

    assert (known["status"], other["status"]) == ("canceled", "active")
    assert len(known["items"]["data"]) == 1, "its measured line went first: minutes are billed once"
    account = shop.account(organization)
    assert (account.plan, account.stripe_subscription) == ("team", other["id"])
    assert shop.world.credit[known["customer"]] == pytest.approx(1900 * 2 / 3, abs=1)
    assert AuditEvent.objects.get(action="subscription.doubles_ended").actor_type == "staff"


def test_one_that_buys_no_plan_of_ours_is_never_the_one_that_is_kept(
    shop: Shop, owner: Client, organization: Organization
) -> None:
    account = shop.buy_without_trial(owner, organization, "pro")
    overage = next(one["id"] for one in shop.world.things["prices"].values() if "overage" in one["lookup_key"])
    strange = shop.world.subscribe(account.stripe_customer, [{"price": overage}])

    run("repair")

    assert strange["status"] == "canceled"
    assert Account.objects.get().plan == "pro"


def test_subscriptions_of_others_are_left_alone(shop: Shop) -> None:
    """The same Stripe account may sell other things to other people."""
    customer = shop.world.new("customers", {"object": "customer"})["id"]
    price = next(iter(shop.world.things["prices"]))
    both = [shop.world.subscribe(customer, [{"price": price}]) for _ in range(2)]

    assert run("repair") == ""
    assert {one["status"] for one in both} == {"active"}
