"""What all tests of the transcript editor do: open it, go somewhere in it, wait until it has saved."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from transcription.models import Transcript


def texts(transcript: Transcript) -> list[str]:
    return list(transcript.segments.order_by("position").values_list("text", flat=True))


def open_editor(page: Page, transcript: Transcript) -> Page:
    page.goto(f"/o/{transcript.organization.slug}/transcripts/{transcript.pk}")
    expect(page.locator("#editor-bar")).to_be_visible()
    return page


def line(page: Page, number: int) -> Locator:
    return page.locator(".line").nth(number).locator(".line-text")


def caret(place: Locator, at: int) -> None:
    """Puts the caret before a character, as a click there would."""
    place.focus()
    place.press("Control+Home")
    on = "ArrowLeft" if place.evaluate("(place) => getComputedStyle(place).direction") == "rtl" else "ArrowRight"
    for _ in range(at):
        place.press(on)


def saved(page: Page) -> None:
    # What was typed is on its way within two seconds.
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=4000)


def state_of(transcript: Transcript) -> list[tuple[object, ...]]:
    """All that undo must bring back."""
    rows = transcript.segments.order_by("position")
    return list(rows.values_list("text", "start_ms", "end_ms", "speaker__label", "words"))
