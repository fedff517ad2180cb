"""What the OpenAI-compatible routes refuse, to whom, and in which words. No work is done here."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from media.models import Recording
from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_api_key, make_transcript
from transcription.models import Job
from transcription.openai_api import formats
from transcription.services import waiting
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"
Headers = dict[str, str]


@pytest.fixture(autouse=True)
def impatient(settings: Settings, media_storage: MediaStorage) -> None:
    """Nobody works on jobs here, so waiting for them ends at once."""
    settings.OPENAI_MAX_WAIT_SECONDS = 0


def ask(method: str, path: str, headers: Headers, data: bytes = b"good morning", **fields: Any) -> Any:
    form = {"file": SimpleUploadedFile("a.txt", data), "model": "whisper-1", **fields}
    form = {name: value for name, value in form.items() if value is not None}
    return Client().post(path, form, headers=headers) if method == "POST" else Client().get(path, headers=headers)


def bearer(text: str) -> Headers:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def key(organization: Organization) -> Headers:
    return bearer(make_api_key(organization)[1])


def error(answer: Any, status: int) -> dict[str, str]:
    """The error in OpenAI's shape, and nothing beside it."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    found: dict[str, str] = body["error"]
    return found


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"file": None}, "file"),
        ({"model": None}, "model"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"temperature": "2"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"language": "not a language"}, "language"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities"),
        ({"response_format": "verbose_json", "timestamp_granularities[]": "letter"}, "timestamp_granularities.0"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
        ({"include[]": "logprobs"}, "include"),
        ({"languge": "en"}, "languge"),
        ({"known_speaker_names[]": "Ada"}, "known_speaker_names"),
        ({"prompt": "a" * 2001}, "prompt"),
    ],
)
def test_what_cannot_be_done_is_named(key: Headers, fields: dict[str, Any], param: str) -> None:
    told = error(ask("POST", TRANSCRIPTIONS, key, **fields), 400)
    assert (told["param"], told["type"]) == (param, "invalid_request_error")
    assert not Recording.objects.exists()


def test_fields_that_only_tune_are_accepted(key: Headers) -> None:
    fields: dict[str, Any] = {"chunking_strategy": "auto", "keywords[]": ["Zaynab", "Karrada"], "language": "ar-IQ"}
    assert ask("POST", TRANSCRIPTIONS, key, **fields).status_code == 504
    options = Job.objects.get().options
    assert (options["vocabulary"], options["language"]) == (["Zaynab", "Karrada"], "ar")


def test_translations_know_fewer_fields(key: Headers) -> None:
    assert error(ask("POST", TRANSLATIONS, key, language="en"), 400)["param"] == "language"


def test_no_speakers_are_looked_for_whatever_the_organization_wants(key: Headers, organization: Organization) -> None:
    organization.defaults = {"mode": "dialogue", "diarization": {"enabled": True}}
    organization.save()
    assert ask("POST", TRANSCRIPTIONS, key).status_code == 504
    assert Job.objects.get().options["diarization"]["enabled"] is False


def test_only_forms_are_read(key: Headers) -> None:
    answer = Client().post(TRANSCRIPTIONS, "{}", content_type="application/json", headers=key)
    assert error(answer, 415)["code"] == "unsupported_media_type"
    answer = Client().post(TRANSCRIPTIONS, b"nonsense", content_type="multipart/form-data", headers=key)
    assert error(answer, 400)["code"] == "malformed_request"


def test_a_file_that_is_too_large_is_refused_unread(key: Headers, settings: Settings) -> None:
    settings.MEDIA_MAX_SIZE = -(1 << 20)
    assert error(ask("POST", TRANSCRIPTIONS, key), 413)["code"] == "too_large"
    settings.MEDIA_MAX_SIZE = 3
    assert error(ask("POST", TRANSCRIPTIONS, key), 413)["code"] == "too_large"
    assert not Recording.objects.exists()


@pytest.mark.parametrize("path", ["/v1/", "/v1/chat/completions", "/v1/models/", "/v1/audio/transcriptions/"])
def test_other_addresses(path: str, key: Headers) -> None:
    assert error(Client().get(path, headers=key), 404)["code"] in ("not_found", "model_not_found")


def test_wrong_methods(key: Headers) -> None:
    assert error(Client().get(TRANSCRIPTIONS, headers=key), 405)["code"] == "method_not_allowed"


def test_whoever_waits_too_long_learns_the_job(key: Headers) -> None:
    answer = ask("POST", TRANSCRIPTIONS, key)
    told = error(answer, 504)
    job = Job.objects.get()
    assert (told["code"], told["type"]) == ("wait_timeout", "server_error")
    assert str(job.pk) in told["message"]
    assert answer["X-Should-Retry"] == "false", "their client would upload and pay again"
    assert job.status == JobStatus.QUEUED, "it goes on"


def test_a_canceled_job_is_not_tried_again(key: Headers) -> None:
    again = {**key, "Idempotency-Key": str(uuid.uuid4())}
    ask("POST", TRANSCRIPTIONS, again)
    Job.objects.update(status=JobStatus.CANCELED)
    answer = ask("POST", TRANSCRIPTIONS, again)
    assert error(answer, 409)["code"] == "job_canceled"
    assert answer["X-Should-Retry"] == "false"


def test_the_same_key_is_the_same_job(key: Headers) -> None:
    again = {**key, "Idempotency-Key": str(uuid.uuid4())}
    for _ in range(2):
        assert ask("POST", TRANSCRIPTIONS, again).status_code == 504
    assert (Job.objects.count(), Recording.objects.count()) == (1, 1)
    assert error(ask("POST", TRANSCRIPTIONS, again, data=b"other words"), 400)["code"] == "idempotency_key_reused"
    assert error(ask("POST", TRANSCRIPTIONS, again, language="en"), 400)["code"] == "idempotency_key_reused"
    assert Job.objects.count() == 1


def test_when_all_places_are_taken_nothing_is_read(key: Headers) -> None:
    places = []
    while place := waiting.Place():
        places.append(place)
    try:
        answer = ask("POST", TRANSCRIPTIONS, key)
        assert error(answer, 503)["code"] == "unavailable"
        assert answer["Retry-After"] == "5"
        assert not Recording.objects.exists()
    finally:
        for place in places:
            place.release()
    assert places
    assert ask("POST", TRANSCRIPTIONS, key).status_code == 504


def test_a_failed_request_gives_its_place_back(key: Headers) -> None:
    for _ in range(20):
        assert ask("POST", TRANSCRIPTIONS, key, model="gpt-5").status_code == 404
        assert ask("POST", TRANSCRIPTIONS, key).status_code == 504


def test_what_is_not_sure_at_all_is_not_certain(organization: Organization) -> None:
    transcript = make_transcript(organization, lines=3)
    for line, confidence in zip(transcript.segments.order_by("position"), (0.0, 1.0, None), strict=True):
        transcript.segments.filter(pk=line.pk).update(confidence=confidence)
    rows = formats.verbose(transcript.job, ["segment"])["segments"]
    assert [round(row["avg_logprob"], 1) for row in rows] == [-13.8, 0.0, 0.0]
