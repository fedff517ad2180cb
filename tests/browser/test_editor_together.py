"""Two people in one transcript, and what becomes of text that could not be saved at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from accounts.models import User
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.roles import Role
from tests.browser.demo import Demo
from tests.browser.editor import caret, line, open_editor, saved, texts, write
from tests.browser.test_live import Stage
from tests.factories import make_member, make_transcript
from transcription.models import Segment, Transcript
from transcription.services import editing

OpenContext = Callable[..., BrowserContext]


def two_pages(demo: Demo, alice: User, open_context: OpenContext) -> tuple[Page, Page]:
    bob = make_member(demo.organization, Role.MEMBER)
    first = open_editor(open_context(alice).new_page(), demo.meeting)
    second = open_editor(open_context(bob).new_page(), demo.meeting)
    return first, second


def test_two_people_edit_different_lines(demo: Demo, alice: User, open_context: OpenContext) -> None:
    before = texts(demo.meeting)
    first, second = two_pages(demo, alice, open_context)
    write(second, 2, " Theirs.")
    saved(second)
    # While the first goes on in a line of their own, the other's line changes in front of them.
    write(first, 0, " Mine.")
    saved(first)
    expect(line(first, 2)).to_have_text(before[2] + " Theirs.", timeout=15_000)
    expect(line(second, 0)).to_have_text(before[0] + " Mine.", timeout=15_000)
    expect(line(first, 0)).to_be_focused()
    assert texts(demo.meeting)[:3] == [before[0] + " Mine.", before[1], before[2] + " Theirs."]


@pytest.mark.parametrize("choice", ["mine", "take"])
def test_the_same_line_asks(demo: Demo, alice: User, open_context: OpenContext, choice: str) -> None:
    before = texts(demo.meeting)
    first, second = two_pages(demo, alice, open_context)
    line(first, 0).focus()
    first.keyboard.press("Control+End")
    write(second, 0, " Theirs.")
    first.keyboard.type(" Mine.")
    saved(second)
    conflict = first.locator(".line-conflict")
    expect(conflict).to_contain_text(before[0] + " Theirs.")
    expect(first.locator("#save-state")).to_have_attribute("data-state", "asks")
    assert texts(demo.meeting)[0] == before[0] + " Theirs."
    conflict.locator(f"[data-{choice}]").click()
    saved(first)
    wanted = before[0] + (" Mine." if choice == "mine" else " Theirs.")
    expect(line(first, 0)).to_have_text(wanted)
    assert texts(demo.meeting)[0] == wanted


def test_another_ones_speaker_does_not_stop_my_text(demo: Demo, alice: User, open_context: OpenContext) -> None:
    before = texts(demo.meeting)
    first, second = two_pages(demo, alice, open_context)
    line(first, 0).focus()
    first.keyboard.press("Control+End")
    line(second, 0).focus()
    second.keyboard.press("Alt+2")
    first.keyboard.type(" Mine.")
    saved(second)
    saved(first)
    row = demo.meeting.segments.order_by("position")[0]
    assert (row.text, row.speaker.label) == (before[0] + " Mine.", "S2")


def test_typing_goes_on_without_a_connection(demo: Demo, as_alice: Page) -> None:
    """For a minute, by the page's clock."""
    before = texts(demo.meeting)
    as_alice.clock.install()
    page = open_editor(as_alice, demo.meeting)
    line(page, 0).focus()
    page.keyboard.press("Control+End")
    page.context.set_offline(True)
    page.keyboard.type(" While away.")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline", timeout=4000)
    page.keyboard.press("Alt+ArrowDown")
    caret(line(page, 1), 3)
    page.keyboard.press("Enter")
    page.keyboard.type("Cut off ")
    for _ in range(12):
        page.clock.run_for(5000)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline")
    assert texts(demo.meeting) == before
    page.context.set_offline(False)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=30_000)
    now = texts(demo.meeting)
    assert now[:3] == [before[0] + " While away.", before[1][:3], "Cut off " + before[1][3:].strip()]


