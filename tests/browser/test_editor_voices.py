"""Voices that may be known, in the speakers' panel of the transcript editor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounts.models import User
from organizations.roles import Role
from tests.browser.accessibility import axe
from tests.browser.demo import Demo
from tests.browser.editor import open_editor
from tests.factories import make_match, make_member, make_profile
from transcription.models import Speaker, VoiceConsent, VoiceMatch

OpenContext = Callable[..., BrowserContext]


def suggestion(page: Page, person: int) -> Locator:
    return page.locator(".person").nth(person).locator(".person-suggested")


def test_voices_are_suggested_accepted_and_rejected(demo: Demo, as_alice: Page) -> None:
    first, second = demo.meeting.speakers.order_by("label")[:2]
    VoiceMatch.objects.filter(speaker__in=(first, second)).delete()
    accepted = make_match(make_profile(demo.organization, name="Layla Hasan"), first, score=0.913)
    make_match(make_profile(demo.organization, name="Somebody else"), first, score=0.71)
    rejected = make_match(make_profile(demo.organization, name="Nadia"), second, score=0.784)
    rival = make_match(make_profile(demo.organization, name="Salma"), second, score=0.72)
    page = open_editor(as_alice, demo.meeting)
    expect(suggestion(page, 0)).to_contain_text("Sounds like Layla Hasan likeness 91% · very likely")
    expect(suggestion(page, 1)).to_contain_text("Sounds like Nadia likeness 78%")
    assert not axe(page)
    page.get_by_role("button", name="Reject: Omar is not Nadia").focus()
    page.keyboard.press("Enter")
    expect(suggestion(page, 1)).to_contain_text("Sounds like Salma likeness 72%")
    assert focused_in(page) == str(second.pk), "the focus stays with the speaker"
    page.get_by_role("button", name="Accept: Layla is Layla Hasan").click()
    expect(page.locator(".line-speaker", has_text="Layla Hasan").first).to_be_visible()
    expect(page.locator(".person-name").first).to_have_text("Layla Hasan")
    expect(suggestion(page, 0)).to_have_count(0)
    states = {match.pk: match.state for match in VoiceMatch.objects.filter(speaker__in=(first, second))}
    assert states == {accepted.pk: "accepted", rejected.pk: "rejected", rival.pk: "suggested"}
    assert Speaker.objects.get(pk=first.pk).name == "Layla Hasan"
    page.evaluate("document.dispatchEvent(new CustomEvent('tadwin:lock', {detail: {locked: true}}))")
    expect(suggestion(page, 1)).to_have_count(0)


def focused_in(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.closest('[data-speaker]')?.dataset.speaker")
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_suggested_voice_on_a_phone(demo: Demo, alice: User, open_context: OpenContext, theme: str) -> None:
    User.objects.filter(pk=alice.pk).update(language="ar" if theme == "dark" else "en", theme=theme)
    page = open_context(alice, color_scheme=theme, viewport={"width": 390, "height": 844}).new_page()
    open_editor(page, demo.meeting)
    page.locator("#speakers > summary").click()
    expect(suggestion(page, 0)).to_contain_text("Layla Hasan")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_no_voice_is_suggested_where_none_are_kept(demo: Demo, as_alice: Page, open_context: OpenContext) -> None:
    """Nor to those who may not decide."""
    page = open_context(make_member(demo.organization, Role.VIEWER)).new_page()
    open_editor(page, demo.meeting)
    expect(page.locator(".person")).to_have_count(2)
    expect(page.locator(".person-suggested")).to_have_count(0)
    open_editor(as_alice, demo.meeting)
    expect(suggestion(as_alice, 0)).to_be_visible()
    VoiceConsent.objects.all().delete()
    open_editor(as_alice, demo.meeting)
    expect(as_alice.locator(".person")).to_have_count(2)
    expect(as_alice.locator(".person-suggested")).to_have_count(0)


def test_the_focus_stays_where_a_speaker_or_a_doubt_goes(demo: Demo, as_alice: Page) -> None:
    """Who works by keyboard is never sent to the beginning of the page."""
    page = open_editor(as_alice, demo.meeting)
    doubted = page.locator(".line").nth(1)
    doubted.locator(".flag-hide").first.focus()
    page.keyboard.press("Enter")
    expect(doubted.locator(".flag-hide")).to_have_count(1)
    expect(doubted.locator(".flag-hide")).to_be_focused()
    page.keyboard.press("Enter")
    expect(doubted.locator(".flag-hide")).to_have_count(0)
    expect(doubted.locator(".line-text")).to_be_focused()
    page.locator(".person [data-edit]").nth(1).click()
    page.locator("#edit-speaker [data-merge] button").click()
    expect(page.locator(".person")).to_have_count(1)
    expect(page.locator(".person").first.locator("[data-edit]")).to_be_focused()
