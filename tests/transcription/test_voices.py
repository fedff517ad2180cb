"""Voice profiles: what is kept and when, who is suggested, and that nothing stays after the consent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from media.storage import MediaStorage
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_match, make_profile, make_transcript, make_voice
from tests.transcription.builders import make_job, make_recording, tone
from transcription import runner
from transcription.asr import voiceprints
from transcription.asr.types import Diarization, Turn
from transcription.models import (
    Job,
    Speaker,
    Step,
    Transcript,
    VoiceConsent,
    VoiceMatch,
    VoiceProfile,
    VoiceSample,
    VoiceVector,
)
from transcription.models.voices import MatchState
from transcription.runner import engines, voices
from transcription.states import JobStatus, StepKind

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
NOTE = {"enabled": True, "note": "All signed the form."}
VOICE_TABLES = (VoiceConsent, VoiceVector, VoiceProfile, VoiceSample, VoiceMatch)
HEARD = Diarization(
    (Turn(0, 5000, "S1"), Turn(5000, 6000, "S2")),
    "embedded",
    {"S1": (1.0, 0.0), "S2": (0.0, 1.0)},
    "voices/1",
)


@pytest.fixture
def speaker(organization: Organization) -> Speaker:
    found: Speaker = make_transcript(organization).speakers.get()
    return found


@pytest.fixture(params=["numpy", "pgvector"])
def database(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to compare; pgvector where this PostgreSQL has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
        available = cursor.fetchone()[0]
    assert voices.has_pgvector() == available, "migrating adds it where it can be had"
    if request.param == "pgvector" and not available:
        pytest.skip("this PostgreSQL has no pgvector")
    if request.param == "numpy":
        monkeypatch.setattr(voices, "has_pgvector", lambda: False)
    return str(request.param)


def vectors_left() -> int:
    return sum(model.objects.count() for model in VOICE_TABLES)


# --- Keeping ----------------------------------------------------------------------------------------------------------
def finished(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job through the real steps, whose diarization is HEARD."""
    monkeypatch.setattr(engines, "tell_speakers", lambda *_args, **_named: HEARD)
    recording = make_recording(organization, audio=tone(6), duration_ms=6000)
    job = make_job(organization, recording=recording, diarize=True)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    while sum(runner.work(queue, worker="test") for queue in ("default", "diarize")):
        pass
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    return job


def stored(job: Job, storage: MediaStorage) -> dict[str, Any]:
    step = Step.objects.get(job=job, kind=StepKind.DIARIZE)
    data: dict[str, Any] = orjson.loads(storage.read_bytes((step.result or {})["key"]))
    return data