def test_a_draft_outlives_the_page(demo: Demo, alice: User, open_context: OpenContext) -> None:
    """The page ends, as in a crash, while the connection is away; another one offers what was typed."""
    before = texts(demo.meeting)
    context = open_context(alice)
    page = open_editor(context.new_page(), demo.meeting)
    page.route("**/api/v1/**", lambda route: route.abort())
    write(page, 0, " Nearly lost.")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline", timeout=4000)
    page.wait_for_timeout(500)
    page.close(run_before_unload=False)
    page = open_editor(context.new_page(), demo.meeting)
    offer = page.locator("#draft")
    expect(offer).to_contain_text(before[0] + " Nearly lost.")
    assert texts(demo.meeting) == before
    offer.locator("[data-draft-apply]").click()
    saved(page)
    assert texts(demo.meeting)[0] == before[0] + " Nearly lost."
    page.reload()
    expect(page.locator("#editor-bar")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("#draft")).to_be_hidden()


def test_leaving_in_mid_edit_warns_and_loses_nothing(demo: Demo, as_alice: Page) -> None:
    before = texts(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.route("**/api/v1/**/segments/*", lambda route: route.abort())
    write(page, 0, " In mid")
    page.reload()
    page.unroute("**/api/v1/**/segments/*")
    assert asked == ["beforeunload"]
    page.locator("[data-draft-apply]").click()
    saved(page)
    assert texts(demo.meeting)[0] == before[0] + " In mid"


def test_a_final_text_is_locked_in_every_window(demo: Demo, as_alice: Page) -> None:
    edits = demo.meeting.operations.count()
    page = open_editor(as_alice, demo.meeting)
    Transcript.objects.filter(pk=demo.meeting.pk).update(status="final")
    line(page, 0).focus()
    page.keyboard.type("x")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "locked", timeout=4000)
    assert page.locator("[contenteditable]").count() == 0
    assert demo.meeting.operations.count() == edits


def test_everybody_sees_what_was_replaced_in_all_lines(
    transactional_db: None, organization: Organization, alice: User, open_context: OpenContext
) -> None:
    """More lines than one answer tells; what somebody is typing meanwhile stays."""
    transcript = make_transcript(organization, lines=700)
    bob = make_member(organization, Role.MEMBER)
    first, second = (open_editor(open_context(user).new_page(), transcript) for user in (alice, bob))
    # The last lines are not among those that an answer tells.
    for page in (first, second):
        page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        expect(page.get_by_text("Line number 700.", exact=True)).to_be_visible()
    first.keyboard.press("Control+h")
    first.locator('#find [name="find"]').fill("Line number")
    expect(first.locator("[data-find-count]")).to_contain_text("of 700")
    first.locator('#find [name="replace"]').fill("Row")
    first.locator("[data-replace-all]").click()
    expect(first.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)
    for page in (first, second):
        expect(page.get_by_text("Row 700.", exact=True)).to_be_visible(timeout=15_000)
        expect(page.locator(".line-text", has_text="Line number")).to_have_count(0)
    first.keyboard.press("Escape")
    first.keyboard.press("Control+z")
    expect(first.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)
    expect(first.locator(".line-text", has_text="Row")).to_have_count(0)
    assert texts(transcript)[650] == "Line number 651."


def test_news_that_comes_while_older_news_is_fetched(demo: Demo, alice: User, as_alice: Page) -> None:
    """The live process tells of each version once: what is told during a request is asked for after it."""
    caller = caller_for_user(alice, demo.organization.slug)
    rows = list(demo.meeting.segments.order_by("position")[:2])

    def somebody_writes(row: Segment, words: str) -> None:
        meeting, version = demo.meeting, row.version
        editing.edit_line(caller=caller, transcript=meeting, segment_id=row.pk, version=version, text=words)
        meeting.refresh_from_db()
        stage.say(type="transcript.changed", transcript=str(meeting.pk), version=meeting.version)
        page.wait_for_timeout(200)

    stage, held = Stage(as_alice), list[Route]()
    page = open_editor(as_alice, demo.meeting)
    stage.say(type="snapshot", jobs=[])
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.route("**/changes?*", lambda route: held.insert(0, route), times=1)
    somebody_writes(rows[0], "First.")
    early = held[0].fetch()
    somebody_writes(rows[1], "Second.")
    held[0].fulfill(response=early)
    expect(line(page, 0)).to_have_text("First.")
    expect(line(page, 1)).to_have_text("Second.")
