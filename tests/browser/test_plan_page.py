"""Plans in a real browser: buying at Stripe's stand-in, failing to pay, being read-only, paying, changing, ending."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from billing.gateway import accounts
from billing.models import Account
from config.common.clock import now
from organizations.models import Organization
from tests.billing.selling import Shop, open_shop
from tests.billing.stripe_fake.server import serving
from tests.browser.accessibility import axe
from tests.browser.test_every_page import PHONE, WIDE


@pytest.fixture
def shop(transactional_db: None, site: str, settings: Any) -> Iterator[Shop]:
    with serving() as server:
        yield open_shop(server, settings)


def button(page: Page, plan: str, name: str) -> Any:
    return page.get_by_role("region", name=plan).get_by_role("button", name=name)


def test_the_life_of_a_plan(shop: Shop, organization: Organization, as_alice: Page) -> None:
    page, home = as_alice, f"/o/{organization.slug}"
    page.goto(f"{home}/plan")
    button(page, "Pro", "Try it").click()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("Thank you. The plan is yours.")).to_be_visible()
    expect(page.get_by_text("The trial ends on")).to_be_visible()
    picture(page, "plan-trial")

    shop.world.next_period(shop.subscription(organization))
    shop.world.declines.add(shop.account(organization).stripe_customer)
    shop.world.next_period(shop.subscription(organization))
    shop.deliver()
    page.goto(f"{home}/recordings")
    expect(page.get_by_role("status").get_by_text("The last payment failed.")).to_be_visible()
    picture(page, "plan-past-due")
    Account.objects.update(past_due_since=now() - timedelta(days=15))
    accounts.end_grace()
    page.reload()
    expect(page.get_by_text("can only be read and exported")).to_be_visible()
    picture(page, "plan-read-only")

    page.get_by_role("status").get_by_role("link", name="Pay, or change the card").click()
    page.get_by_role("button", name="Pay, or change the card").click()
    page.get_by_role("button", name="Pay what is open").click()
    shop.deliver()
    page.goto(f"{home}/plan")
    expect(page.get_by_text("can only be read")).to_have_count(0)
    expect(page.get_by_text("The next payment is due on")).to_be_visible()
    picture(page, "plan-active")

    team = page.get_by_role("region", name="Team")
    team.get_by_label("Seats").fill("3")
    team.get_by_role("button", name="Change to this plan").click()
    expect(page.get_by_text("Charged now")).to_be_visible()
    picture(page, "plan-change")
    page.get_by_role("button", name="and change").click()
    expect(page.get_by_text("The plan is changed.")).to_be_visible()
    expect(page.get_by_text("72")).to_be_visible()
    page.locator("summary", has_text="Cancel").click()
    page.get_by_role("button", name="End the subscription").click()
    expect(page.get_by_text("After that the free plan holds, and nothing is deleted.")).to_be_visible()
    picture(page, "plan-ending")
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("The subscription goes on.")).to_be_visible()
    picture(page, "plan-resumed")
    page.goto(f"{home}/plan/invoices")
    expect(page.get_by_role("link", name="as PDF")).to_have_count(3)
    picture(page, "plan-invoices")


class States:
    """An account in each of its states, one after the other, by what happens at Stripe."""

    def __init__(self, shop: Shop, owner: Any, organization: Organization) -> None:
        self.shop, self.owner, self.organization = shop, owner, organization

    def __iter__(self) -> Iterator[str]:
        yield "none"
        self.shop.buy(self.owner, self.organization, "team", seats=2)
        yield "trial"
        self.pass_period()
        yield "active"
        self.owner.post(f"/o/{self.organization.slug}/plan/cancel")
        yield "ending"
        self.owner.post(f"/o/{self.organization.slug}/plan/resume")
        self.shop.world.declines.add(self.shop.account(self.organization).stripe_customer)
        self.pass_period()
        yield "past-due"
        Account.objects.update(past_due_since=now() - timedelta(days=15))
        accounts.end_grace()
        yield "read-only"
        subscription = self.shop.subscription(self.organization)
        self.shop.world.end(subscription)
        self.shop.deliver()
        yield "ended"

    def pass_period(self) -> None:
        self.shop.world.next_period(self.shop.subscription(self.organization))
        self.shop.deliver()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")])
def test_every_state_is_accessible(
    shop: Shop,
    organization: Organization,
    alice: User,
    open_context: Callable[..., BrowserContext],
    client_for: Any,
    language: str,
    theme: str,
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language, theme=theme)
    options = {"locale": language, "color_scheme": theme, "viewport": WIDE, "reduced_motion": "reduce"}
    page, guest = open_context(alice, **options).new_page(), open_context(None, **options).new_page()
    home = f"/o/{organization.slug}"
    faults: list[str] = []

    def look(visitor: Page, name: str, address: str) -> None:
        visitor.goto(address)
        faults.extend(f"{name}: {one}" for one in axe(visitor))
        picture(visitor, f"{name}-{language}-{theme}")

    look(guest, "pricing", "/pricing")
    for state in States(shop, client_for(alice), organization):
        look(page, f"state-{state}", f"{home}/plan")
        if state == "active":
            look(page, "state-change", f"{home}/plan/change?plan=team&interval=year&seats=3")
        if state in ("past-due", "read-only"):
            look(page, f"banner-{state}", f"{home}/recordings")
    look(page, "invoices", f"{home}/plan/invoices")
    assert not faults


def test_pages_of_money_fit_a_phone(
    shop: Shop, organization: Organization, alice: User, open_context: Callable[..., BrowserContext], client_for: Any
) -> None:
    shop.buy_without_trial(client_for(alice), organization, "team", seats=2)
    page = open_context(alice, viewport=PHONE, has_touch=True).new_page()
    for name, address in (
        ("plan", f"/o/{organization.slug}/plan"),
        ("change", f"/o/{organization.slug}/plan/change?plan=team&interval=year&seats=3"),
        ("invoices", f"/o/{organization.slug}/plan/invoices"),
        ("pricing", "/pricing"),
    ):
        page.goto(address)
        picture(page, f"{name}-phone")
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), name


def picture(page: Page, name: str) -> None:
    folder = Path(tempfile.gettempdir()) / "tadwin-screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
