"""What no row can hold, no calendar has, or no pair of lines can mean: refused or borne, never an error of ours."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from media.models import Project, Recording
from media.states import RecordingStatus
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_glossary, make_transcript
from tests.transcription.builders import make_recording
from transcription.models import Job, RejectedProposal
from transcription.services.jobs import MOST_BILLABLE_SECONDS

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


class TestJobs:
    def test_a_start_behind_all_recordings_is_behind_this_one(
        self, api: Api, bob: User, organization: Organization
    ) -> None:
        body = {"media": str(make_recording(organization).pk), "start": 1e306}
        answer = api(bob).post("/jobs", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "start")

    def test_more_may_be_billed_than_any_recording_has(self, api: Api, bob: User, organization: Organization) -> None:
        body = {"media": str(make_recording(organization).pk), "max_billable_seconds": 10**12}
        assert api(bob).post("/jobs", body).status_code == 202
        assert Job.objects.get().max_billable_seconds == MOST_BILLABLE_SECONDS

    @pytest.mark.parametrize("metadata", [{"case": "\0"}, {"\0": 1}, {"deep": [{"er": ["\0"]}]}])
    def test_metadata_that_the_database_cannot_keep(
        self, api: Api, bob: User, organization: Organization, metadata: dict[str, Any]
    ) -> None:
        body = {"media": str(make_recording(organization).pk), "metadata": metadata}
        answer = api(bob).post("/jobs", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "metadata")

    def test_metadata_is_measured_in_bytes(self, api: Api, bob: User, organization: Organization) -> None:
        """16 kB of Arabic are 8,000 letters."""
        recording = str(make_recording(organization).pk)
        assert api(bob).post("/jobs", {"media": recording, "metadata": {"a": "ب" * 8_000}}).status_code == 202
        assert api(bob).post("/jobs", {"media": recording, "metadata": {"a": "ب" * 9_000}}).status_code == 422


class TestSearch:
    @pytest.mark.parametrize("day", ["from=0001-01-01", "to=9999-12-31"])
    def test_the_first_and_the_last_day(self, api: Api, carol: User, organization: Organization, day: str) -> None:
        make_transcript(organization)
        found = api(carol).get(f"/search?q=line&{day}")
        assert (found.status_code, len(found.json()["data"])) == (200, 1)

    def test_a_moment_before_all_others(self, api: Api, carol: User, organization: Organization) -> None:
        forged = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+23:00 {uuid.uuid4()}".encode()).decode()
        answer = api(carol).get(f"/search?q=line&cursor={forged}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


class TestGlossaries:
    @pytest.mark.parametrize("said", ["a" * 101, "\0a"])
    def test_a_proposal_of_any_length_is_rejected(
        self, organization: Organization, dana: User, client_for: Callable[..., Client], said: str
    ) -> None:
        path = f"/o/{organization.slug}/glossary/{make_glossary(organization).pk}/proposals"
        form = {"said": said, "written": "x", "decision": "reject"}
        assert client_for(dana).post(path, form).status_code == 302
        assert RejectedProposal.objects.count() == 1

    def test_folding_makes_some_words_longer(self, api: Api, dana: User, organization: Organization) -> None:
        path = f"/glossaries/{make_glossary(organization).pk}/proposals/reject"
        assert api(dana).post(path, {"said": "ß" * 100, "written": "x"}).status_code == 204

    def test_terms_that_only_the_database_takes_for_one(self, api: Api, dana: User, organization: Organization) -> None:
        """Python's small İ has two letters, PostgreSQL's has one in most locales: then it is a conflict."""
        own = make_glossary(organization, ("İzmir", ""))
        answer = api(dana).post(f"/glossaries/{own.pk}/import", {"csv": "text\nizmir\n"})
        assert answer.status_code in (200, 409)


class TestNames:
    @pytest.mark.parametrize("name", ["a" * 201, "\u0958" * 150])
    def test_a_name_that_is_too_long_once_it_is_composed(
        self, organization: Organization, alice: User, client_for: Callable[..., Client], name: str
    ) -> None:
        """U+0958 is a letter and a mark in every composed text."""
        answer = client_for(alice).post(f"/o/{organization.slug}/projects/create", {"name": name}, follow=True)
        assert "At most 200 characters." in answer.content.decode()
        assert not Project.objects.exists()


def test_evaluations_of_an_engine_that_no_text_can_name(api: Api, carol: User) -> None:
    answer = api(carol).get("/evaluations?engine=%00")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "engine")


@pytest.mark.parametrize("below", ["", "/segments", "/export", "/metrics", "/subtitles", "/comments", "/shares"])
def test_a_text_in_the_trash_is_not_there(api: Api, bob: User, organization: Organization, below: str) -> None:
    transcript = make_transcript(organization)
    assert api(bob).get(f"/transcripts/{transcript.pk}{below}").status_code == 200
    Recording.objects.filter(pk=transcript.recording_id).update(status=RecordingStatus.DELETED)
    assert api(bob).get(f"/transcripts/{transcript.pk}{below}").status_code == 404
    assert api(bob).get(f"/jobs/{transcript.job_id}/download").status_code == 404


def test_an_address_is_not_fetched_where_the_form_is_wrong(
    organization: Organization, alice: User, client_for: Callable[..., Client]
) -> None:
    """Its project is gone: the file must not come without one."""
    form = {"url": "http://127.0.0.1/a.mp3", "project": str(uuid.uuid4())}
    answer = client_for(alice).post(f"/o/{organization.slug}/import", form, follow=True)
    assert "Select a valid choice" in answer.content.decode()
    assert not Recording.objects.exists()
