"""Passkeys with an authenticator that Chromium plays: added, used in place of the password, used as second step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from tests.factories import PASSWORD

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def device(page: Page) -> Iterator[None]:
    """A phone or key that always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    yield
    session.detach()


def sign_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, *, replaces_password: bool) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Alice's phone")
    if replaces_password:
        page.get_by_label("It can replace the password").check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_have_count(0)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    return open_context(None, locale="en").new_page()


def test_a_passkey_replaces_the_password(transactional_db: None, alice: User, page: Page) -> None:
    with device(page):
        sign_in(page, alice)
        add_passkey(page, replaces_password=True)
        assert Authenticator.objects.get(type="webauthn").wrap().name == "Alice's phone"
        sign_out(page)
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator(".side-end")).to_contain_text(alice.name)
        page.goto("/accounts/2fa/webauthn/")
        expect(page.get_by_text("Replaces the password")).to_be_visible()


def test_a_passkey_is_the_second_step(transactional_db: None, alice: User, page: Page) -> None:
    with device(page):
        sign_in(page, alice)
        add_passkey(page, replaces_password=False)
        sign_out(page)
        sign_in(page, alice)
        expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
        page.get_by_role("button", name="Use a passkey or security key").click()
        expect(page.locator(".side-end")).to_contain_text(alice.name)


def test_who_has_no_passkey_is_told(transactional_db: None, alice: User, page: Page) -> None:
    with device(page):
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("[data-passkey-error]")).to_contain_text("Nothing was confirmed")
