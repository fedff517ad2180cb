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


def write(page: Page, number: int, words: str) -> None:
    """At the end of a line."""
    line(page, number).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def saved(page: Page) -> None:
    # What was typed is on its way within two seconds.
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=4000)


def state_of(transcript: Transcript) -> list[tuple[object, ...]]:
    """All that undo must bring back."""
    rows = transcript.segments.order_by("position")
    return list(rows.values_list("text", "start_ms", "end_ms", "speaker__label", "words"))


def edit_ten_things(page: Page, transcript: Transcript, replacement: str = "TADWIN") -> None:
    """By keyboard alone, from the first line on; each is checked in the database."""
    before = texts(transcript)
    edit_text(page, transcript, before)
    edit_line(page, transcript)
    edit_order(page, transcript, before)
    edit_voice(page, transcript)
    edit_everywhere(page, transcript, max(before[1].split(), key=len).strip(".,،"), replacement)
    accept_a_doubt(page, transcript)


def edit_text(page: Page, transcript: Transcript, before: list[str]) -> None:
    """Typing; Enter cuts, and the caret goes on in the new line; Backspace at the start joins again."""
    write(page, 0, " 2.5")
    saved(page)
    assert texts(transcript)[0] == before[0] + " 2.5"
    first_word = before[0].split()[0]
    caret(line(page, 0), len(first_word))
    page.keyboard.press("Enter")
    expect(line(page, 1)).to_be_focused()
    saved(page)
    assert texts(transcript)[0] == first_word
    assert len(texts(transcript)) == len(before) + 1
    page.keyboard.press("Backspace")
    expect(line(page, 0)).to_be_focused()
    saved(page)
    assert texts(transcript)[0] == before[0] + " 2.5"


def edit_line(page: Page, transcript: Transcript) -> None:
    """A number with Alt gives the line a voice; it ends where the sound is."""
    own = transcript.segments.order_by("position")
    page.keyboard.press("Alt+2")
    saved(page)
    assert own[0].speaker.label == "S2"
    for key in ("Alt+.", "Alt+,", "Alt+.", "Alt+]"):
        page.keyboard.press(key)
    saved(page)
    assert own[0].end_ms == 5000


def edit_order(page: Page, transcript: Transcript, before: list[str]) -> None:
    """A line below, written at once; and away with it."""
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(line(page, 2)).to_be_focused()
    page.keyboard.type("Between the lines")
    saved(page)
    assert texts(transcript)[2] == "Between the lines"
    page.keyboard.press("Alt+Delete")
    saved(page)
    assert len(texts(transcript)) == len(before)


def edit_voice(page: Page, transcript: Transcript) -> None:
    page.keyboard.press("Alt+s")
    page.locator("#choose-new").focus()
    page.keyboard.type("Nadia")
    page.keyboard.press("Enter")
    expect(page.locator("#choose-speaker")).to_be_hidden()
    saved(page)
    assert transcript.segments.filter(speaker__name="Nadia").count() == 1


def edit_everywhere(page: Page, transcript: Transcript, word: str, replacement: str) -> None:
    page.keyboard.press("Control+h")
    page.locator('#find [name="find"]').focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(word)
    expect(page.locator("[data-find-count]")).to_contain_text("1")
    page.locator('#find [name="replace"]').focus()
    page.keyboard.type(replacement)
    page.locator("[data-replace-all]").focus()
    page.keyboard.press("Enter")
    saved(page)
    assert replacement in texts(transcript)[1]
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_hidden()


def accept_a_doubt(page: Page, transcript: Transcript) -> None:
    edits = transcript.operations.count()
    page.locator(".line-time").first.focus()
    page.keyboard.press("n")
    expect(page.locator("#review")).to_be_visible()
    if not transcript.segments.exclude(flags=[]).exists():
        return
    expect(page.locator("[data-review-place]")).to_be_visible()
    page.keyboard.press("Alt+a")
    page.wait_for_timeout(600)
    saved(page)
    assert transcript.operations.count() == edits + 1


def undo_everything(page: Page) -> None:
    _press_until_nothing_is_left(page, "undo", "Control+z")


def redo_everything(page: Page) -> None:
    _press_until_nothing_is_left(page, "redo", "Control+Shift+z")


def _press_until_nothing_is_left(page: Page, action: str, keys: str) -> None:
    line(page, 0).focus()
    button = page.locator(f"[data-do={action}]")
    for _ in range(40):
        if button.is_disabled():
            break
        page.keyboard.press(keys)
        saved(page)
    expect(button).to_be_disabled()


def export(page: Page) -> str:
    page.get_by_text("Download", exact=True).or_(page.get_by_text("تنزيل", exact=True)).first.focus()
    page.keyboard.press("Enter")
    with page.expect_download() as waiting:
        page.locator('a[href$="/download/txt"]').focus()
        page.keyboard.press("Enter")
    return waiting.value.path().read_text()
