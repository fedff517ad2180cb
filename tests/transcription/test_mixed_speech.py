"""Recordings in several languages, and words timed by a language's own model: over HTTP and through the workers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from media.models import Recording
from media.storage import MediaStorage
from organizations.models import Organization
from tests.transcription.builders import make_job, make_recording, tone
from tests.transcription.test_runner import run_all
from transcription.asr.align import models
from transcription.models import Job, Transcript
from transcription.runner import engines
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
SCRIPT = "Good morning. صباح الخير يا جماعة. Shall we begin?"


@pytest.fixture
def recording(organization: Organization, media_storage: MediaStorage) -> Recording:
    return make_recording(organization, audio=tone(3), duration_ms=3000)


def transcribed(program: Any, organization: Organization, **options: Any) -> Transcript:
    """A text in two languages, read out by the fake engine."""
    recording = make_recording(organization, audio=SCRIPT.encode(), duration_ms=4000)
    created = program.post("/jobs", {"media": str(recording.pk), **options})
    assert created.status_code == 202, created.content
    run_all()
    return Job.objects.get(pk=created.json()["id"]).transcript


def test_mixed_speech_keeps_a_language_for_each_line(
    api: Api, bob: Any, organization: Organization, media_storage: MediaStorage
) -> None:
    transcript = transcribed(api(bob), organization, language="multi")
    assert transcript.job.options["language"] == "multi"
    shown = api(bob).get(f"/transcripts/{transcript.pk}").json()
    assert [segment["language"] for segment in shown["segments"]] == ["en", "ar", "en"]
    assert shown["provenance"]["languages"] == ["ar", "en"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"engine": "embedded"}, "does not say which part"),
        ({"engine": "assemblyai"}, "does not say which part"),
        ({"engine": "faster_whisper", "model": "small.en"}, "knows English only"),
    ],
)
def test_mixed_speech_is_refused_with_a_reason(
    api: Api, bob: Any, recording: Recording, settings: Any, body: dict[str, Any], reason: str
) -> None:
    settings.ASR_SERVICES = {"assemblyai": {"base_url": "", "api_key": "key"}}
    answer = api(bob).post("/jobs", {"media": str(recording.pk), "language": "multi", **body})
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == ("language", "language_unsupported")
    assert reason in error["message"]


def test_a_dialect_and_mixed_speech_contradict_each_other(api: Api, bob: Any, recording: Recording) -> None:
    answer = api(bob).post("/jobs", {"media": str(recording.pk), "language": "multi", "dialect": "gulf"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "dialect")


def page(client: Client, transcript: Transcript) -> str:
    return client.get(f"/o/{transcript.organization.slug}/transcripts/{transcript.pk}").content.decode()


def test_the_page_marks_each_line_of_mixed_speech(
    api: Api, bob: Any, client: Client, organization: Organization, media_storage: MediaStorage
) -> None:
    client.force_login(bob)
    mixed = page(client, transcribed(api(bob), organization, language="multi"))
    assert mixed.count('<span class="line-language small">English</span>') == 2
    assert mixed.count('<span class="line-language small">Arabic</span>') == 1
    assert mixed.count('dir="auto" lang="ar"') == 1
    assert '"mixed": true' in mixed
    plain = page(client, transcribed(api(bob), organization))
    assert '<span class="line-language small">' not in plain
    assert '"mixed": false' in plain


def test_pages_offer_several_languages_where_the_engine_can(
    client: Client, bob: Any, organization: Organization, recording: Recording, settings: Any
) -> None:
    client.force_login(bob)
    choice = '<option value="multi">Several languages</option>'
    assert choice in client.get(f"/o/{organization.slug}/recordings/{recording.pk}").content.decode()
    settings.ASR_ENGINE, settings.ASR_MODEL = "embedded", "auto"
    assert choice not in client.get(f"/o/{organization.slug}/recordings/{recording.pk}").content.decode()


def test_workers_align_with_the_models_of_their_folder(
    organization: Organization, media_storage: MediaStorage, settings: Any, tmp_path: Path
) -> None:
    """A model that cannot be loaded costs a warning only; without one there is none."""
    settings.ASR_MODEL_DIR = str(tmp_path)
    assert engines.aligner("en") is None
    assert warnings_of(organization) == []
    folder = tmp_path / "alignment" / "en"
    folder.mkdir(parents=True)
    for name in models.MODEL_FILES:
        (folder / name).write_text(json.dumps({"<pad>": 0, "a": 1}))
    assert warnings_of(organization) == ["alignment_failed"]


def warnings_of(organization: Organization) -> list[str]:
    recording = make_recording(organization, audio=tone(3), duration_ms=3000)
    job = make_job(organization, recording=recording)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    run_all()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert job.transcript.segment_count > 0
    return [warning["type"] for warning in job.warnings]
