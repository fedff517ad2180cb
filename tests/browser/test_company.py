"""The company of a text in real browsers: comments, people who are called, highlights, presence, the lock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from organizations.authenticate import caller_for_user
from organizations.models import Notification
from tests.browser.demo import Demo
from tests.workers import Live
from transcription.models import Comment, Highlight
from transcription.services import editing

Open = Callable[..., BrowserContext]


def text_of(page: Page, demo: Demo) -> Page:
    page.goto(f"/o/{demo.organization.slug}/transcripts/{demo.meeting.pk}")
    page.locator("#company-body [data-company]").wait_for()
    return page


def test_a_comment_calls_somebody_by_keyboard(demo: Demo, bob: User, as_alice: Page, open_context: Open) -> None:
    page = text_of(as_alice, demo)
    page.get_by_label("New comment").focus()
    page.keyboard.type("@bo")
    expect(page.locator(".mention-list li")).to_have_text(["Bob"])
    page.keyboard.press("Enter")
    page.keyboard.type("who says this?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".thread .comment-text")).to_have_text("@Bob who says this?")
    assert Notification.objects.get(user=bob).kind == "comment.mentioned"

    other = open_context(bob).new_page()
    other.goto(Notification.objects.get(user=bob).path)
    thread = other.locator(".thread-heard")
    expect(thread).to_contain_text("who says this?")
    thread.get_by_text("Answer", exact=True).click()
    thread.get_by_label("Your answer").fill("I do.")
    thread.get_by_role("button", name="Send").click()
    expect(other.locator(".reply .comment-text")).to_have_text("I do.")
    other.get_by_role("button", name="Resolve").click()
    expect(other.get_by_text("1 resolved")).to_be_visible()


def test_the_list_of_people_goes_when_one_leaves_the_field(demo: Demo, bob: User, as_alice: Page) -> None:
    page = text_of(as_alice, demo)
    page.get_by_label("New comment").focus()
    page.keyboard.type("@bo")
    expect(page.locator(".mention-list li")).to_have_text(["Bob"])
    page.locator("h1").click()
    expect(page.locator(".mention-list")).to_be_hidden()


def test_words_are_highlighted_and_stay_so(demo: Demo, as_alice: Page) -> None:
    page = text_of(as_alice, demo)
    select(page, first=0, last=3)
    page.get_by_role("button", name="Highlight in green").click()
    expect(page.locator(".w.mark-green")).to_have_count(4)
    expect(page.locator(".mark-row")).to_have_count(1)
    page.reload()
    expect(page.locator(".w.mark-green")).to_have_count(4)
    page.locator(".mark-row button").click()
    expect(page.locator(".mark-row")).to_have_count(0)
    assert not Highlight.objects.exists()


def test_two_people_see_each_other_and_what_the_other_does(
    live: Live, demo: Demo, bob: User, as_alice: Page, open_context: Open
) -> None:
    first = text_of(as_alice, demo)
    second = text_of(open_context(bob).new_page(), demo)
    expect(first.locator("#presence")).to_contain_text("Bob")
    expect(second.locator("#presence")).to_contain_text("Alice Ahmad")
    second.evaluate(
        "document.dispatchEvent(new CustomEvent('tadwin:line-focus', {detail: {segment:"
        " document.querySelector('.line').dataset.segment}}))"
    )
    expect(first.locator(".line[data-taken]")).to_have_attribute("data-taken", "Bob is in this line")
    first.get_by_label("New comment").fill("Half a thought")
    Comment.objects.all().delete()
    second.get_by_label("New comment").fill("From Bob")
    second.get_by_role("button", name="Comment", exact=True).click()
    # Alice writes: what she has is not taken away from her.
    expect(first.get_by_role("button", name="New comments. Show them")).to_be_visible()
    expect(first.get_by_label("New comment")).to_have_value("Half a thought")
    first.get_by_label("New comment").fill("")
    first.get_by_role("button", name="New comments. Show them").click()
    expect(first.locator(".thread .comment-text")).to_have_text("From Bob")
    second.close()
    expect(first.locator("#presence")).not_to_contain_text("Bob")


def test_final_is_told_at_once(live: Live, demo: Demo, bob: User, as_alice: Page, open_context: Open) -> None:
    first, second = text_of(as_alice, demo), text_of(open_context(bob).new_page(), demo)
    expect(first.locator("#presence")).to_contain_text("Bob")
    first.evaluate("document.addEventListener('tadwin:lock', (event) => (window.locked = event.detail.locked))")
    second.locator("#review-status").select_option("final")
    second.get_by_role("button", name="Set").click()
    expect(second.locator("[data-company]")).to_have_attribute("data-locked", "1")
    expect(first.locator("[data-company]")).to_have_attribute("data-locked", "1")
    assert first.evaluate("window.locked") is True


def test_without_scripts_comments_are_a_page_of_their_own(demo: Demo, alice: User, open_context: Open) -> None:
    page = open_context(alice, java_script_enabled=False).new_page()
    page.goto(f"/o/{demo.organization.slug}/transcripts/{demo.meeting.pk}")
    page.get_by_role("link", name="Comments and highlights").click()
    page.get_by_label("New comment").fill("By hand")
    page.locator("[data-moment]").fill("0:05")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".thread .comment-text")).to_have_text("By hand")
    assert Comment.objects.get().at_ms == 5000
    page.get_by_label("New comment").fill("Wrong moment")
    page.locator("[data-moment]").fill("soon")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("Write a moment like 1:23")).to_be_visible()
    expect(page.get_by_label("New comment")).to_have_value("Wrong moment")


def test_a_viewer_reads_and_writes_nothing(demo: Demo, carol: User, alice: User, open_context: Open) -> None:
    Comment.objects.create(organization=demo.organization, transcript=demo.meeting, at_ms=0, text="Seen", author=alice)
    page = text_of(open_context(carol).new_page(), demo)
    expect(page.locator(".thread .comment-text")).to_have_text("Seen")
    assert page.locator("#company-body form").count() == 0
    select(page, first=0, last=2)
    assert page.locator(".mark-tools").count() == 0


def select(page: Page, *, first: int, last: int) -> None:
    page.evaluate(
        """([first, last]) => {
          const words = [...document.querySelectorAll("#lines .w")];
          const range = document.createRange();
          range.setStartBefore(words[first]);
          range.setEndAfter(words[last]);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [first, last],
    )


