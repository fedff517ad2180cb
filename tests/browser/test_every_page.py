"""Every page in both languages and both themes: no fault that axe can find, and a picture of each for the README."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize

from accounts.models import User
from tests.browser.conftest import SCREENSHOTS
from tests.browser.demo import Demo
from transcription.models import Evaluation, GlossaryEntry, VoiceProfile

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
# WCAG 2.2 AA and what the makers of axe hold for good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Pictures that the documentation shows.
SHOWN = {
    ("home", "en", "light"),
    ("transcript", "en", "light"),
    ("recording", "en", "dark"),
    ("recordings", "en", "light"),
}
SHOWN |= {("greeting", "ar", "dark"), ("home", "ar", "light"), ("landing", "en", "light")}


def addresses(demo: Demo) -> dict[str, str]:
    home = f"/o/{demo.organization.slug}"
    entry = GlossaryEntry.objects.filter(organization=demo.organization).earliest("created_at")
    return {
        "home": f"{home}/",
        "recordings": f"{home}/recordings",
        "nothing-found": f"{home}/recordings?q=zzz",
        "recording": f"{home}/recordings/{demo.meeting.recording_id}",
        "failed": f"{home}/recordings/{demo.failed.pk}",
        "rejected": f"{home}/recordings/{demo.rejected.pk}",
        "transcript": f"{home}/transcripts/{demo.meeting.pk}",
        "greeting": f"{home}/transcripts/{demo.greeting.pk}",
        "quality": f"{home}/quality",
        "evaluation": f"{home}/quality/{Evaluation.objects.filter(transcript=demo.meeting).latest('created_at').pk}",
        "evaluate": f"{home}/transcripts/{demo.meeting.pk}/evaluate",
        "search": f"{home}/search?q=we",
        "search-empty": f"{home}/search",
        "shares": f"{home}/transcripts/{demo.meeting.pk}/shares",
        "comments": f"{home}/transcripts/{demo.meeting.pk}/comments",
        "export": f"{home}/transcripts/{demo.meeting.pk}/export",
        "subtitles": f"{home}/transcripts/{demo.meeting.pk}/subtitles?max_cps=12",
        "versions": f"{home}/transcripts/{demo.meeting.pk}/versions",
        "glossary": f"{home}/glossary",
        "glossary-entry": f"{home}/glossary/{entry.glossary_id}/entries/{entry.pk}",
        "dialects": f"{home}/dialects",
        "dialect": f"{home}/dialects/iraqi",
        "speakers": f"{home}/speakers",
        "speaker-profile": f"{home}/speakers/{VoiceProfile.objects.earliest('created_at').pk}",
        "projects": f"{home}/projects",
        "usage": f"{home}/usage",
        "trash": f"{home}/trash",
        "models": f"{home}/models",
        "developers": f"{home}/developers",
        "preferences": "/preferences",
        "new-organization": "/organizations/new",
        "password": "/accounts/password/change/",
        "security": "/security",
        "change-email": "/accounts/email/",
        "second-factors": "/accounts/2fa/",
        "devices": "/accounts/sessions/",
        "close-account": "/security/close",
        "not-found": "/o/nobody/",
    }


PUBLIC = {
    "share-gone": "/s/" + "A" * 43,
    "landing": "/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "forgotten": "/accounts/password/reset/",
    "forgotten-sent": "/accounts/password/reset/done/",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_are_accessible(
    demo: Demo, alice: User, open_context: Callable[..., BrowserContext], language: str, theme: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language, theme=theme)
    options = {"locale": language, "color_scheme": theme, "viewport": WIDE, "reduced_motion": "reduce"}
    faults: dict[str, str] = {}
    for person, pages in ((alice, addresses(demo)), (None, PUBLIC)):
        page = open_context(person, **options).new_page()
        for name, address in pages.items():
            page.goto(address)
            _settle(page)
            page.evaluate("document.querySelectorAll('details.disclosure').forEach((one) => (one.open = true))")
            _check(page, name, language, faults)
            page.evaluate("document.querySelectorAll('details.disclosure').forEach((one) => (one.open = false))")
            if (name, language, theme) in SHOWN:
                _picture(page, f"{name}-{language}-{theme}")
    assert not faults


def test_pages_fit_a_phone(demo: Demo, alice: User, open_context: Callable[..., BrowserContext]) -> None:
    """Nothing sticks out: no page scrolls sideways (WCAG 1.4.10)."""
    too_wide = []
    for person, pages in ((alice, addresses(demo)), (None, PUBLIC)):
        page = open_context(person, viewport=PHONE, has_touch=True).new_page()
        for name, address in pages.items():
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


def _check(page: Page, name: str, language: str, faults: dict[str, str]) -> None:
    results = Axe().run(page, options=RULES)
    for violation in results.response["violations"]:
        where = [node["target"] for node in violation["nodes"]][:3]
        faults[f"{name} {violation['id']}"] = f"{violation['help']} {where}"
    assert page.evaluate("document.documentElement.lang") == language


def _picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
