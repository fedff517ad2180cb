"""Which webhooks a job sends in its life, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from media.models import Recording
from media.services import probing
from media.storage import MediaStorage
from organizations.models import Organization, WebhookDelivery, WebhookEndpoint
from tests.factories import make_recording, make_webhook
from tests.transcription import builders
from tests.transcription.test_runner import run_all
from transcription.models import Transcript

pytestmark = pytest.mark.django_db
Json = dict[str, Any]


def told(endpoint: WebhookEndpoint) -> list[Json]:
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("created_at", "due_at", "id")
    messages = [json.loads(body) for body in rows.values_list("body", flat=True)]
    return sorted(messages, key=lambda message: str(message["timestamp"]))


def test_the_life_of_a_job(
    api: Any, bob: User, organization: Organization, media_storage: MediaStorage, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://tadwin.example"
    endpoint = make_webhook(organization)
    recording = builders.make_recording(organization, audio=builders.tone(2.0), duration_ms=2000)
    job = api(bob).post("/jobs", {"media": str(recording.pk)}).json()
    run_all()
    messages = told(endpoint)
    assert [message["type"] for message in messages] == ["job.queued", "job.started", "job.completed"]
    transcript = str(Transcript.objects.get().pk)
    assert messages[-1]["data"] == {
        "job": job["id"],
        "media": str(recording.pk),
        "transcript": transcript,
        "status": "completed",
        "attempt": 0,
        "error": None,
        "links": {
            "job": f"https://tadwin.example/api/v1/jobs/{job['id']}",
            "media": f"https://tadwin.example/api/v1/media/{recording.pk}",
            "transcript": f"https://tadwin.example/api/v1/transcripts/{transcript}",
        },
    }
    assert messages[-1]["organization"] == str(organization.pk)


def test_canceled_and_tried_again(api: Any, bob: User, organization: Organization) -> None:
    endpoint, client = make_webhook(organization), api(bob)
    job = client.post("/jobs", {"media": str(make_recording(organization).pk)}).json()
    client.post(f"/jobs/{job['id']}/cancel")
    client.post(f"/jobs/{job['id']}/retry")
    assert [message["type"] for message in told(endpoint)] == ["job.queued", "job.canceled", "job.queued"]
    assert [message["data"]["attempt"] for message in told(endpoint)] == [0, 0, 1]


def test_the_endpoint_that_a_job_names(api: Any, bob: User, organization: Organization) -> None:
    """Hears of this job although it wants to hear of nothing; of other jobs it hears nothing."""
    own, other = make_webhook(organization, events=[]), make_webhook(organization, events=[])
    media = str(make_recording(organization).pk)
    answer = api(bob).post("/jobs", {"media": media, "webhook": str(own.pk)})
    assert answer.status_code == 202
    api(bob).post("/jobs", {"media": media})
    assert [message["data"]["job"] for message in told(own)] == [answer.json()["id"]]
    assert told(other) == []


def test_an_endpoint_of_another_organization(
    api: Any, bob: User, organization: Organization, other_organization: Organization
) -> None:
    foreign = make_webhook(other_organization)
    media = str(make_recording(organization).pk)
    answer = api(bob).post("/jobs", {"media": media, "webhook": str(foreign.pk)})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "webhook", "message": "There is no such webhook in this organization.", "code": "not_found"}
    ]
    assert told(foreign) == []


def test_recordings_are_told_too(organization: Organization, media_storage: MediaStorage) -> None:
    endpoint = make_webhook(organization, events=["media.ready", "media.rejected"])
    good = builders.make_recording(organization, audio=builders.tone(1.0), status="probing", duration_ms=None)
    bad = builders.make_recording(organization, audio=b"no sound at all", status="probing", duration_ms=None)
    for recording in (good, bad):
        probing.probe(recording.pk)
    assert {message["type"]: message["data"] for message in told(endpoint)} == {
        "media.ready": _shape(good, "ready", None),
        "media.rejected": _shape(bad, "rejected", "not_media"),
    }


def _shape(recording: Recording, status: str, reason: str | None) -> Json:
    links = {"media": f"http://127.0.0.1:8000/api/v1/media/{recording.pk}"}
    return {"media": str(recording.pk), "status": status, "reason": reason, "links": links}


def test_without_endpoints_a_status_costs_one_query(
    organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from organizations import webhooks

    with django_assert_num_queries(1):
        assert webhooks.emit(organization.pk, "job.queued", {}) == []
