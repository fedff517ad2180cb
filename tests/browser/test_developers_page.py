"""The calls on the developers page are run as pasted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from organizations.models import Organization
from tests.browser.demo import DEMO
from tests.browser.worker import working

SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody pastes the call: a recording of theirs lies there."""
    shutil.copy(DEMO / "team-meeting.mp3", tmp_path / "meeting.mp3")
    return tmp_path


def pasted(page: Page, organization: Organization, call: str) -> str:
    page.goto(f"/o/{organization.slug}/developers")
    page.get_by_label("What the key is for").fill("Trying it")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("Copy the key now.")).to_be_visible()
    return page.locator(f"#{call}").inner_text()


@pytest.mark.parametrize("single_max", [1 << 24, 1024], ids=["whole", "in-parts"])
@pytest.mark.parametrize("call", ["python", "curl"])
def test_the_call_prints_the_text(
    transactional_db: None,
    organization: Organization,
    as_alice: Page,
    folder: Path,
    settings: Settings,
    call: str,
    single_max: int,
) -> None:
    if call == "curl" and not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("curl or jq is not installed")
    settings.MEDIA_UPLOAD_SINGLE_MAX = single_max
    program = [sys.executable, "-c"] if call == "python" else ["bash", "-c"]
    code = pasted(as_alice, organization, call)
    with working():
        done = subprocess.run(
            [*program, code], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 50


def test_a_copy_button_tells_that_it_did_it(transactional_db: None, organization: Organization, as_alice: Page) -> None:
    """Twice in a row too: afterwards it says again what it is for."""
    page = as_alice
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call = pasted(page, organization, "curl")
    button = page.locator('[data-copy="curl"]')
    usual = button.inner_text()
    for _ in range(2):
        button.click()
        expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").strip() == call.strip()
    expect(button).to_have_text(usual)
    page.wait_for_timeout(2500)
    expect(button).to_have_text(usual)
