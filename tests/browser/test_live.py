"""Live news in an open page. The live process is played by the test, on the wire."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from organizations.models import Organization
from tests.factories import make_job, make_recording, make_transcript
from transcription.models import Job
from transcription.states import JobStatus


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
    expect(as_alice.locator("#toasts")).to_contain_text("“Call” is transcribed.")
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
