"""Jobs that AssemblyAI does: from the request over the wire to the transcript, with workers that die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from media.storage import MediaStorage, get_media_storage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.local_server import serving
from tests.transcription.assemblyai_server import Service
from tests.transcription.builders import make_job, make_recording
from tests.transcription.test_runner import run_all
from tests.transcription.test_workers_die import QUICK, completed_once, ends
from tests.workers import Worker, wait_for
from transcription import dispatch
from transcription.models import Job, Step

MEETING = Path(__file__).parents[1] / "fixtures" / "demo" / "team-meeting.mp3"
Api = Callable[..., ApiClient]


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with serving() as server:
        service = Service(server)
        server.answer = service.answer
        settings.ASR_SERVICES = {"assemblyai": {"api_key": "secret-key", "base_url": server.url}}
        yield service


@pytest.mark.django_db
def test_a_job_over_the_wire(
    organization: Organization, bob: User, api: Api, service: Service, media_storage: MediaStorage
) -> None:
    service.polls_needed = 1
    recording = make_recording(organization, audio=MEETING.read_bytes(), duration_ms=66_030)
    order = {"media": str(recording.pk), "engine": "assemblyai", "mode": "dialogue", "vocabulary": ["Tadwin"]}
    answer = api(bob).post("/jobs", order)
    assert answer.status_code == 202, answer.content
    run_all()
    job = api(bob).get(f"/jobs/{answer.json()['id']}").json()
    assert (job["status"], job["error"]) == ("completed", None)
    text = api(bob).get(f"/transcripts/{job['transcript']}").json()
    assert [line["text"] for line in text["segments"]] == ["Hello there.", "Good day."]
    assert [speaker["label"] for speaker in text["speakers"]] == ["S1", "S2"]
    assert text["language"] == "en"
    kinds = list(Step.objects.filter(job_id=job["id"]).values_list("kind", flat=True).order_by("kind"))
    assert kinds == ["assemble", "prepare", "transcribe"], "one chunk, and its own speakers instead of ours"
    assert service.orders[0]["keyterms_prompt"] == ["Tadwin"]


@pytest.mark.django_db
def test_a_named_method_tells_speakers_apart_here(
    organization: Organization, bob: User, api: Api, service: Service, media_storage: MediaStorage
) -> None:
    recording = make_recording(organization, audio=MEETING.read_bytes(), duration_ms=66_030)
    diarization = {"enabled": True, "method": "embedded"}
    order = {"media": str(recording.pk), "engine": "assemblyai", "diarization": diarization}
    job = api(bob).post("/jobs", order).json()
    assert Step.objects.filter(job_id=job["id"], kind="diarize").exists()


@pytest.mark.django_db
def test_it_is_offered_only_with_a_key(bob: User, api: Api, organization: Organization) -> None:
    engines = [row["name"] for row in api(bob).get("/engines").json()["data"]]
    assert "assemblyai" not in engines
    recording = make_recording(organization)
    answer = api(bob).post("/jobs", {"media": str(recording.pk), "engine": "assemblyai"})
    assert answer.status_code == 422


@pytest.mark.django_db
def test_its_description(bob: User, api: Api, service: Service) -> None:
    [row] = [row for row in api(bob).get("/engines").json()["data"] if row["name"] == "assemblyai"]
    assert (row["remote"], row["translation"], row["languages"]) == (True, False, None)


@pytest.mark.django_db
def test_translation_is_refused_at_once(bob: User, api: Api, organization: Organization, service: Service) -> None:
    recording = make_recording(organization)
    order = {"media": str(recording.pk), "engine": "assemblyai", "task": "translate"}
    answer = api(bob).post("/jobs", order)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "task")


@pytest.fixture
def remote_job(organization: Organization) -> Iterator[Job]:
    recording = make_recording(organization, audio=MEETING.read_bytes(), duration_ms=66_030)
    job = make_job(organization, recording=recording)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "engine": "assemblyai"}, engine="assemblyai")
    yield job
    get_media_storage().delete_prefix(recording.prefix)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_kill_9_while_asking_pays_once(remote_job: Job, service: Service) -> None:
    service.polls_needed = 10**6
    env: dict[str, Any] = {
        **QUICK,
        "ASSEMBLYAI_API_KEY": "secret-key",
        "ASSEMBLYAI_BASE_URL": service.server.url,
    }
    with Worker(**env) as worker:
        dispatch.ring(["default"])
        wait_for(lambda: service.polls > 0, "it asks", timeout=60)
        worker.kill()
    service.polls_needed = 0
    with Worker(**env):
        completed_once(ends(remote_job))
    assert (len(service.uploads), len(service.orders)) == (1, 1)
    assert Step.objects.get(job=remote_job, kind="transcribe").lost_leases == 1
