"""Live news in an open page. The live process is played by the test, on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from pytest_django import Settings

from accounts.models import User
from organizations.models import Organization
from tests.browser.test_every_page import PHONE
from tests.factories import make_job, make_recording, make_transcript
from tests.workers import Live
from transcription.models import Job
from transcription.states import JobStatus

OpenContext = Callable[..., BrowserContext]


class Stage:
    """Holds the page's connection, and says what the live process would."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocketRoute] = []
        page.route_web_socket("**/live/organization?*", self.hold)

    def hold(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)

    def say(self, **message: Any) -> None:
        self.sockets[-1].send(json.dumps(message))

    def job(self, job: Job, sequence: int, progress: float, **fields: Any) -> None:
        known = {"status": "processing", "stage": "transcribe", "transcript": None, "message": ""}
        place = {"job": str(job.pk), "media": str(job.recording_id), "at": "2026-11-21T10:00:00Z"}
        self.say(type="job", sequence=sequence, progress=progress, **{**known, **place, **fields})


def open_home(page: Page, organization: Organization) -> Stage:
    stage = Stage(page)
    page.goto(f"/o/{organization.slug}/")
    expect(page.locator("html")).to_have_class("scripted")
    page.wait_for_timeout(200)
    assert len(stage.sockets) == 1
    return stage


def test_older_news_never_win(transactional_db: None, organization: Organization, as_alice: Page) -> None:
    job = make_job(organization, make_recording(organization, name="Call"), status=JobStatus.PROCESSING)
    stage = open_home(as_alice, organization)
    percent = as_alice.locator(f'[data-job="{job.pk}"] [data-percent]')
    stage.job(job, sequence=7, progress=0.6)
    expect(percent).to_have_text("60%")
    stage.job(job, sequence=6, progress=0.2)
    stage.job(job, sequence=8, progress=0.7)
    expect(percent).to_have_text("70%")
    as_alice.evaluate("document.body.dispatchEvent(new CustomEvent('tadwin:refresh'))")
    as_alice.wait_for_timeout(600)
    expect(percent).to_have_text("70%")


def test_a_finished_job_turns_into_a_link(transactional_db: None, organization: Organization, as_alice: Page) -> None:
    job = make_job(organization, make_recording(organization, name="Call"), status=JobStatus.PROCESSING)
    stage = open_home(as_alice, organization)
    stage.job(job, sequence=1, progress=0.5)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED, progress=1.0)
    transcript = make_transcript(organization, job)
    stage.job(job, sequence=2, progress=1.0, status="completed", stage=None, transcript=str(transcript.pk))
    expect(as_alice.locator("#toasts")).to_contain_text("The transcript of “Call” is ready.")
    recent = as_alice.get_by_role("region", name="Recent transcripts")
    href = f"/o/{organization.slug}/transcripts/{transcript.pk}"
    expect(recent.get_by_role("link", name="Call")).to_have_attribute("href", href)
    expect(as_alice.get_by_role("heading", name="Running now")).to_have_count(0)


def test_a_lost_connection_comes_back(transactional_db: None, organization: Organization, as_alice: Page) -> None:
    stage = open_home(as_alice, organization)
    stage.say(type="snapshot", jobs=[])
    stage.sockets[0].close(code=1012)
    as_alice.wait_for_timeout(2500)
    assert len(stage.sockets) == 2


@pytest.mark.parametrize("at", ["home", "transcript"])
def test_news_covers_no_button_of_a_phone(
    transactional_db: None, organization: Organization, alice: User, open_context: OpenContext, at: str
) -> None:
    """Neither those at the head of the page nor the player at its foot."""
    transcript = make_transcript(organization, make_job(organization, status=JobStatus.COMPLETED))
    page = open_context(alice, viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto(f"/o/{organization.slug}/" + (f"transcripts/{transcript.pk}" if at == "transcript" else ""))
    expect(page.locator("html")).to_have_class("scripted")
    page.evaluate("import('/static/js/toast.js').then(({ toast }) => toast('One thing. '.repeat(9), 'error'))")
    expect(page.locator(".toast")).to_be_visible()
    assert page.evaluate(COVERED) == []


# What a finger would not reach: another element lies over its middle.
COVERED = """() => [...document.querySelectorAll(".side a, .side summary, .editor-top button, .player button")]
  .filter((button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2)?.closest(".toast");
  }).map((button) => button.outerHTML)"""


def test_a_live_process_on_another_host_is_heard(
    live: Live, settings: Settings, organization: Organization, as_alice: Page
) -> None:
    """Where the browser sends no cookie of ours."""
    settings.LIVE_URL = settings.LIVE_URL.replace("localhost", "127.0.0.1")
    settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] += [settings.LIVE_URL.replace("http", "ws", 1)]
    as_alice.goto(f"/o/{organization.slug}/")
    expect(as_alice.locator("html")).to_have_attribute("data-live", "on")