def test_the_export_shows_what_it_gives(demo: Demo, as_alice: Page) -> None:
    page = text_of(as_alice, demo)
    page.locator("summary", has_text="Download").click()
    page.get_by_role("link", name="Options and preview").click()
    dialog = page.locator("dialog.export-dialog")
    expect(dialog.locator(".export-text")).to_contain_text("00:00:00,000 -->")
    dialog.get_by_label("Names of the speakers").uncheck()
    expect(dialog.locator(".export-text")).not_to_contain_text("Layla:")
    dialog.get_by_label("Format").select_option("txt")
    expect(dialog.get_by_label("Characters a line")).to_be_hidden()
    dialog.get_by_label("Times", exact=True).check()
    expect(dialog.locator(".export-text")).to_contain_text("[00:00:00] Good morning.")
    expect(dialog.locator(".export-api")).to_contain_text("format=txt&speakers=0&timestamps=1")
    shown = dialog.locator(".export-text").text_content()
    with page.expect_download() as found:
        dialog.get_by_role("button", name="Download").click()
    assert found.value.suggested_filename == "Weekly product review.txt"
    assert found.value.path().read_text() == shown
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_documents_are_shown_as_they_will_look(demo: Demo, as_alice: Page) -> None:
    page = text_of(as_alice, demo)
    page.locator("summary", has_text="Download").click()
    page.get_by_role("link", name="Options and preview").click()
    dialog = page.locator("dialog.export-dialog")
    expect(dialog).to_be_visible()
    # htmx hears a form some 20 ms after it is shown.
    expect(page.locator(".htmx-settling")).to_have_count(0)
    dialog.get_by_label("Format").select_option("pdf")
    first_page = dialog.get_by_role("img", name="The first page")
    expect(first_page).to_be_visible()
    page.wait_for_function("() => document.querySelector('.export-page-one')?.naturalWidth > 100")
    before = first_page.get_attribute("src")
    dialog.get_by_label("Times", exact=True).check()
    expect(first_page).not_to_have_attribute("src", before or "")
    page.wait_for_function("() => document.querySelector('.export-page-one')?.naturalWidth > 100")
    dialog.get_by_label("Format").select_option("docx")
    expect(dialog.locator(".export-head").first).to_have_text("Layla 00:00:00")
    dialog.get_by_label("Names of the speakers").uncheck()
    expect(dialog.locator(".export-head").first).to_have_text("00:00:00")


def test_subtitles_are_shown_when_they_are_heard(demo: Demo, as_alice: Page) -> None:
    page = as_alice
    page.goto(f"/o/{demo.organization.slug}/transcripts/{demo.meeting.pk}/subtitles?max_cps=12")
    expect(page.get_by_text("Too fast to read").first).to_be_visible()
    row = page.locator("[data-cue]").nth(2)
    start = float(row.get_attribute("data-start") or 0)
    page.evaluate("(moment) => (document.querySelector('audio').currentTime = moment)", start + 0.1)
    expect(row).to_have_class("cue-now")
    assert page.locator("[data-now]").text_content() == row.locator("[data-words]").text_content()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_version_comes_back(demo: Demo, alice: User, as_alice: Page, language: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    line = demo.meeting.segments.earliest("position")
    text = line.text
    caller = caller_for_user(alice, demo.organization.slug)
    editing.edit_line(
        caller=caller, transcript=demo.meeting, segment_id=line.pk, version=line.version, text="Wrong words."
    )
    page = text_of(as_alice, demo)
    page.locator('a[href$="/versions"]').click()
    page.locator('.edits a[href="?from=0&to=1"]').click()
    expect(page.locator(".compare ins").first).to_have_text("Wrong words.")
    page.locator(".compare").get_by_role("button").click()
    expect(page.locator(".toast")).to_contain_text({"en": "Restored.", "ar": "تمت الاستعادة."}[language])
    line.refresh_from_db()
    assert line.text == text