def test_nothing_is_kept_while_it_is_off(
    organization: Organization, media_storage: MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished(organization, monkeypatch)
    assert job.transcript.speakers.count() == 2
    assert vectors_left() == 0
    assert stored(job, media_storage)["embeddings"] == {}, "not in storage either"


def test_with_consent_each_speakers_voice_is_kept_as_a_row_alone(
    organization: Organization, dana: User, api: Api, media_storage: MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api(dana).put("/speaker-profiles/consent", NOTE).status_code == 200
    job = finished(organization, monkeypatch)
    rows = VoiceVector.objects.filter(job=job).order_by("label")
    assert [(row.label, row.speaker.label, row.model, row.vector, row.speech_ms) for row in rows] == [
        ("S1", "S1", "voices/1", [1.0, 0.0], 5000),
        ("S2", "S2", "voices/1", [0.0, 1.0], 1000),
    ]
    assert stored(job, media_storage)["embeddings"] == {}
    assert all(
        b'"embeddings":{"' not in media_storage.read_bytes(item.key) for item in media_storage.list_prefix(job.prefix)
    )


def test_told_apart_again_replaces_what_was_kept(organization: Organization, speaker: Speaker) -> None:
    vector = make_voice(speaker)
    voices.keep(vector.job, replace(HEARD, embeddings={"S1": (0.0, 1.0)}))
    assert [row.vector for row in VoiceVector.objects.filter(job=vector.job)] == [[0.0, 1.0]]


def test_a_voice_without_words_is_not_kept(organization: Organization, speaker: Speaker) -> None:
    make_voice(speaker)
    VoiceVector.objects.all().delete()
    voices.keep(speaker.transcript.job, HEARD)
    voices.recognize(speaker.transcript)
    assert [row.label for row in VoiceVector.objects.all()] == ["S1"]


def test_no_vector_can_exist_without_consent(organization: Organization, speaker: Speaker) -> None:
    """The database itself refuses, whatever the code above it forgets."""
    vector = make_voice(speaker)
    with pytest.raises(Exception, match="foreign key"), transaction.atomic():
        VoiceConsent.objects.filter(pk=vector.consent_id)._raw_delete("default")
        connection.check_constraints()


# --- Consent ----------------------------------------------------------------------------------------------------------
def test_consent_needs_a_note_and_is_told(organization: Organization, dana: User, carol: User, api: Api) -> None:
    assert api(carol).get("/speaker-profiles/consent").json() == {
        "enabled": False,
        "note": None,
        "given_by": None,
        "since": None,
    }
    bare = api(dana).put("/speaker-profiles/consent", {"enabled": True, "note": "  "})
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "note")
    given = api(dana).put("/speaker-profiles/consent", NOTE).json()
    assert (given["enabled"], given["note"], given["given_by"]) == (True, NOTE["note"], str(dana.pk))
    assert AuditEvent.objects.filter(action="profile.consent_given", actor_id=dana.pk).count() == 1


def test_switching_off_deletes_every_vector(
    organization: Organization, other_organization: Organization, dana: User, speaker: Speaker, api: Api
) -> None:
    make_voice(speaker)
    make_match(make_profile(organization), speaker)
    there = make_profile(other_organization)
    assert VoiceVector.objects.count() + VoiceSample.objects.count() == 3
    assert api(dana).put("/speaker-profiles/consent", {"enabled": False}).json()["enabled"] is False
    assert VoiceSample.objects.get().profile == there, "another organization's stay"
    assert [model.objects.filter(organization=organization).count() for model in VOICE_TABLES] == [0] * 5
    told = AuditEvent.objects.get(action="profile.consent_withdrawn")
    assert told.data == {"profiles": 1, "vectors": 1}
    assert api(dana).put("/speaker-profiles/consent", {"enabled": False}).status_code == 200, "twice is once"


def test_the_name_stays_when_the_voice_goes(organization: Organization, dana: User, speaker: Speaker, api: Api) -> None:
    make_voice(speaker)
    made = api(dana).post("/speaker-profiles", {"name": "Layla", "speaker": str(speaker.pk)})
    assert made.status_code == 201, made.content
    api(dana).put("/speaker-profiles/consent", {"enabled": False})
    speaker.refresh_from_db()
    assert (speaker.name, speaker.profile_id, vectors_left()) == ("Layla", None, 0)


# --- Profiles ---------------------------------------------------------------------------------------------------------
def test_a_profile_is_made_of_a_speaker(organization: Organization, dana: User, speaker: Speaker, api: Api) -> None:
    make_voice(speaker)
    made = api(dana).post("/speaker-profiles", {"name": " Layla  Hasan", "speaker": str(speaker.pk)}).json()
    assert (made["name"], made["samples"], made["speech_seconds"], made["recordings"]) == ("Layla Hasan", 1, 10.0, 1)
    shown = api(dana).get(f"/transcripts/{speaker.transcript_id}").json()["speakers"][0]
    assert (shown["name"], shown["profile"]) == ("Layla Hasan", made["id"])
    [heard] = api(dana).get(f"/speaker-profiles/{made['id']}/recordings").json()["data"]
    assert (heard["transcript"], heard["state"], heard["score"]) == (str(speaker.transcript_id), "accepted", None)
    renamed = api(dana).patch(f"/speaker-profiles/{made['id']}", {"name": "Layla H."}).json()
    assert renamed["name"] == "Layla H."
    speaker.refresh_from_db()
    assert speaker.name == "Layla Hasan", "transcripts keep the name that they have"


def test_who_says_too_little_is_not_enrolled(
    organization: Organization, dana: User, speaker: Speaker, api: Api
) -> None:
    body = {"name": "Layla", "speaker": str(speaker.pk)}
    off = api(dana).post("/speaker-profiles", body)
    assert (off.status_code, off.json()["error_type"]) == (409, "voices_off")
    api(dana).put("/speaker-profiles/consent", NOTE)
    none = api(dana).post("/speaker-profiles", body)
    assert (none.status_code, none.json()["error_type"]) == (409, "no_voice")
    make_voice(speaker, speech_ms=3999)
    short = api(dana).post("/speaker-profiles", body)
    assert (short.status_code, short.json()["errors"][0]["code"]) == (422, "too_short")
    assert not VoiceProfile.objects.exists()


def test_deleting_a_profile_deletes_its_vectors(
    organization: Organization, dana: User, speaker: Speaker, api: Api
) -> None:
    profile = make_profile(organization)
    make_match(profile, speaker)
    other = make_profile(organization, name="Omar")
    assert api(dana).delete(f"/speaker-profiles/{profile.pk}").status_code == 204
    assert list(VoiceSample.objects.values_list("profile", flat=True)) == [other.pk]
    assert not VoiceMatch.objects.exists()


def test_a_foreign_speaker_is_unknown(
    organization: Organization, other_organization: Organization, dana: User, api: Api
) -> None:
    api(dana).put("/speaker-profiles/consent", NOTE)
    foreign = make_transcript(other_organization).speakers.get()
    make_voice(foreign)
    body = {"name": "Layla", "speaker": str(foreign.pk)}
    assert api(dana).post("/speaker-profiles", body).json()["errors"][0]["field"] == "speaker"
    profile = make_profile(organization)
    answer = api(dana).post(f"/speaker-profiles/{profile.pk}/speakers", {"speaker": str(foreign.pk)})
    assert answer.status_code == 422


# --- Suggestions ------------------------------------------------------------------------------------------------------
def speaker_of(organization: Organization, *values: float, **fields: Any) -> Speaker:
    found: Speaker = make_transcript(organization).speakers.get()
    make_voice(found, *values, **fields)
    return found


def suggested() -> list[tuple[Any, Any]]:
    rows = VoiceMatch.objects.filter(state=MatchState.SUGGESTED).order_by("-score")
    return list(rows.values_list("speaker", "score"))


def test_a_profile_is_looked_for_in_all_recordings(
    organization: Organization, other_organization: Organization, database: str
) -> None:
    profile = make_profile(organization)
    same = speaker_of(organization, 0.98, 0.199)
    likely = speaker_of(organization, 0.72, 0.694)
    speaker_of(organization, 0.6, 0.8)  # not alike
    speaker_of(organization, 1.0, 0.0, speech_ms=2900)  # too short to tell
    speaker_of(organization, 0.72, 0.694, speech_ms=3100)  # alike, but less speech needs more likeness
    speaker_of(organization, 1.0, 0.0, model="voices/2")  # another model
    speaker_of(other_organization, 1.0, 0.0)  # not ours
    assert voices.look_for(profile.pk) == 2
    assert suggested() == [(same.pk, pytest.approx(0.98, abs=1e-3)), (likely.pk, pytest.approx(0.72, abs=1e-3))]
    assert voices.look_for(profile.pk) == 2, "twice is once"
    profile.refresh_from_db()
    assert profile.matched_at is not None


def test_a_new_transcript_is_suggested_whom_it_sounds_like(
    organization: Organization, media_storage: MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = make_profile(organization, 0.9, 0.1)
    job = finished(organization, monkeypatch)
    [(speaker_id, score)] = suggested()
    assert Speaker.objects.get(pk=speaker_id).label == "S1"
    assert job.transcript.speakers.filter(pk=speaker_id).exists()
    assert score == pytest.approx(0.9939, abs=1e-3)
    assert VoiceMatch.objects.get().profile == profile


def test_accepting_names_the_speaker_and_teaches_the_profile(
    organization: Organization, bob: User, speaker: Speaker, api: Api, django_capture_on_commit_callbacks: Any
) -> None:
    make_voice(speaker, 0.9, 0.436)
    match = make_match(make_profile(organization), speaker)
    rival = make_match(make_profile(organization, name="Omar"), speaker, score=0.75)
    shown = api(bob).get(f"/speaker-profiles/suggestions?transcript={speaker.transcript_id}").json()["data"]
    assert {(one["profile_name"], one["sure"]) for one in shown} == {("Layla", True), ("Omar", False)}
    done = api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/accept")
    assert (done.status_code, done.json()["state"], done.json()["speaker_name"]) == (200, "accepted", "Layla")
    assert match.profile.samples.count() == 2
    assert not VoiceMatch.objects.filter(pk=rival.pk).exists(), "nobody else is suggested any more"
    assert speaker.transcript.operations.filter(kind="speaker_edit").count() == 1, "a version of the transcript"
    match.profile.refresh_from_db()
    assert match.profile.matched_at is None, "it waits to be looked for again"
    assert api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/accept").status_code == 200, "twice is once"
    assert match.profile.samples.count() == 2


def test_taking_back_corrects_the_profile(organization: Organization, bob: User, api: Api, database: str) -> None:
    """A wrong acceptance made the profile sound like others; taken back, it does not any more."""
    profile = make_profile(organization)
    wrong = speaker_of(organization, 0.0, 1.0, speech_ms=60_000)
    Speaker.objects.filter(pk=wrong.pk).update(name="Guest")
    like_wrong = speaker_of(organization, 0.1, 0.995)
    match = make_match(profile, wrong)
    assert api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/accept").status_code == 200
    assert voices.look_for_all() == 1
    assert [pk for pk, _score in suggested()] == [like_wrong.pk]

    done = api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/take-back")
    assert (done.status_code, done.json()["state"], done.json()["speaker_name"]) == (200, "rejected", "Guest")
    wrong.refresh_from_db()
    assert wrong.profile_id is None
    assert profile.samples.count() == 1
    assert voices.look_for_all() == 1
    assert suggested() == [], "neither the one that was taken back nor the one that sounded like it"
    assert voices.look_for_all() == 0


def test_rejected_is_not_suggested_again(organization: Organization, bob: User, api: Api) -> None:
    profile = make_profile(organization)
    speaker = speaker_of(organization, 1.0, 0.0)
    voices.look_for(profile.pk)
    match = VoiceMatch.objects.get()
    assert api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/reject").json()["state"] == "rejected"
    voices.look_for(profile.pk)
    assert suggested() == []
    assert api(bob).get("/speaker-profiles/suggestions?state=rejected").json()["data"][0]["speaker"] == str(speaker.pk)
    later = api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/accept")
    assert later.status_code == 200, "minds may change"
    refused = api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/reject")
    assert (refused.status_code, refused.json()["error_type"]) == (409, "match_accepted")


def test_a_locked_transcript_keeps_its_names(organization: Organization, bob: User, speaker: Speaker, api: Api) -> None:
    make_voice(speaker)
    match = make_match(make_profile(organization), speaker)
    Transcript.objects.filter(pk=speaker.transcript_id).update(status="final")
    answer = api(bob).post(f"/speaker-profiles/suggestions/{match.pk}/accept")
    assert (answer.status_code, answer.json()["error_type"]) == (409, "transcript_locked")
    assert VoiceMatch.objects.get().state == MatchState.SUGGESTED


def test_the_list_needs_few_queries(
    organization: Organization, bob: User, api: Api, django_assert_max_num_queries: Any
) -> None:
    client = api(bob)
    for number in range(5):
        make_match(make_profile(organization, name=f"P{number}"), speaker_of(organization, 1.0, 0.0))
    with django_assert_max_num_queries(8):
        assert len(client.get("/speaker-profiles/suggestions").json()["data"]) == 5
    with django_assert_max_num_queries(8):
        assert [one["suggestions"] for one in client.get("/speaker-profiles").json()["data"]] == [1] * 5


# --- Rules ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("speech_ms", "least"), [(0, None), (2999, None), (3000, 0.75), (3500, 0.725), (4000, 0.70), (60_000, 0.70)]
)
def test_less_speech_needs_more_likeness(speech_ms: int, least: float | None) -> None:
    assert voiceprints.suggested_from(speech_ms) == least


def test_the_middle_of_samples() -> None:
    assert voiceprints.center([]) is None
    assert voiceprints.center([((0.0, 0.0), 5000)]) is None
    assert voiceprints.center([((1.0, 0.0), 5000), ((0.0, 1.0), 5000)]) == pytest.approx((0.7071, 0.7071), abs=1e-4)
    heavy = voiceprints.center([((1.0, 0.0), 3_600_000), ((0.0, 1.0), 60_000)])
    assert heavy == pytest.approx((0.7071, 0.7071), abs=1e-4), "an hour speaks no louder than a minute"


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_from_off_to_a_profile_and_back(
    organization: Organization, dana: User, carol: User, speaker: Speaker, client_for: Callable[..., Client]
) -> None:
    client, home = client_for(dana), f"/o/{organization.slug}/speakers"
    assert "Nothing about voices is kept" in client.get(home).content.decode()
    assert client.post(f"{home}/consent", {"enabled": "1", "note": "All signed."}).status_code == 302
    make_voice(speaker)
    assert f'<option value="{speaker.pk}">' in client.get(home).content.decode()
    assert client.post(f"{home}/create", {"speaker": str(speaker.pk), "name": "Layla"}).status_code == 302
    profile = VoiceProfile.objects.get()
    page = client.get(f"{home}/{profile.pk}").content.decode()
    assert "Known by 1 voice sample." in page
    assert str(speaker.transcript_id) in page
    other = speaker_of(organization, 1.0, 0.0)
    voices.look_for_all()
    assert "very likely" in client.get(home).content.decode()
    match = VoiceMatch.objects.get(speaker=other)
    decided = client.post(f"{home}/matches/{match.pk}", {"decision": "accept", "next": f"{home}/{profile.pk}"})
    assert decided.headers["Location"] == f"{home}/{profile.pk}"
    assert "Known by 2 voice samples." in client.get(f"{home}/{profile.pk}").content.decode()
    assert client.post(f"{home}/{profile.pk}/rename", {"name": "Layla H."}).status_code == 302
    assert "Layla H." in client_for(carol).get(home).content.decode()
    assert "New profile" not in client_for(carol).get(home).content.decode()
    client.post(f"{home}/matches/{match.pk}", {"decision": "take_back"})
    assert "Known by 1 voice sample." in client.get(f"{home}/{profile.pk}").content.decode()
    assert client.post(f"{home}/{profile.pk}/delete").status_code == 302
    assert not VoiceSample.objects.exists()
    client.post(f"{home}/consent", {"enabled": "0"})
    assert vectors_left() == 0
