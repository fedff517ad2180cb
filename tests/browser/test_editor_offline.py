"""Undo and redo of what has not reached the server yet: here at once, and on the server once the connection is back."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.demo import Demo
from tests.browser.editor import caret, line, open_editor, saved, state_of, texts, write


def away(page: Page) -> None:
    page.context.set_offline(True)


def back(page: Page) -> None:
    page.context.set_offline(False)
    # A request that was refused is made again after a while, at once when the browser says that it is online.
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=8000)


def kept_here(page: Page) -> None:
    """What was typed waits for the connection."""
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline", timeout=4000)


def add(page: Page, number: int, words: str) -> None:
    write(page, number, words)
    kept_here(page)


def add_two_and_undo_one(page: Page) -> None:
    away(page)
    add(page, 0, " One.")
    add(page, 1, " Two.")
    page.keyboard.press("Control+z")


def seen(page: Page) -> list[str]:
    return page.locator(".line .line-text").all_text_contents()


def test_undone_twice_and_redone_once_is_what_is_saved(demo: Demo, as_alice: Page) -> None:
    before = texts(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    add_two_and_undo_one(page)
    expect(line(page, 1)).to_have_text(before[1])
    page.keyboard.press("Control+z")
    expect(line(page, 0)).to_have_text(before[0])
    page.keyboard.press("Control+Shift+z")
    expect(line(page, 0)).to_have_text(f"{before[0]} One.")
    back(page)
    assert texts(demo.meeting) == seen(page) == [f"{before[0]} One.", *before[1:]]
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert texts(demo.meeting)[1] == seen(page)[1] == f"{before[1]} Two."


def test_lines_that_were_cut_joined_and_deleted(demo: Demo, as_alice: Page) -> None:
    before, whole = texts(demo.meeting), state_of(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    away(page)
    caret(line(page, 0), len(before[0].split()[0]))
    page.keyboard.press("Enter")
    expect(line(page, 1)).to_be_focused()
    add(page, 1, " More.")
    page.keyboard.press("Alt+Delete")
    expect(line(page, 1)).to_have_text(before[1])
    caret(line(page, 1), 0)
    page.keyboard.press("Backspace")
    joined = f"{before[0].split()[0]} {before[1]}"
    expect(line(page, 0)).to_have_text(joined)
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert seen(page) == before
    expect(page.locator("[data-do=undo]")).to_be_disabled()
    for _ in range(4):
        page.keyboard.press("Control+Shift+z")
    assert seen(page) == [joined, *before[2:]]
    expect(page.locator("[data-do=redo]")).to_be_disabled()
    back(page)
    assert texts(demo.meeting) == seen(page) == [joined, *before[2:]]
    while page.locator("[data-do=undo]").is_enabled():
        page.keyboard.press("Control+z")
        saved(page)
    assert state_of(demo.meeting) == whole


def test_an_undo_that_the_server_has_not_heard_of_is_taken_back(demo: Demo, as_alice: Page) -> None:
    page = open_editor(as_alice, demo.meeting)
    write(page, 0, " Saved.")
    saved(page)
    after, edits = texts(demo.meeting), demo.meeting.operations.count()
    away(page)
    page.keyboard.press("Control+z")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline", timeout=4000)
    page.keyboard.press("Control+Shift+z")
    back(page)
    assert texts(demo.meeting) == seen(page) == after
    assert demo.meeting.operations.count() == edits


def test_what_was_undone_is_redone_after_a_reload(demo: Demo, as_alice: Page) -> None:
    before = texts(demo.meeting)
    page = open_editor(as_alice, demo.meeting)
    add_two_and_undo_one(page)
    page.wait_for_timeout(400)
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/api/v1/transcripts/*/segments/*", lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    page.get_by_role("button", name="Put them back").click()
    expect(line(page, 0)).to_have_text(f"{before[0]} One.")
    expect(line(page, 1)).to_have_text(before[1])
    line(page, 1).focus()
    page.keyboard.press("Control+Shift+z")
    expect(line(page, 1)).to_have_text(f"{before[1]} Two.")
    page.unroute("**/api/v1/transcripts/*/segments/*")
    back(page)
    assert texts(demo.meeting) == seen(page) == [f"{before[0]} One.", f"{before[1]} Two.", *before[2:]]


def test_a_line_that_breaks_in_the_middle_of_an_answer(demo: Demo, as_alice: Page) -> None:
    """The server has done it and says so, but not all of it arrives: it is asked again, and nothing is done twice."""
    before, page = texts(demo.meeting), open_editor(as_alice, demo.meeting)

    def cut(route: Route) -> None:
        route.fulfill(response=(answer := route.fetch()), body=answer.text()[:40])

    page.route("**/segments/*", cut, times=1)
    write(page, 0, " Kept.")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=8000)
    page.keyboard.type(" More.")
    saved(page)
    assert texts(demo.meeting)[0] == f"{before[0]} Kept. More."
