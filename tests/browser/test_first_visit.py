"""From a new account to a word that is heard: what a person does on the first day."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Page, Request, expect
from pytest_django import Settings

from accounts.models import User
from media.models import UploadSession
from media.services import uploads
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from tests.browser.demo import DEMO
from tests.browser.worker import working
from tests.factories import PASSWORD, make_job, make_recording, make_transcript
from tests.workers import wait_for
from transcription.models import Job
from transcription.services import jobs

MINUTE = 60_000


def sign_up(page: Page) -> None:
    """In whatever language the pages are."""
    page.goto("/")
    page.locator('main a[href="/accounts/signup/"]').first.click()
    page.locator("#id_email").fill("nadia@example.com")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_organization_name").fill("Nadia's archive")
    page.locator("#id_password1").press("Enter")
    # The button comes with the scripts.
    expect(page.locator("[data-pick]")).to_be_visible()


def test_sign_up_upload_read_and_hear(transactional_db: None, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    sign_up(page)
    with working():
        page.get_by_label("Speakers").select_option("mono")
        page.locator("#id_files").set_input_files(DEMO / "team-meeting.mp3")
        row = page.locator("#lists").get_by_role("link", name="team-meeting", exact=False).first
        expect(row).to_be_visible(timeout=MINUTE)
        expect(page.locator("#toasts").get_by_role("link", name="Open the transcript")).to_be_visible(timeout=MINUTE)
    page.locator("#toasts").get_by_role("link", name="Open the transcript").click()
    expect(page.locator("#editor-bar")).to_be_visible()
    word = page.locator(".w").nth(3)
    start = float(word.get_attribute("data-s") or "0")
    word.click()
    # It plays on, so the mark may have moved to the next words by now.
    expect(page.locator(".w-now")).to_have_count(1)
    assert start <= page.evaluate("document.querySelector('audio').currentTime") < start + 5
    page.reload()
    assert page.evaluate("JSON.parse(localStorage.getItem('tadwin.options')).mode") == "mono"


def test_a_job_moves_without_reload(
    transactional_db: None, organization: Organization, alice: User, as_alice: Page
) -> None:
    """There is no live process here: the page falls back to asking."""
    recording = make_recording(organization, name="Long call")
    job = jobs.submit(caller=caller_for_user(alice, organization.slug), recording=recording, options={"mode": "mono"})
    as_alice.goto(f"/o/{organization.slug}/")
    row = as_alice.locator(f'[data-job="{job.pk}"]')
    expect(row.get_by_text("Queued")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(status="processing", stage="transcribe", progress=0.5, sequence=9)
    expect(row.get_by_text("Recognizing speech")).to_be_visible(timeout=15_000)
    expect(row.locator("[data-percent]")).to_have_text("50%")
    row.get_by_role("button", name="Cancel Long call").click()
    expect(as_alice.locator("#toasts")).to_contain_text("Canceled.")
    job.refresh_from_db()
    assert job.status == "canceled"


def test_an_upload_survives_a_lost_connection_and_a_closed_tab(
    transactional_db: None,
    organization: Organization,
    alice: User,
    open_context: Callable[..., BrowserContext],
    settings: Settings,
) -> None:
    settings.MEDIA_UPLOAD_SINGLE_MAX = 1024
    context = open_context(alice)
    page = context.new_page()
    page.route("**/media/local/**", lambda route: route.abort())
    page.goto(f"/o/{organization.slug}/")
    page.locator("#id_files").set_input_files(DEMO / "team-meeting.mp3")
    expect(page.locator(".upload-state").get_by_text("Connection lost.")).to_be_visible()
    first = UploadSession.objects.get()
    page.close(run_before_unload=False)

    page = context.new_page()
    page.goto(f"/o/{organization.slug}/")
    expect(page.get_by_text("Not finished:", exact=False)).to_contain_text("team-meeting.mp3")
    page.locator("#id_files").set_input_files(DEMO / "team-meeting.mp3")
    expect(page.locator("#uploads")).to_contain_text("in line to be transcribed", timeout=20_000)
    session = UploadSession.objects.get()
    assert (session.pk, session.status) == (first.pk, "completed")
    assert Job.objects.count() == 1


def test_an_upload_goes_on_where_a_reload_cut_it(
    transactional_db: None, organization: Organization, as_alice: Page, tmp_path: Path
) -> None:
    """Three parts, of which one had arrived."""
    file, page, sent = silence(tmp_path / "long.wav", 40 << 20), as_alice, list[str]()
    others = re.compile(r"[?&]part=[23]&")
    page.route(others, lambda route: route.abort())
    page.goto(f"/o/{organization.slug}/")
    page.locator("#id_files").set_input_files(file)
    wait_for(UploadSession.objects.exists, "the upload has begun")
    session = UploadSession.objects.get()
    wait_for(lambda: len(uploads.received(session)) == 1, "one part has arrived")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute(others)
    page.on("request", lambda request: sent.extend(parts_of(request)))
    page.locator("#id_files").set_input_files(file)
    expect(page.locator("#uploads")).to_contain_text("in line to be transcribed", timeout=20_000)
    assert sorted(sent) == ["2", "3"]
    session.refresh_from_db()
    assert (UploadSession.objects.count(), session.status) == (1, "completed")


def parts_of(request: Request) -> list[str]:
    return parse_qs(urlsplit(request.url).query)["part"] if request.method == "PUT" else []


def silence(path: Path, size: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(size))
    return path


def test_a_long_transcript_is_fetched_as_it_is_read(
    transactional_db: None, organization: Organization, as_alice: Page
) -> None:
    transcript = make_transcript(organization, make_job(organization, status="completed"), lines=1200)
    as_alice.goto(f"/o/{organization.slug}/transcripts/{transcript.pk}")
    expect(as_alice.locator(".line")).to_have_count(200)
    as_alice.locator('[data-block="11"]').scroll_into_view_if_needed()
    as_alice.mouse.wheel(0, 100_000)
    expect(as_alice.get_by_text("Line number 1200.")).to_be_visible()
    assert as_alice.locator(".line").count() < 1200


def test_a_refused_part_ends_the_whole_upload(
    transactional_db: None, organization: Organization, as_alice: Page, tmp_path: Path
) -> None:
    """The other parts, which would be tried again and again, stop with it; once more is one click."""
    page, sent = as_alice, list[str]()
    page.route(re.compile(r"[?&]part=1&"), lambda route: route.fulfill(status=413))
    page.route(re.compile(r"[?&]part=[23]&"), lambda route: route.fulfill(status=503))
    page.goto(f"/o/{organization.slug}/")
    page.locator("#id_files").set_input_files(silence(tmp_path / "long.wav", 40 << 20))
    again = page.locator("#uploads [data-again]")
    expect(again).to_be_visible(timeout=20_000)
    page.on("request", lambda request: sent.extend(parts_of(request)))
    page.wait_for_timeout(2500)
    assert sent == []
    page.unroute(re.compile(r"[?&]part=1&"))
    page.unroute(re.compile(r"[?&]part=[23]&"))
    again.click()
    expect(page.locator("#uploads")).to_contain_text("in line to be transcribed", timeout=20_000)
