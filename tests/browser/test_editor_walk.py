"""What the design says of the editor, line by line, where no other test has it: heard, reviewed, given to speakers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from accounts.models import User
from media.storage import MediaStorage
from tests.browser.conftest import session_of
from tests.browser.demo import Demo
from tests.browser.editor import line, open_editor, saved, texts, write
from transcription.asr import serial
from transcription.asr.types import Result, Segment
from transcription.models import Transcript

OpenContext = Callable[..., BrowserContext]


@pytest.fixture(params=["en", "ar"])
def reader(request: pytest.FixtureRequest, demo: Demo, alice: User, open_context: OpenContext) -> Page:
    """Alice, in each language; a small window, so that there is something to scroll."""
    User.objects.filter(pk=alice.pk).update(language=request.param)
    return open_context(alice, locale=request.param, viewport={"width": 1100, "height": 520}).new_page()


def doubt(transcript: Transcript, number: int, at: int, sure: float) -> str:
    """Makes a word of a line doubtful; the word."""
    row = transcript.segments.order_by("position")[number]
    row.words[at][3] = sure
    row.save()
    return str(row.words[at][0])


def voices(transcript: Transcript) -> list[str]:
    found = transcript.segments.order_by("position").values_list("speaker__label", flat=True)
    return [label or "" for label in found]


def test_following_ends_by_hand_and_a_button_leads_back(demo: Demo, reader: Page) -> None:
    page = open_editor(reader, demo.meeting)
    word = line(page, 1).locator(".w").nth(1)
    word.click()
    expect(page.locator(".w-now")).to_have_count(1)
    follow = page.locator("[data-follow]")
    expect(follow).to_be_checked()
    page.mouse.move(500, 300)
    page.mouse.wheel(0, 1200)
    expect(page.locator("#to-now")).to_be_visible()
    expect(follow).not_to_be_checked()
    page.locator("#to-now").click()
    expect(page.locator("#to-now")).to_be_hidden()
    expect(follow).to_be_checked()
    expect(page.locator(".line-now")).to_be_in_viewport()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_following_ends_by_the_scrollbar(
    demo: Demo, alice: User, site: str, browser_type: BrowserType, browser_type_launch_args: Any, language: str
) -> None:
    """Playwright hides scrollbars unless it is told not to."""
    User.objects.filter(pk=alice.pk).update(language=language)
    browser = browser_type.launch(**browser_type_launch_args, ignore_default_args=["--hide-scrollbars"])
    context = browser.new_context(base_url=site, locale=language, viewport={"width": 1100, "height": 520})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(alice), "url": site}])
    page = open_editor(context.new_page(), demo.meeting)
    line(page, 1).locator(".w").nth(1).click()
    expect(page.locator(".w-now")).to_have_count(1)
    scrollbar = page.evaluate("innerWidth - document.documentElement.clientWidth")
    assert scrollbar > 0
    page.mouse.move(1100 - scrollbar / 2, 60)
    page.mouse.down()
    page.mouse.move(1100 - scrollbar / 2, 260, steps=5)
    expect(page.locator("#to-now")).to_be_visible()
    expect(page.locator("[data-follow]")).not_to_be_checked()
    page.mouse.up()
    page.mouse.move(500, 300)
    page.locator("#to-now").click()
    expect(page.locator(".line-now")).to_be_in_viewport()
    page.wait_for_timeout(500)
    expect(page.locator("[data-follow]")).to_be_checked()
    browser.close()


def test_shift_and_arrows_go_word_by_word(demo: Demo, reader: Page) -> None:
    """From where nothing was heard yet, and over the end of a line."""
    page = open_editor(reader, demo.meeting)
    first = demo.meeting.segments.order_by("position")[0]
    page.locator("h1").click()
    page.keyboard.press("Shift+ArrowRight")
    expect(line(page, 0).locator(".w-now")).to_have_text(first.words[1][0])
    for _ in range(len(first.words) - 1):
        page.keyboard.press("Shift+ArrowRight")
    expect(line(page, 1).locator(".w-now")).to_have_count(1)
    page.keyboard.press("Shift+ArrowLeft")
    expect(line(page, 0).locator(".w-now")).to_have_text(first.words[-1][0])


def test_brackets_set_the_times_of_the_line(demo: Demo, reader: Page) -> None:
    page = open_editor(reader, demo.meeting)
    second = demo.meeting.segments.order_by("position")[1]
    page.locator(".line").nth(1).locator(".line-time").focus()
    moment = second.start_ms / 1000 + 0.4
    page.evaluate("(moment) => (document.querySelector('audio').currentTime = moment)", moment)
    page.keyboard.press("[")
    saved(page)
    page.evaluate("(moment) => (document.querySelector('audio').currentTime = moment)", moment + 1)
    page.keyboard.press("]")
    saved(page)
    second.refresh_from_db()
    assert (second.start_ms, second.end_ms) == (round(moment * 1000), round(moment * 1000) + 1000)


def test_the_review_accepts_corrects_and_counts(demo: Demo, reader: Page) -> None:
    demo.meeting.segments.update(flags=[])
    for number, at, sure in ((0, 1, 0.2), (1, 2, 0.3), (2, 1, 0.5)):
        doubt(demo.meeting, number, at, sure)
    page = open_editor(reader, demo.meeting)
    page.locator('[data-do="review"]').click()
    expect(page.locator(".w-doubt")).to_have_count(3)
    slider, progress = page.locator("[data-review-threshold]"), page.locator("[data-review-progress]")
    slider.fill("40")
    expect(page.locator(".w-doubt")).to_have_count(2)
    slider.fill("60")
    page.locator("[data-review-next]").click()
    expect(page.locator("[data-review-place]")).to_be_visible()
    for share in (1 / 3, 2 / 3):
        page.locator("[data-review-accept]").click()
        page.wait_for_function(
            "(share) => Math.abs(document.querySelector('[data-review-progress]').value - share) < 0.01", arg=share
        )
    page.locator("[data-review-fix]").click()
    page.keyboard.type("Right")
    saved(page)
    page.locator("[data-review-next]").click()
    expect(page.locator("[data-review-place]")).to_be_hidden()
    assert progress.evaluate("(bar) => bar.value") == 1
    assert texts(demo.meeting)[2].split()[1] == "Right"


def test_all_alike_are_corrected_at_once(demo: Demo, reader: Page) -> None:
    demo.meeting.segments.update(flags=[])
    word = doubt(demo.meeting, 0, 5, 0.2)
    page = open_editor(reader, demo.meeting)
    page.locator(".line-time").first.focus()
    page.keyboard.press("n")
    expect(page.locator("[data-review-word]")).to_contain_text(word)
    page.locator("[data-review-alike]").click()
    expect(page.locator('#find [name="replace"]')).to_be_focused()
    page.keyboard.type("ALIKE")
    expect(page.locator("[data-find-count]")).not_to_be_empty()
    page.locator("[data-replace-all]").click()
    saved(page)
    bare = word.strip(".,").lower()
    found = [text for text in texts(demo.meeting) if bare in [one.strip(".,?").lower() for one in text.split()]]
    assert found == [] and any("ALIKE" in text for text in texts(demo.meeting))


@pytest.mark.parametrize("scope", ["line", "run", "all"])
def test_a_speaker_for_a_line_the_run_or_all(demo: Demo, as_alice: Page, scope: str) -> None:
    lines = list(demo.meeting.segments.order_by("position"))
    demo.meeting.segments.filter(pk__in=[one.pk for one in lines[2:5]]).update(speaker=lines[0].speaker)
    before = voices(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    page.locator(".line").nth(2).locator("button.line-speaker").click()
    page.locator(f'#choose-speaker input[value="{scope}"]').check()
    page.locator("#choose-speaker .choice").nth(1).click()
    saved(page)
    after = [
        "S2" if scope == "all" or (at in {"line": [2], "run": [2, 3, 4]}[scope]) else one
        for at, one in enumerate(before)
    ]
    assert voices(demo.meeting) == after


def test_all_lines_of_nobody_are_those_of_nobody(demo: Demo, as_alice: Page) -> None:
    lines = list(demo.meeting.segments.order_by("position"))
    demo.meeting.segments.filter(pk__in=[one.pk for one in (lines[1], lines[3])]).update(speaker=None)
    before = voices(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    page.locator(".line").nth(1).locator("button.line-speaker").click()
    page.locator('#choose-speaker input[value="all"]').check()
    page.locator("#choose-speaker .choice").first.click()
    saved(page)
    assert voices(demo.meeting) == [one or "S1" for one in before]


def test_what_the_machine_heard(demo: Demo, reader: Page, media_storage: MediaStorage) -> None:
    rows = demo.meeting.segments.order_by("position")
    heard = tuple(Segment(row.start_ms, row.end_ms, row.text, serial.words_from_json(row.words)) for row in rows)
    data = orjson.dumps(serial.result_to_json(Result(heard, "en", 0.9, demo.meeting.duration_ms)))
    media_storage.save_bytes(demo.meeting.result_key, data, content_type="application/json")
    before = texts(demo.meeting)
    page = open_editor(reader, demo.meeting)
    write(page, 1, " Not said.")
    saved(page)
    page.keyboard.press("Alt+m")
    note = page.locator(".line-machine")
    expect(note.locator("[data-theirs]")).to_have_text(before[1])
    note.locator("[data-take]").click()
    saved(page)
    assert texts(demo.meeting) == before


def test_the_ways_of_looking(demo: Demo, reader: Page) -> None:
    for row, text in zip(
        demo.meeting.segments.order_by("position"), ("Cat cat concat", "المَدرسةِ والمدرسه"), strict=False
    ):
        row.set_text(text)
        row.words = []
        row.save()
    page = open_editor(reader, demo.meeting)
    page.keyboard.press("Control+f")
    field = page.locator('#find [name="find"]')
    field.fill("cat")
    hits = "() => (CSS.highlights.get('found')?.size ?? 0) + (CSS.highlights.get('found-now')?.size ?? 0)"
    for option, count in ((None, 3), ("case", 2), ("whole_word", 1)):
        if option:
            page.locator(f'#find [name="{option}"]').check()
        page.wait_for_function(f"(count) => ({hits})() === count", arg=count)
    field.fill("المدرسة")
    page.locator('#find [name="case"]').uncheck()
    page.locator('#find [name="whole_word"]').uncheck()
    page.locator('#find [name="fold"]').check()
    page.wait_for_function(f"(count) => ({hits})() === count", arg=1)


def test_each_line_in_its_own_direction(demo: Demo, reader: Page) -> None:
    row = demo.meeting.segments.order_by("position")[1]
    row.set_text("مرحبا بكم")
    row.words = []
    row.save()
    page = open_editor(reader, demo.meeting)
    directions = [line(page, at).evaluate("(place) => getComputedStyle(place).direction") for at in (0, 1)]
    assert directions == ["ltr", "rtl"]
    assert page.locator(".player-bar").evaluate("(bar) => getComputedStyle(bar).direction") == "ltr"


def test_jumping_about_marks_each_frame_once(demo: Demo, as_alice: Page) -> None:
    page = open_editor(as_alice, demo.meeting)
    page.locator("[data-play]").click()
    for _ in range(8):
        page.locator("[data-forward]").click()
        page.locator("[data-back]").click()
        page.wait_for_timeout(60)
    marks, frames = page.evaluate(COUNT)
    assert marks <= frames + 10


# How often the moment is told in a second, and how many frames the browser drew in it.
COUNT = """() => new Promise((resolve) => {
  const found = [0, 0];
  document.addEventListener("tadwin:time", () => (found[0] += 1));
  const frame = () => { found[1] += 1; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  setTimeout(() => resolve([...found]), 1000);
})"""
