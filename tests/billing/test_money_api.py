"""/api/v1/billing, and the pages of it: who may, what they say, and that without a key there is no money anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import Account
from billing.templatetags.money_tags import money
from config.common.clock import now
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.billing.selling import Shop
from tests.factories import make_api_key

pytestmark = pytest.mark.django_db
ApiFor = Callable[..., ApiClient]
ClientFor = Callable[..., Client]
READ = ("/billing/plans", "/billing/subscription", "/billing/invoices")
PAGES = ("plan", "invoices", "plan-done")


@pytest.fixture
def owner(alice: User, client_for: ClientFor) -> Client:
    return client_for(alice)


def test_the_plans(shop: Shop, alice: User, api: ApiFor) -> None:
    plans = {one["key"]: one for one in api(alice).get("/billing/plans").json()["data"]}

    assert list(plans) == ["free", "pro", "team", "enterprise"]
    assert plans["pro"]["prices"][0] == {"interval": "month", "amount": 1900, "currency": "usd"}
    assert plans["pro"]["overage_per_minute"] == {"amount": 2, "currency": "usd"}
    assert plans["team"]["per_seat"]
    assert plans["enterprise"]["prices"] == []


def test_a_life_by_the_api(shop: Shop, alice: User, api: ApiFor, organization: Organization) -> None:
    program = api(alice)
    assert program.get("/billing/subscription").json()["plan"] == "free"
    refused = program.post("/billing/portal")
    assert (refused.status_code, refused.json()["error_type"]) == (409, "not_subscribed")

    bought = program.post("/billing/checkout", {"plan": "team", "seats": 2})
    assert bought.status_code == 201
    shop.world.pay(bought.json()["url"].rsplit("/", 1)[-1])
    shop.deliver()
    state = program.get("/billing/subscription").json()
    assert (state["plan"], state["status"], state["seats"]) == ("team", "trialing", 2)
    again = program.post("/billing/checkout", {"plan": "pro"})
    assert (again.status_code, again.json()["error_type"]) == (409, "already_subscribed")

    assert program.patch("/billing/subscription", {"seats": 4}).json()["seats"] == 4
    assert program.patch("/billing/subscription", {"plan": "pro"}).json()["plan"] == "pro"
    assert program.patch("/billing/subscription", {"cancel_at_period_end": True}).json()["cancel_at_period_end"]
    assert not program.patch("/billing/subscription", {"cancel_at_period_end": False}).json()["cancel_at_period_end"]
    assert "/portal/" in program.post("/billing/portal").json()["url"]
    shop.world.next_period(shop.subscription(organization))
    (invoice,) = program.get("/billing/invoices").json()["data"]
    assert (invoice["total"], invoice["due"], invoice["currency"], invoice["status"]) == (1900, 0, "usd", "paid")
    assert invoice["pdf_url"].endswith("/pdf")


def test_invoices_come_in_pages(
    shop: Shop, alice: User, owner: Client, api: ApiFor, organization: Organization
) -> None:
    shop.buy_without_trial(owner, organization, "pro")
    for _ in range(4):
        shop.world.next_period(shop.subscription(organization))
    first = api(alice).get("/billing/invoices?limit=3").json()
    second = api(alice).get(first["next"].partition("/api/v1")[2]).json()

    assert [len(first["data"]), len(second["data"]), second["next"]] == [3, 2, None]
    foreign = api(alice).get("/billing/invoices?cursor=in_999999")
    assert (foreign.status_code, foreign.json()["error_type"]) == (409, "billing_refused")
    assert api(alice).get("/billing/invoices?cursor=../customers").status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "free"}, "plan"),
        ({"plan": "enterprise"}, "plan"),
        ({"plan": "team", "seats": 0}, "seats"),
        ({"plan": "team", "seats": 1001}, "seats"),
        ({"plan": "pro", "interval": "week"}, "interval"),
        ({"plan": "pro", "amount": 1}, "amount"),
        ({}, "plan"),
    ],
)
def test_what_cannot_be_bought(shop: Shop, alice: User, api: ApiFor, body: dict[str, Any], field: str) -> None:
    answer = api(alice).post("/billing/checkout", body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("body", [{}, {"seats": 2, "cancel_at_period_end": True}, {"plan": "free"}])
def test_what_cannot_be_changed(shop: Shop, alice: User, api: ApiFor, body: dict[str, Any]) -> None:
    assert api(alice).patch("/billing/subscription", body).status_code == 422


def test_a_change_waits_until_the_debt_is_paid(
    shop: Shop, alice: User, owner: Client, api: ApiFor, organization: Organization
) -> None:
    account = shop.buy_without_trial(owner, organization, "pro")
    shop.world.declines.add(account.stripe_customer)
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()

    answer = api(alice).patch("/billing/subscription", {"plan": "team"})

    assert (answer.status_code, answer.json()["error_type"]) == (409, "payment_open")
    state = api(alice).get("/billing/subscription").json()
    assert state["read_only_from"] is not None


def test_while_stripe_is_away_people_are_told(
    shop: Shop, alice: User, owner: Client, api: ApiFor, organization: Any
) -> None:
    shop.world.failing = 3
    answer = api(alice).post("/billing/checkout", {"plan": "pro"})

    assert (answer.status_code, answer.json()["error_type"]) == (503, "billing_unavailable")
    assert "sk_test" not in answer.content.decode()
    shop.world.failing = 3
    page = owner.post(
        reverse("plan-choose", args=[organization.slug]), {"plan": "pro", "interval": "month"}, follow=True
    )
    assert "cannot be reached" in page.content.decode()


def test_only_owners_and_never_keys(
    shop: Shop, organization: Organization, dana: User, bob: User, mallory: User, api: ApiFor, client_for: ClientFor
) -> None:
    _, key = make_api_key(organization)
    for path in READ:
        assert api(dana).get(path).status_code == 403
        assert api(key).get(path).status_code == 403
    for person in (dana, bob):
        for name in PAGES:
            assert client_for(person).get(reverse(name, args=[organization.slug])).status_code == 403
        for name in ("plan-choose", "plan-cancel", "plan-resume", "plan-portal"):
            assert client_for(person).post(reverse(name, args=[organization.slug])).status_code == 403
    assert client_for(mallory).get(reverse("plan", args=[organization.slug])).status_code == 404
    assert client_for(dana).get("/").content.decode().count("/plan") == 0


def test_a_banner_on_every_page_for_everybody(
    shop: Shop, owner: Client, organization: Organization, bob: User, client_for: ClientFor
) -> None:
    account = shop.buy_without_trial(owner, organization, "pro")
    address = reverse("recordings", args=[organization.slug])
    assert "payment failed" not in owner.get(address).content.decode()
    shop.world.declines.add(account.stripe_customer)
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()

    mine, theirs = (client.get(address).content.decode() for client in (owner, client_for(bob)))

    assert "The last payment failed" in mine
    assert reverse("plan", args=[organization.slug]) in mine
    assert "tell an owner" in theirs
    Account.objects.update(past_due_since=now() - timedelta(days=30), status="read_only")
    assert "only be read and exported" in owner.get(address).content.decode()


def test_the_page_may_lead_to_stripe_and_nowhere_else(shop: Shop, owner: Client, organization: Organization) -> None:
    policy = owner.get(reverse("plan", args=[organization.slug])).headers["Content-Security-Policy"]
    assert "https://checkout.stripe.com" in policy
    assert (
        "stripe.com"
        not in owner.get(reverse("recordings", args=[organization.slug])).headers["Content-Security-Policy"]
    )


def test_prices_are_public(shop: Shop) -> None:
    page = Client().get("/pricing").content.decode()
    assert "19\u00a0USD" in page
    assert "/pricing" in Client().get("/").content.decode()


def test_staff_give_a_plan(shop: Shop, organization: Organization, client_for: ClientFor) -> None:
    from organizations.models import AuditEvent

    account = shop.account(organization)
    staff = client_for(User.objects.create_superuser("root@example.com", "x"))
    address = reverse("admin:billing_account_change", args=[account.pk])
    form = {"organization": str(organization.pk), "comp_plan": "team", "comp_note": "A school", "seats": "900"}
    assert staff.post(address, form).status_code == 302

    account = shop.account(organization)
    assert (account.comp_plan, account.max_concurrent_jobs, account.seats) == ("team", 12, 1)
    event = AuditEvent.objects.get(action="staff.changed", target_id=str(account.pk))
    assert event.actor_type == "staff"
    assert staff.get("/admin/djstripe/apikey/").status_code == 404
    assert staff.get("/admin/djstripe/webhookendpoint/").status_code == 404
    assert staff.get("/admin/djstripe/subscription/").status_code == 200


def test_without_a_key_there_is_no_money_anywhere(
    organization: Organization, alice: User, owner: Client, api: ApiFor, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    for path in READ:
        assert api(alice).get(path).status_code == 404
    for path in ("/billing/checkout", "/billing/portal"):
        assert api(alice).post(path, {"plan": "pro"}).status_code == 404
    for name in PAGES:
        assert owner.get(reverse(name, args=[organization.slug])).status_code == 404
    assert Client().get("/pricing").status_code == 404
    for address in ("/", reverse("usage", args=[organization.slug]), reverse("recordings", args=[organization.slug])):
        page = owner.get(address).content.decode()
        assert "pricing" not in page
        assert f"/o/{organization.slug}/plan" not in page


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (1900, "usd", "19\u00a0USD"),
        (1950, "usd", "19.50\u00a0USD"),
        (-4800, "eur", "\u221248\u00a0EUR"),
        (500, "jpy", "500\u00a0JPY"),
        (1234567, "kwd", "1234.567\u00a0KWD"),
        (0, "usd", "0\u00a0USD"),
    ],
)
def test_how_amounts_are_said(amount: int, currency: str, said: str) -> None:
    assert money(amount, currency).strip("\u2066\u2069").replace(",", "") == said
