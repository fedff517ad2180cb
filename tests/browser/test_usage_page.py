"""Usage in the browser: limits, the drawing, the split without a reload; no fault that axe can find."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from accounts.models import User
from billing import usage
from billing.models import Account, UsageEntry
from billing.quota import stored
from billing.services import adjustments
from config.common.clock import now
from organizations.models import Organization
from tests.browser.accessibility import axe
from tests.factories import make_invitation, make_project

SHAPES = {
    "en-light": ("en", "light", 1280),
    "ar-dark": ("ar", "dark", 1280),
    "ar-light-phone": ("ar", "light", 390),
    "en-dark-phone": ("en", "dark", 390),
}


def fill(organization: Organization, alice: User, bob: User) -> None:
    """Three weeks of work, most of it Alice's; a job that runs; a correction; files; an invitation."""
    Account.objects.update_or_create(
        organization=organization,
        defaults={"included_seconds": 60 * 3600, "max_storage_bytes": 50 * 10**9, "agreed_seats": 5},
    )
    interviews = make_project(organization, name="مقابلات")
    for day in range(20):
        for number in range(day % 4):
            key = f"{day}-{number}"
            who, model = (alice, "large-v3") if number else (bob, "small")
            tags: dict[str, Any] = {"member": who.pk, "model": model, "project": interviews.pk if number else None}
            usage.reserve(organization=organization, key=key, seconds=2400 + 300 * day, **tags)
            usage.settle(key=key, seconds=2400 + 300 * day)
            UsageEntry.objects.filter(key=key).update(created_at=now() - timedelta(days=day))
    usage.reserve(organization=organization, key="runs", seconds=5400, member=alice.pk)
    adjustments.correct(organization=organization, seconds=-1800, reason="A file that came twice", staff=None)
    stored.reserve(organization=organization, key=uuid.uuid4(), size=31 * 10**9)
    make_invitation(organization)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_is_accessible_and_fits(
    *, organization: Organization, alice: User, bob: User, open_context: Callable[..., BrowserContext], shape: str
) -> None:
    language, theme, width = SHAPES[shape]
    User.objects.filter(pk=alice.pk).update(language=language, theme=theme)
    fill(organization, alice, bob)
    options = {"locale": language, "color_scheme": theme, "reduced_motion": "reduce"}
    page = open_context(alice, viewport={"width": width, "height": 900}, **options).new_page()
    for address in ("usage", ""):
        page.goto(f"/o/{organization.slug}/{address}")
        page.evaluate("document.querySelectorAll('details.disclosure').forEach((one) => (one.open = true))")
        assert axe(page) == set()
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_days_and_split_change_without_a_reload_and_stay_in_the_address(
    organization: Organization, alice: User, bob: User, open_context: Callable[..., BrowserContext]
) -> None:
    fill(organization, alice, bob)
    page = open_context(alice, locale="en").new_page()
    page.goto(f"/o/{organization.slug}/usage")
    expect(page.get_by_role("row", name=re.compile("Alice Ahmad"))).to_be_visible()
    page.evaluate("window.stillHere = true")
    page.get_by_label("Split by", exact=True).select_option("model")
    expect(page.get_by_role("row", name=re.compile("large-v3"))).to_be_visible()
    assert page.evaluate("window.stillHere")
    assert "by=model" in page.url
    page.reload()
    expect(page.get_by_label("Split by", exact=True)).to_have_value("model")
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_label("Until").fill("2020-01-31")
    expect(page.get_by_role("heading", name="Nothing was used in these days")).to_be_visible()


def test_the_file_is_downloaded(
    organization: Organization, alice: User, bob: User, open_context: Callable[..., BrowserContext]
) -> None:
    fill(organization, alice, bob)
    page = open_context(alice, locale="en").new_page()
    page.goto(f"/o/{organization.slug}/usage")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == f"usage-{organization.slug}.csv"
    assert "A file that came twice" in download.value.path().read_text(encoding="utf-8-sig")
