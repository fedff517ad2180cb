"""The subtitles of a film, seen over its picture, in Arabic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounts.models import User
from media.services import probing, uploads
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from tests.browser.test_every_page import PHONE, WIDE
from tests.factories import make_job, make_transcript
from tests.media.audio.makers import by_suffix, encode, tone
from transcription.models import Transcript


@pytest.fixture
def film(transactional_db: None, site: str, organization: Organization, alice: User, tmp_path: Path) -> Transcript:
    """Of two minutes, with a line every few seconds."""
    User.objects.filter(pk=alice.pk).update(language="ar")
    path = encode(tmp_path / "film.mp4", replace(by_suffix("mp4"), picture="h264"), tone(120.0))
    file = SimpleUploadedFile("film.mp4", path.read_bytes(), "video/mp4")
    recording = uploads.store_directly(caller=caller_for_user(alice, organization.slug), file=file)
    probing.probe(str(recording.pk))
    recording.refresh_from_db()
    return make_transcript(organization, make_job(organization, recording, status="completed"), lines=40, language="ar")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desk", "phone"])
def test_a_subtitle_far_down_is_seen_over_the_picture(
    film: Transcript, alice: User, open_context: Callable[..., BrowserContext], viewport: dict[str, int]
) -> None:
    page = open_context(alice, locale="ar", viewport=viewport, has_touch=viewport is PHONE).new_page()
    page.goto(f"/o/{film.organization.slug}/transcripts/{film.pk}/subtitles?max_cps=5")
    over, row = page.locator("[data-now] span"), page.locator("[data-cue]").last
    expect(over).to_be_hidden()
    row.locator("[data-seek]").click()
    expect(row).to_have_class("cue-now")
    expect(over).to_have_text(row.locator("[data-words]").text_content() or "")
    expect(page.locator("video")).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("document.querySelector('video').videoWidth") == 64
    assert within(page, row.locator(".cue-issues"))


def within(page: Page, place: Locator) -> bool:
    """Whether nothing of it sticks out at a side."""
    box, size = place.bounding_box(), page.viewport_size
    return box is not None and size is not None and box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
