"""Pages that are not ours work under the policies that we give them: the admin, Swagger UI and ReDoc."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from accounts.models import User
from tests.browser.demo import Demo

OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def root(demo: Demo) -> User:
    return User.objects.create_superuser("root@example.com", "x")


def test_the_admin(root: User, demo: Demo, open_context: OpenContext) -> None:
    page = open_context(root, viewport={"width": 1280, "height": 800}).new_page()
    page.goto("/admin/organizations/auditevent/")
    expect(page.get_by_text("Demo meeting").first.or_(page.locator("#result_list tbody tr").first)).to_be_visible()
    page.goto(f"/admin/organizations/organization/{demo.organization.pk}/change/")
    expect(page.locator("input[name=name]")).to_have_value(demo.organization.name)
    # Alpine, which evaluates attributes, opens the list of actions and the menu of the account.
    assert page.evaluate("typeof window.Alpine") == "object"


def test_swagger(root: User, open_context: OpenContext) -> None:
    page = open_context().new_page()
    page.goto("/api/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)


def test_redoc(root: User, site: str, browser: Browser) -> None:
    """Its advertisement is the one thing that stays out."""
    page, problems = browser.new_context(base_url=site).new_page(), list[str]()
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto("/api/redoc")
    expect(page.locator("h1").first).to_contain_text("Tadwin", timeout=30_000)
    assert [text for text in problems if "cdn.redoc.ly/redoc/logo" not in text] == []
