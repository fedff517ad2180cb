"""The whole way of a new customer in one walk, through real processes: server, live process, worker, engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings

from tests.browser.conftest import SCREENSHOTS
from tests.browser.demo import DEMO
from tests.browser.editor import (
    edit_ten_things,
    export,
    open_editor,
    redo_everything,
    state_of,
    texts,
    undo_everything,
)
from tests.browser.test_every_page import PHONE, WIDE
from tests.browser.test_first_visit import sign_up
from tests.workers import Live, Worker
from transcription.models import Transcript

# Every value that a progress bar takes, from before the first one is drawn.
WATCH = """() => {
  window.progress = [];
  const look = () => {
    for (const bar of document.querySelectorAll("#lists [data-progress]")) {
      if (window.progress.at(-1) !== bar.value) window.progress.push(bar.value);
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who walks: what is uploaded, which engine hears it, what is typed, and the browser it is done with."""

    name: str
    file: str
    engine: str
    replacement: str
    browser: dict[str, Any] = field(default_factory=dict)


AT_A_DESK = Visitor("en-desk", "team-meeting.mp3", "embedded", "TADWIN", {"locale": "en", "viewport": WIDE})
ON_A_PHONE = Visitor(
    "ar-phone",
    "arabic-greeting.mp3",
    "greeting",
    "مرحبا",
    {"locale": "ar", "color_scheme": "dark", "viewport": PHONE, "has_touch": True, "is_mobile": True},
)


@pytest.fixture(params=[AT_A_DESK, ON_A_PHONE], ids=lambda visitor: visitor.name)
def visitor(request: pytest.FixtureRequest, settings: Settings) -> Visitor:
    chosen: Visitor = request.param
    settings.ASR_ENGINE = chosen.engine
    return chosen


@pytest.fixture
def worker(transactional_db: None, site: str) -> Iterator[Worker]:
    """Gets ready while the visitor signs up."""
    process = Worker()
    with ExitStack() as running:
        process.start()
        running.push(process)
        yield process


def test_from_signing_up_to_a_file(
    visitor: Visitor, worker: Worker, live: Live, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(**visitor.browser).new_page()
    sign_up(page)
    upload_and_watch(page, visitor)
    transcript = Transcript.objects.get()
    page.locator("#toasts a").first.click()
    expect(page.locator("#editor-bar")).to_be_visible()
    before = state_of(transcript)
    edit_ten_things(page, transcript, visitor.replacement)
    picture(page, visitor, "edited")
    edited = state_of(transcript)
    undo_everything(page)
    assert state_of(transcript) == before
    redo_everything(page)
    assert state_of(transcript) == edited
    compare(page, transcript, visitor)
    open_editor(page, transcript)
    written = export(page)
    assert visitor.replacement in written
    assert all(one in written for one in texts(transcript)[0].split())
    assert "S1" not in written


def upload_and_watch(page: Page, visitor: Visitor) -> None:
    """The bar moves by what the live process says: the page would ask only every five seconds."""
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.evaluate(WATCH)
    page.locator("#id_files").set_input_files(DEMO / visitor.file)
    expect(page.locator("#lists [data-progress]")).to_be_visible(timeout=MINUTE)
    page.wait_for_function("() => window.progress.some((value) => value > 0)", timeout=MINUTE)
    picture(page, visitor, "running")
    expect(page.locator("#toasts a").first).to_be_visible(timeout=MINUTE)
    seen = page.evaluate("window.progress")
    assert len([value for value in seen if 0 < value < 1]) >= 2, seen
    assert seen == sorted(seen)


def compare(page: Page, transcript: Transcript, visitor: Visitor) -> None:
    """What the machine wrote beside what was made of it."""
    transcript.refresh_from_db()
    page.locator('a[href$="/versions"]').click()
    page.locator('[name="from"]').fill("0")
    page.locator('[name="to"]').fill(str(transcript.version))
    page.keyboard.press("Enter")
    table = page.locator("table.compare")
    expect(table.locator("ins", has_text="2.5")).to_be_visible()
    expect(table.locator("ins", has_text=visitor.replacement).first).to_be_visible()
    assert fits(page)
    picture(page, visitor, "versions")


def fits(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return found


def picture(page: Page, visitor: Visitor, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"walk-{visitor.name}-{name}.png")
