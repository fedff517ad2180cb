"""Every page in both languages and both themes: no fault that axe can find, and a picture of each for the README."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.mail import send_mail
from django.urls import resolve
from playwright.sync_api import BrowserContext, Page, Response, ViewportSize
from pytest_django import Settings

from accounts import letters
from accounts.models import User
from tests.browser.accessibility import axe
from tests.browser.conftest import SCREENSHOTS
from tests.browser.demo import Demo
from tests.browser.visits import visits
from tests.page_table import MONEY, PAGES
from tests.routes import routes

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Pictures that the documentation shows.
SHOWN = {
    ("home", "en", "light"),
    ("transcript", "en", "light"),
    ("recording", "en", "dark"),
    ("recordings", "en", "light"),
}
SHOWN |= {("greeting", "ar", "dark"), ("home", "ar", "light"), ("landing", "en", "light")}


# Addresses that show no page: what they are instead.
FILES = {"usage-csv", "settings-audit-csv", "glossary-export", "transcript-download", "recording-download"}
FILES |= {"recording-play", "shared-audio", "shared-download", "download-data", "mfa_download_recovery_codes"}
FILES |= {"media-local-object", "letter-html"}
FOR_PROGRAMS = {"health", "health-detailed", "metrics", "stripe-webhook", "mfa_login_webauthn"}
FOR_PROGRAMS |= {"openai-transcriptions", "openai-translations", "openai-models", "openai-model"}
LEAD_ON = {"home", "openid_connect_login", "openid_connect_callback", "socialaccount_signup"}
# A code by mail instead of the password is not offered.
LEAD_ON |= {"account_confirm_login_code"}
# Where a refused form was sent to, opened again.
LEAD_ON |= {"glossary-add", "glossary-import"}
FORMS_ONLY = {"set_language", "end-session", "resend-verification", "organization-create"}
FORMS_ONLY |= {"invitation-accept", "invitation-register", "invitation-switch"}
FORMS_ONLY |= {name for name, methods in PAGES.items() if "GET" not in methods}
# Looked at in test_plan_page.py with something to sell, and below where mails are kept.
ELSEWHERE = MONEY | {"pricing", "mailbox", "letter"}


def test_no_page_is_forgotten(demo: Demo, alice: User) -> None:
    """A page that is not looked at below belongs into `visits`, or into one of the lists above."""
    looked_at = {resolve(urlsplit(one).path).url_name for visit in visits(demo, alice) for one in visit.pages.values()}
    ours = {name for route, name, _ in routes() if name and not route.startswith(("api/", "admin/"))}
    assert ours - looked_at - FILES - FOR_PROGRAMS - LEAD_ON - FORMS_ONLY - ELSEWHERE == set()
    assert (FILES | FOR_PROGRAMS | LEAD_ON | FORMS_ONLY | ELSEWHERE) - ours == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_are_accessible(
    demo: Demo, alice: User, open_context: Callable[..., BrowserContext], language: str, theme: str
) -> None:
    every = visits(demo, alice)
    User.objects.update(language=language, theme=theme)
    options = {"locale": language, "color_scheme": theme, "viewport": WIDE, "reduced_motion": "reduce"}
    faults: dict[str, set[str]] = {}
    for visit in every:
        page = open_context(session=visit.session, **options).new_page()
        for name, address in visit.pages.items():
            answer = page.goto(address)
            _settle(page)
            page.evaluate("document.querySelectorAll('details.disclosure').forEach((one) => (one.open = true))")
            if found := axe(page) | _astray(page, answer, address, language):
                faults[name] = found
            page.evaluate("document.querySelectorAll('details.disclosure').forEach((one) => (one.open = false))")
            if (name, language, theme) in SHOWN:
                _picture(page, f"{name}-{language}-{theme}")
    assert not faults, "\n".join(f"{name}: {found}" for name, found in faults.items())


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
def test_kept_mails_are_accessible(
    transactional_db: None,
    open_context: Callable[..., BrowserContext],
    settings: Settings,
    tmp_path: Path,
    language: str,
    theme: str,
) -> None:
    settings.EMBEDDED, settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = True, letters.BACKEND, tmp_path
    send_mail("Welcome", "Look at this.", None, ["noor@example.com"])
    page = open_context(locale=language, color_scheme=theme).new_page()
    for address in ("/mail", f"/mail/{letters.newest()[0].name}"):
        answer = page.goto(address)
        assert axe(page) | _astray(page, answer, address, language) == set()


def test_pages_fit_a_phone(demo: Demo, alice: User, open_context: Callable[..., BrowserContext]) -> None:
    """Nothing sticks out: no page scrolls sideways (WCAG 1.4.10)."""
    too_wide = []
    for visit in visits(demo, alice):
        page = open_context(session=visit.session, viewport=PHONE, has_touch=True).new_page()
        for name, address in visit.pages.items():
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                too_wide.append(name)
            if name in ("home", "transcript"):
                _settle(page)
                _picture(page, f"{name}-phone")
    assert not too_wide


def _settle(page: Page) -> None:
    """The waveform is drawn last."""
    if page.locator("[data-waveform]").count():
        page.locator("[data-player]:not(.player-flat)").wait_for()


def _astray(page: Page, answer: Response | None, address: str, language: str) -> set[str]:
    """Another page, or another language, than the one that was asked for."""
    assert answer is not None
    here, shown = urlsplit(page.url).path, page.evaluate("document.documentElement.lang")
    found = {f"led on to {here}": here != urlsplit(address).path, f"in {shown}": shown != language}
    return {fault for fault, holds in {**found, f"answered {answer.status}": answer.status >= 500}.items() if holds}


def _picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
