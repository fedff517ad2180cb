"""The transcript editor as people use it: by keyboard, in Arabic, on a phone, with everything open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from organizations.models import Organization
from organizations.roles import Role
from tests.browser.accessibility import axe
from tests.browser.conftest import SCREENSHOTS
from tests.browser.demo import Demo
from tests.browser.editor import (
    edit_ten_things,
    export,
    line,
    open_editor,
    saved,
    state_of,
    texts,
    undo_everything,
    write,
)
from tests.factories import make_member, make_transcript
from transcription.models import Speaker

OpenContext = Callable[..., BrowserContext]


def test_ten_things_by_keyboard_undo_and_export(demo: Demo, as_alice: Page) -> None:
    before = state_of(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    edit_ten_things(page, demo.meeting)
    assert "TADWIN" in export(page)
    undo_everything(page)
    assert state_of(demo.meeting) == before
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert state_of(demo.meeting) != before
    expect(line(page, 0)).to_have_text(texts(demo.meeting)[0])


@pytest.mark.parametrize("person", ["desk", "phone"])
def test_the_same_in_arabic_and_dark(demo: Demo, alice: User, open_context: OpenContext, person: str) -> None:
    User.objects.filter(pk=alice.pk).update(language="ar", theme="dark")
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True} if person == "phone" else {}
    page = open_context(alice, locale="ar", color_scheme="dark", **options).new_page()
    before = state_of(demo.greeting)
    open_editor(page, demo.greeting)
    edit_ten_things(page, demo.greeting, "مرحبا")
    if person == "phone":
        page.screenshot(path=SCREENSHOTS / "editor-ar-phone.png")
    assert line(page, 0).evaluate("(place) => getComputedStyle(place).direction") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    undo_everything(page)
    assert state_of(demo.greeting) == before


def test_a_viewer_reads(demo: Demo, open_context: OpenContext) -> None:
    edits = demo.meeting.operations.count()
    page = open_context(make_member(demo.organization, Role.VIEWER)).new_page()
    open_editor(page, demo.meeting)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "reading")
    assert page.locator("[contenteditable]").count() == 0
    page.locator(".line-time").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".line-time").nth(1)).to_be_focused()
    page.keyboard.press("Alt+2")
    page.wait_for_timeout(500)
    assert demo.meeting.operations.count() == edits


def test_a_reload_comes_back_to_the_same_line(
    transactional_db: None, organization: Organization, as_alice: Page
) -> None:
    transcript = make_transcript(organization, lines=900)
    page = open_editor(as_alice, transcript)
    page.locator('[data-block="12"]').scroll_into_view_if_needed()
    target = page.locator(f'[data-segment="{transcript.segments.order_by("position")[640].pk}"]')
    target.scroll_into_view_if_needed()
    page.wait_for_timeout(600)
    before = target.bounding_box()
    page.reload()
    expect(target).to_be_in_viewport()
    page.wait_for_timeout(600)
    after = target.bounding_box()
    assert before is not None and after is not None
    assert abs(before["y"] - after["y"]) < 30


def test_speakers_are_renamed_merged_and_heard(demo: Demo, as_alice: Page) -> None:
    page = open_editor(as_alice, demo.meeting)
    page.get_by_role("button", name="Hear a sample of Omar").click()
    expect(page.locator(".w-now")).to_have_count(1)
    page.get_by_role("button", name="Rename or merge Omar").click()
    page.get_by_label("Name, everywhere in this transcript").fill("Omar Hadi")
    page.keyboard.press("Enter")
    saved(page)
    expect(page.locator(".line-speaker", has_text="Omar Hadi").first).to_be_visible()
    assert Speaker.objects.filter(transcript=demo.meeting, name="Omar Hadi").exists()
    lines = demo.meeting.segments.count()
    page.get_by_role("button", name="Rename or merge Omar Hadi").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    saved(page)
    assert Speaker.objects.filter(transcript=demo.meeting).count() == 1
    assert demo.meeting.segments.filter(speaker__name="Layla").count() == lines


def test_characters_that_are_two_in_javascript(demo: Demo, as_alice: Page) -> None:
    """The server counts an emoji and a rare Chinese character once: places behind them are the same on both sides."""
    first = demo.meeting.segments.order_by("position")[0]
    first.set_text("😀👍🏽 and 𠮷 gather needle here, needle there")
    first.words = []
    first.save()
    page = open_editor(as_alice, demo.meeting)
    page.keyboard.press("Control+f")
    page.keyboard.type("needle")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 2")
    now = page.evaluate("[...CSS.highlights.get('found-now')].map(String)")
    assert now + page.evaluate("[...CSS.highlights.get('found')].map(String)") == ["needle", "needle"]
    page.locator("[data-find-next]").click()
    page.locator('#find [name="replace"]').fill("pin 🎈")
    page.locator("[data-replace-one]").click()
    saved(page)
    assert texts(demo.meeting)[0] == "😀👍🏽 and 𠮷 gather needle here, pin 🎈 there"
    page.locator("[data-replace-all]").click()
    saved(page)
    assert texts(demo.meeting)[0] == "😀👍🏽 and 𠮷 gather pin 🎈 here, pin 🎈 there"
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_hidden()
    line(page, 0).focus()
    page.keyboard.press("Control+End")
    for _ in range(len(" there")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(line(page, 1)).to_be_focused()
    saved(page)
    assert texts(demo.meeting)[:2] == ["😀👍🏽 and 𠮷 gather pin 🎈 here, pin 🎈", "there"]
    expect(line(page, 0)).to_have_text("😀👍🏽 and 𠮷 gather pin 🎈 here, pin 🎈")
    expect(line(page, 1)).to_have_text("there")


def test_one_bar_at_a_time_on_a_phone(demo: Demo, alice: User, open_context: OpenContext) -> None:
    page = open_context(alice, viewport={"width": 390, "height": 844}).new_page()
    open_editor(page, demo.meeting)
    page.locator('[data-do="find"]').click()
    page.locator('#find [name="find"]').fill("the")
    page.locator('[data-do="review"]').click()
    expect(page.locator("#review")).to_be_visible()
    expect(page.locator("#find")).to_be_hidden()
    expect(page.locator('[data-do="find"]')).to_have_attribute("aria-expanded", "false")
    page.get_by_role("button", name="Next doubtful place").click()
    expect(page.locator("[data-review-place]")).to_be_visible()
    page.locator('[data-do="find"]').click()
    expect(page.locator("#find")).to_be_visible()
    expect(page.locator("#review")).to_be_hidden()
    expect(page.locator('[data-do="review"]')).to_have_attribute("aria-expanded", "false")
    expect(page.locator('#find [name="find"]')).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator('[data-do="review"]').click()
    expect(page.locator("#find")).to_be_visible()
    expect(page.locator("#review")).to_be_visible()


def test_the_menu_of_a_line(demo: Demo, as_alice: Page) -> None:
    before = texts(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    write(page, 1, " Wrong.")
    saved(page)
    page.locator(".line").nth(1).locator(".line-more").click()
    page.get_by_role("menuitem", name="Join with the line above").click()
    saved(page)
    assert texts(demo.meeting)[0] == f"{before[0]} {before[1]} Wrong."
    page.keyboard.press("Escape")
    expect(page.locator(".w-now")).to_have_count(1)


def test_word_times_are_asked_for_in_the_menu_of_a_line(demo: Demo, as_alice: Page) -> None:
    page = open_editor(as_alice, demo.meeting)
    write(page, 0, " Indeed.")
    saved(page)
    page.locator(".line").nth(0).locator(".line-more").click()
    with page.expect_response(lambda answer: answer.url.endswith("/realign")) as asked:
        page.get_by_role("menuitem", name="Find word times again").click()
    assert asked.value.status == 202
    expect(page.get_by_text("The times of these words are looked for in the recording.")).to_be_visible()


def test_keys_are_listed_and_none_is_taken_from_who_writes(demo: Demo, as_alice: Page) -> None:
    page = open_editor(as_alice, demo.meeting)
    write(page, 0, " n [ ] ?")
    saved(page)
    assert texts(demo.meeting)[0].endswith(" n [ ] ?")
    page.locator(".line-time").first.focus()
    page.keyboard.type("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.get_by_text("Cut the line at the cursor")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    assert page.evaluate("document.querySelector('audio').paused")


def test_find_and_review_reach_lines_that_are_far_away(
    transactional_db: None, organization: Organization, as_alice: Page
) -> None:
    transcript = make_transcript(organization, lines=900)
    far = transcript.segments.order_by("position")[800]
    far.set_text("A needle in the hay")
    far.words = [["needle", far.start_ms, far.end_ms, 0.2, "S1", False]]
    far.save()
    page = open_editor(as_alice, transcript)
    page.keyboard.press("Control+f")
    page.keyboard.type("NEEDLE")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A needle in the hay")).to_be_in_viewport()
    assert page.evaluate("CSS.highlights.get('found-now').size") == 1
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".line-time").first.focus()
    page.keyboard.press("n")
    expect(page.locator("[data-review-word]")).to_have_text("“needle”")
    expect(page.locator("[data-review-left]")).to_have_text("1 left")
    expect(page.locator(".w-asked")).to_have_text("needle")
    expect(page.locator(".w-asked")).to_be_in_viewport()
    page.get_by_role("button", name="Correct", exact=True).click()
    page.keyboard.type("pin")
    saved(page)
    far.refresh_from_db()
    assert far.text == "A pin in the hay"
    page.get_by_role("button", name="Next doubtful place").click()
    expect(page.locator("[data-review-left]")).to_have_text("Nothing left to review")


def test_the_words_of_an_input_method_are_not_torn(demo: Demo, as_alice: Page) -> None:
    """While a word is being composed nothing is saved and nothing drawn again."""
    before = texts(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    line(page, 0).focus()
    page.keyboard.press("Control+End")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(2500)
    assert texts(demo.meeting) == before
    session.send("Input.insertText", {"text": "日本"})
    saved(page)
    assert texts(demo.meeting)[0] == before[0] + "日本"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_everything_open_is_accessible(
    demo: Demo, alice: User, open_context: OpenContext, language: str, theme: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language, theme=theme)
    page = open_context(alice, locale=language, color_scheme=theme, reduced_motion="reduce").new_page()
    open_editor(page, demo.meeting)
    page.locator('[data-do="find"]').click()
    page.locator('#find [name="find"]').fill("the")
    page.locator('[data-do="review"]').click()
    page.locator("[data-review-next]").click()
    expect(page.locator("[data-review-place]")).to_be_visible()
    comment(page)
    line(page, 2).focus()
    page.wait_for_timeout(500)
    faults = axe(page)
    page.locator(".line").nth(2).locator(".line-more").click()
    if language == "en":
        page.screenshot(path=SCREENSHOTS / f"editor-open-{theme}.png")
    faults |= axe(page)
    page.keyboard.press("Escape")
    for opener in ("[data-people] [data-edit]", '[data-do="help"]', "button.line-speaker", *DIALOGS):
        faults |= in_dialog(page, opener)
    assert not faults


# Their content is fetched.
DIALOGS = ('[hx-target="#export-body"]', '[hx-target="#share-body"]')


def comment(page: Page) -> None:
    page.locator("#company textarea").first.fill("Is it so?")
    page.locator("#company form button").last.click()
    expect(page.locator(".thread .comment-text")).to_be_visible()
    page.locator(".thread details").evaluate_all("(all) => all.forEach((one) => (one.open = true))")


def in_dialog(page: Page, opener: str) -> set[str]:
    menu = page.locator("details[data-menu]", has=page.locator(opener))
    if menu.count():
        menu.locator("summary").click()
    page.locator(opener).first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    if opener in DIALOGS:
        expect(page.locator("dialog[open] .share-dialog-body > *").first).to_be_visible()
    faults = axe(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    return faults
