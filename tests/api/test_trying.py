"""For those who build on the API: dialects, models, simulated transcripts, and text files that read themselves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from billing.models import UsageEntry
from media.models import Recording
from media.services import probing
from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_recording, make_transcript
from tests.transcription.test_runner import run_all
from transcription.asr.text.arabic import normalize
from transcription.asr.text.dialects import DIALECTS
from transcription.models import Job, Transcript

pytestmark = pytest.mark.django_db
Api = Callable[[User], ApiClient]
SCRIPT = "Good morning to everybody. We begin with the budget. Nobody objects."


def submit(client: ApiClient, organization: Organization, **options: Any) -> Any:
    return client.post("/jobs", {"media": str(make_recording(organization).pk), **options})


def test_dialects_are_listed(api: Api, carol: User) -> None:
    data = api(carol).get("/dialects").json()["data"]
    assert [one["code"] for one in data] == ["msa", "egyptian", "gulf", "iraqi", "levantine", "maghrebi"]
    assert api(carol).get("/test/arabic/dialects").json()["data"] == data
    for one in data:
        assert normalize(one["name_ar"])
        assert len(one["prompt"]) > 40
        assert len(set(one["vocabulary"])) == len(one["vocabulary"]) >= 10


def test_a_dialect_brings_its_prompt_and_words_behind_the_jobs_own(
    api: Api, bob: User, organization: Organization
) -> None:
    own = {"initial_prompt": "مقابلة مع زينب.", "vocabulary": ["زينب", "ماكو"]}
    options = submit(api(bob), organization, dialect="iraqi", **own).json()["options"]
    iraqi = DIALECTS["iraqi"]
    assert (options["dialect"], options["language"]) == ("iraqi", "ar")
    assert options["initial_prompt"] == f"مقابلة مع زينب. {iraqi.prompt}"
    assert options["vocabulary"][:2] == ["زينب", "ماكو"]
    assert set(options["vocabulary"]) == {"زينب", *iraqi.vocabulary}
    assert options["vocabulary"].count("ماكو") == 1


def test_a_long_prompt_is_not_pushed_out_by_the_dialects(api: Api, bob: User, organization: Organization) -> None:
    prompt = "كلمة " * 70
    options = submit(api(bob), organization, dialect="gulf", initial_prompt=prompt).json()["options"]
    assert options["initial_prompt"] == prompt.strip()


def test_dialects_are_checked(api: Api, bob: User, organization: Organization) -> None:
    for options in ({"dialect": "klingon"}, {"dialect": "iraqi", "language": "en"}):
        answer = submit(api(bob), organization, **options)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "dialect"


def test_a_projects_dialect_gives_way_to_another_language(api: Api, bob: User, organization: Organization) -> None:
    organization.defaults = {"dialect": "levantine"}
    organization.save()
    assert submit(api(bob), organization).json()["options"]["dialect"] == "levantine"
    options = submit(api(bob), organization, language="en").json()["options"]
    assert (options["dialect"], options["initial_prompt"], options["vocabulary"]) == (None, "", [])


def test_models_can_be_named_in_jobs(api: Api, bob: User, organization: Organization) -> None:
    data = api(bob).get("/models").json()["data"]
    by_name = {one["name"]: one for one in data}
    assert len(by_name) == len(data)
    assert {"large-v3-turbo", "small.en", "moonshine-tiny-en", "fake"} <= set(by_name)
    assert [one["name"] for one in data if one["is_default"]] == ["fake"]
    assert by_name["fake"]["is_present"]
    assert by_name["moonshine-tiny-en"]["languages"] == ["en"]
    assert (by_name["small.en"]["languages"], by_name["small.en"]["translation"]) == (["en"], False)
    assert (by_name["large-v3"]["languages"], by_name["large-v3"]["translation"]) != (["en"], False)
    for name in ("large-v3", "fake"):
        job = submit(api(bob), organization, model=name).json()
        assert (job["model"], job["engine"]) == (name, by_name[name]["engine"])


def test_a_simulated_transcript_has_the_real_shape(api: Api, bob: User, organization: Organization) -> None:
    real = api(bob).get(f"/transcripts/{make_transcript(organization).pk}").json()
    before = (Transcript.objects.count(), Job.objects.count())
    asked = {"text": SCRIPT, "language": "ar", "duration": 12.5, "speakers": 2}
    answer = api(bob).post("/test/transcription/simulate", asked)
    assert answer.status_code == 200
    made = answer.json()
    assert set(made) == set(real)
    assert set(made["segments"][0]) == set(real["segments"][0])
    assert set(made["segments"][0]["words"][0]) == set(real["segments"][0]["words"][0])
    assert (made["language"], made["duration"], len(made["speakers"])) == ("ar", 12.5, 2)
    assert " ".join(segment["text"] for segment in made["segments"]) == SCRIPT
    first, second = (speaker["id"] for speaker in made["speakers"])
    assert [segment["speaker"] for segment in made["segments"]] == [first, second, first]
    assert made["segments"][-1]["end"] <= 12.5
    assert before == (Transcript.objects.count(), Job.objects.count())
    assert not UsageEntry.objects.exists()


def test_without_a_duration_the_text_decides(api: Api, bob: User) -> None:
    made = api(bob).post("/test/transcription/simulate", {"text": "one two three", "speakers": 0}).json()
    assert (made["duration"], made["speakers"], made["segments"][0]["speaker"]) == (1.2, [], None)


def test_the_routes_can_be_closed(api: Api, bob: User, settings: Settings) -> None:
    settings.API_TEST_ROUTES = False
    assert api(bob).post("/test/transcription/simulate", {"text": "one"}).status_code == 404
    assert api(bob).get("/test/arabic/dialects").status_code == 404
    assert api(bob).get("/dialects").status_code == 200


def script_recording(organization: Organization, text: bytes, name: str = "a.txt") -> Recording:
    from media.storage import get_media_storage

    recording = make_recording(organization, filename=name, status="probing", duration_ms=None, sha256="")
    get_media_storage().save_bytes(recording.source_key, text)
    probing.probe(recording.pk)
    recording.refresh_from_db()
    return recording


def test_a_text_file_is_its_own_transcript(
    api: Api, bob: User, organization: Organization, media_storage: MediaStorage
) -> None:
    recording = script_recording(organization, SCRIPT.encode())
    assert (recording.status, recording.duration_ms, recording.content_type) == ("ready", 4400, "text/plain")
    assert api(bob).get(f"/media/{recording.pk}").json()["metadata"] == {"container": "text", "words": 11}
    options = {"media": str(recording.pk), "engine": "fake", "diarization": {"enabled": True, "speakers": 2}}
    job = api(bob).post("/jobs", options).json()
    run_all()
    job = api(bob).get(f"/jobs/{job['id']}").json()
    assert (job["status"], job["warnings"]) == ("completed", [])
    made = api(bob).get(f"/transcripts/{job['transcript']}").json()
    assert " ".join(segment["text"] for segment in made["segments"]) == SCRIPT
    assert len(made["speakers"]) == 2
    assert made["duration"] == 4.4


def test_text_files_are_refused_where_the_engine_is_off(
    organization: Organization, media_storage: MediaStorage, settings: Settings
) -> None:
    settings.ASR_FAKE_ENGINE = False
    assert script_recording(organization, SCRIPT.encode()).reason == "not_media"


@pytest.mark.parametrize(
    ("text", "name"), [(SCRIPT.encode(), "a.mp3"), (b"  \n ", "a.txt"), (b"\xff\xfe\x00a", "a.txt")]
)
def test_what_is_no_text_file_is_refused(
    organization: Organization, media_storage: MediaStorage, text: bytes, name: str
) -> None:
    recording = script_recording(organization, text, name)
    assert recording.status == "rejected"


def test_a_script_is_not_longer_than_allowed(
    organization: Organization, media_storage: MediaStorage, settings: Settings
) -> None:
    settings.MEDIA_MAX_DURATION_HOURS = 0.001
    assert script_recording(organization, SCRIPT.encode()).reason == "too_long"
