"""The page behind a link, in the browser of somebody whom we know nothing about."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from accounts.models import User
from tests.browser.demo import Demo
from tests.browser.visits import shared

# What a browser does that lets no site keep anything.
FORBIDDEN = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
});"""


def test_it_plays_where_nothing_may_be_kept(
    demo: Demo, alice: User, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.add_init_script(FORBIDDEN)
    page.goto(shared(demo, alice)["shared"])
    page.locator(".w").nth(3).click()
    expect(page.locator(".line-now")).to_have_count(1)
    page.locator("[data-speed]").select_option("2")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 2
