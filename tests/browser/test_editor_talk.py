"""What the talk tells, beside its text."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.editor import open_editor


def test_what_the_talk_tells_is_shown_and_leads_to_its_places(demo: Demo, as_alice: Page) -> None:
    first = demo.meeting.segments.order_by("position")[0]
    first.set_text("Shall we look at the budget? The budget is large.")
    first.save()
    page = open_editor(as_alice, demo.meeting)
    page.locator("#talk > summary").click()
    talk = page.locator("#talk")
    expect(talk.locator("[data-questions] h3")).to_contain_text("Questions: ")
    expect(talk.get_by_role("button", name="Shall we look at the budget?")).to_be_visible()
    expect(talk.locator("[data-figures]")).to_contain_text("Doubtful places: ")
    talk.get_by_role("button", name=re.compile(r"^budget \d+$", re.IGNORECASE)).click()
    expect(page.locator("#find [name=find]")).to_have_value(re.compile("^budget$", re.IGNORECASE))
    talk.get_by_role("button", name="Shall we look at the budget?").click()
    expect(page.locator(".line-shown")).to_have_attribute("data-segment", str(first.pk))
    expect(page.locator(".person-facts").first).to_contain_text("Turns: ")
