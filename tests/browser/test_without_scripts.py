"""The whole way with JavaScript off, in a real browser: in by a form, a file up, its text read and taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from organizations.models import Organization
from tests.browser.demo import DEMO
from tests.browser.editor import texts
from tests.browser.worker import working
from tests.factories import PASSWORD
from tests.workers import wait_for
from transcription.models import Transcript


def test_from_signing_in_to_a_file(
    transactional_db: None, organization: Organization, alice: User, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, alice)
    upload(page, DEMO / "team-meeting.mp3")
    with working():
        wait_for(Transcript.objects.exists, "it is transcribed", timeout=60)
    # No script takes it away, and it has no button.
    expect(page.locator("#toasts")).not_to_contain_text("uploaded", use_inner_text=True, timeout=10_000)
    page.reload()
    page.locator("#lists").get_by_role("link", name="team-meeting").click()
    lines = texts(Transcript.objects.get())
    assert [text.strip() for text in page.locator(".line-text").all_inner_texts()] == lines
    expect(page.locator("audio")).to_be_visible()
    written = export(page, "srt")
    assert written.startswith("1\n00:00:0")
    assert all(word in written for word in lines[0].split())


def sign_in(page: Page, user: User) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Drop recordings here")).to_be_visible()


def upload(page: Page, file: Path) -> None:
    page.get_by_label("Files", exact=True).set_input_files(file)
    page.get_by_label("Speakers").select_option("mono")
    page.get_by_role("button", name="Upload and transcribe").click()
    expect(page.locator("#toasts")).to_contain_text("1 file is uploaded.")


def export(page: Page, format: str) -> str:
    page.get_by_text("Download", exact=True).click()
    page.get_by_role("link", name="Options and preview").click()
    page.get_by_label("Format").select_option(format)
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator("#export-preview")).to_contain_text("-->")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    return waiting.value.path().read_text()
