"""What people do on a page whose scripts are still on their way: nothing of it is lost."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.demo import Demo


def hold(page: Page, module: str) -> list[Route]:
    """Requests for the module, which wait in this list until somebody lets them go."""
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.route(f"**/{module}", keep)
    return waiting


def test_a_word_that_was_clicked_early_is_heard(demo: Demo, as_alice: Page) -> None:
    waiting = hold(as_alice, "js/editor/follow.js")
    as_alice.goto(f"/o/{demo.organization.slug}/transcripts/{demo.meeting.pk}", wait_until="commit")
    word = as_alice.locator(".line").nth(1).locator(".w").nth(2)
    word.click()
    expect(as_alice.locator("#editor-bar")).to_be_hidden()
    as_alice.wait_for_timeout(200)
    for route in waiting:
        route.continue_()
    expect(as_alice.locator("#editor-bar")).to_be_visible()
    expect(as_alice.locator(".line").nth(1).locator(".w-now")).to_have_count(1)


def test_the_share_dialog_that_was_asked_for_early_opens(demo: Demo, as_alice: Page) -> None:
    waiting = hold(as_alice, "js/share.js")
    as_alice.goto(f"/o/{demo.organization.slug}/transcripts/{demo.meeting.pk}", wait_until="commit")
    expect(as_alice.locator("#editor-bar")).to_be_visible()
    as_alice.evaluate("htmx.ajax('GET', document.querySelector('[hx-target=\"#share-body\"]').href, '#share-body')")
    expect(as_alice.locator("#share-body > *").first).to_be_attached()
    for route in waiting:
        route.continue_()
    expect(as_alice.locator("dialog.share-dialog[open]")).to_have_count(1)
