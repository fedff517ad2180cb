"""Webhooks in the browser: made, tested, replayed; no fault that axe can find in either language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from accounts.models import User
from organizations.models import Organization, WebhookEndpoint
from organizations.webhooks import delivering
from tests.browser.accessibility import axe
from tests.factories import make_delivery, make_webhook
from tests.local_server import serving


def test_a_webhook_from_its_making_to_its_log(
    organization: Organization, alice: User, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(alice, locale="en").new_page()
    with serving() as receiver:
        page.goto(f"/o/{organization.slug}/settings/webhooks")
        page.get_by_label("Address").fill(receiver.url + "/hooks")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#new-secret")).to_contain_text("whsec_")
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("A test is on its way")).to_be_visible()
        delivering.sweep()
        delivery = WebhookEndpoint.objects.get().deliveries.get()
        assert delivering.deliver(delivery.pk)
        page.reload()
        page.locator(".webhook-delivery summary").click()
        expect(page.get_by_text("answered 200")).to_be_visible()
        page.get_by_role("button", name="again").click()
        expect(page.locator(".webhook-delivery .badge")).to_have_text("Waiting")


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
def test_the_pages_are_accessible(
    organization: Organization, alice: User, open_context: Callable[..., BrowserContext], language: str, theme: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language, theme=theme)
    endpoint = make_webhook(organization, description="Archive of the newsroom", status="paused")
    for event in ("job.completed", "media.ready"):
        make_delivery(endpoint, event=event, body='{"type": "job.completed"}')
    page = open_context(alice, locale=language, color_scheme=theme, reduced_motion="reduce").new_page()
    for address in ("", f"/{endpoint.pk}"):
        page.goto(f"/o/{organization.slug}/settings/webhooks{address}")
        page.evaluate("document.querySelectorAll('details.webhook-delivery').forEach((one) => (one.open = true))")
        assert axe(page) == set()
