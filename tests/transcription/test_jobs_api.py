"""Jobs and transcripts over HTTP, as an integrator uses them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from billing.models import Account, UsageEntry
from media.models import Recording, StoragePurge
from media.states import RecordingStatus
from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_api_key
from tests.transcription.builders import make_job, make_recording, tone
from tests.transcription.test_runner import run_all
from transcription import lifecycle
from transcription.models import Job, Step
from transcription.services import jobs
from transcription.states import JobStatus, StepStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]


@pytest.fixture
def recording(organization: Organization, media_storage: MediaStorage) -> Recording:
    return make_recording(organization, audio=tone(3), duration_ms=3000)


def test_the_whole_way_of_a_job(api: Api, bob: Any, recording: Recording) -> None:
    program = api(bob)
    answer = program.post("/jobs", {"media": str(recording.pk), "mode": "mono", "vad": {"enabled": False}})
    assert answer.status_code == 202
    job = answer.json()
    assert answer["Location"] == job["links"]["self"]
    assert (job["status"], job["queue_position"], job["progress"], job["transcript"]) == ("queued", 1, 0.0, None)
    assert job["options"]["vad"] == {"enabled": False, "min_silence": 0.5}
    run_all()
    done = program.get(f"/jobs/{job['id']}").json()
    assert (done["status"], done["progress"], done["stage"], done["error"]) == ("completed", 1.0, None, None)
    assert done["audio_seconds"] == 3.0
    transcript = program.get(f"/transcripts/{done['transcript']}").json()
    words = [word["text"] for segment in transcript["segments"] for word in segment["words"]]
    assert words
    text = b"".join(program.get(f"/jobs/{job['id']}/download?format=txt").streaming_content).decode()
    assert text.split() == words


def test_every_format_downloads(api: Api, bob: Any, recording: Recording) -> None:
    job_id = api(bob).post("/jobs", {"media": str(recording.pk), "vad": {"enabled": False}}).json()["id"]
    run_all()
    for name in ("txt", "md", "srt", "vtt", "json", "csv", "tsv"):
        answer = api(bob).get(f"/jobs/{job_id}/download?format={name}")
        assert answer.status_code == 200, name
        assert b"".join(answer.streaming_content)
        assert f".{name}" in answer["Content-Disposition"]
    wrong = api(bob).get(f"/jobs/{job_id}/download?format=exe")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "format")
    unknown = api(bob).get(f"/jobs/{job_id}/download?format=srt&max_chars=many")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "max_chars")


def test_options_are_resolved_once_and_kept_by_a_retry(
    api: Api, bob: Any, organization: Organization, recording: Recording
) -> None:
    organization.defaults = {"language": "ar", "beam_size": 3}
    organization.save()
    created = api(bob).post("/jobs", {"media": str(recording.pk), "beam_size": 7}).json()
    assert (created["options"]["language"], created["options"]["beam_size"]) == ("ar", 7)
    organization.defaults = {"language": "de"}
    organization.save()
    api(bob).post(f"/jobs/{created['id']}/cancel")
    again = api(bob).post(f"/jobs/{created['id']}/retry")
    assert again.status_code == 202
    assert (again.json()["options"], again.json()["attempt"]) == (created["options"], 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "media"),
        ({"media": "nonsense"}, "media"),
        ({"media": str(uuid.uuid4())}, "media"),
        ({"nonsense": 1}, "nonsense"),
        ({"beam_size": 0}, "beam_size"),
        ({"engine": "magic"}, "engine"),
        ({"model": "../../etc/passwd"}, "model"),
        ({"language": "English"}, "language"),
        ({"mode": "mono", "diarization": {"enabled": True}}, "mode"),
        ({"diarization": {"min_speakers": 5, "max_speakers": 2}}, "diarization.speakers"),
        ({"start": 2, "end": 1}, "end"),
        ({"start": 99}, "start"),
        ({"temperature": []}, "temperature"),
        ({"metadata": {"a": "x" * 20_000}}, "metadata"),
    ],
)
def test_bad_options_are_named(api: Api, bob: Any, recording: Recording, body: dict[str, Any], field: str) -> None:
    answer = api(bob).post("/jobs", {"media": str(recording.pk), **body} if body else body)
    assert answer.status_code == 422, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Job.objects.exists()
    assert not UsageEntry.objects.exists()


def test_a_repeated_submit_makes_one_job(api: Api, bob: Any, recording: Recording) -> None:
    program, headers = api(bob), {"Idempotency-Key": uuid.uuid4().hex}
    first = program.post("/jobs", {"media": str(recording.pk)}, **headers)
    second = program.post("/jobs", {"media": str(recording.pk)}, **headers)
    assert first.json()["id"] == second.json()["id"]
    assert (second.status_code, second["Idempotent-Replayed"]) == (202, "true")
    assert Job.objects.count() == 1
    assert program.post("/jobs", {"media": str(recording.pk), "beam_size": 2}, **headers).status_code == 422


def test_a_job_waits_while_its_medium_is_probing(
    api: Api, bob: Any, organization: Organization, media_storage: MediaStorage
) -> None:
    from media import signals

    recording = make_recording(organization, status=RecordingStatus.PROBING, duration_ms=None, audio=tone(3))
    job_id = api(bob).post("/jobs", {"media": str(recording.pk), "vad": {"enabled": False}}).json()["id"]
    assert run_all() == 0
    assert not UsageEntry.objects.exists()
    Recording.objects.filter(pk=recording.pk).update(status=RecordingStatus.READY, duration_ms=3000)
    recording.refresh_from_db()
    signals.recording_ready.send(Recording, recording=recording)
    run_all()
    assert api(bob).get(f"/jobs/{job_id}").json()["status"] == "completed"
    assert UsageEntry.objects.get().used_seconds == 3


def test_on_a_rejected_medium_it_is_refused_with_the_mediums_reason(
    api: Api, bob: Any, organization: Organization
) -> None:
    recording = make_recording(
        organization, status=RecordingStatus.REJECTED, reason="no_audio_stream", reason_detail="There is no sound."
    )
    answer = api(bob).post("/jobs", {"media": str(recording.pk)})
    assert (answer.status_code, answer.json()["error_type"]) == (422, "no_audio_stream")


def test_a_waiting_job_fails_with_its_mediums_reason(api: Api, bob: Any, organization: Organization) -> None:
    from media import signals

    recording = make_recording(organization, status=RecordingStatus.PROBING, duration_ms=None)
    job_id = api(bob).post("/jobs", {"media": str(recording.pk)}).json()["id"]
    recording.status, recording.reason, recording.reason_detail = RecordingStatus.REJECTED, "empty_audio", "No sound."
    recording.save()
    signals.recording_rejected.send(Recording, recording=recording)
    job = api(bob).get(f"/jobs/{job_id}").json()
    assert (job["status"], job["error"]["type"]) == ("failed", "empty_audio")


def test_over_quota_is_402_and_leaves_nothing(
    api: Api, bob: Any, organization: Organization, recording: Recording
) -> None:
    Account.objects.update_or_create(organization=organization, defaults={"included_seconds": 2})
    answer = api(bob).post("/jobs", {"media": str(recording.pk)})
    assert (answer.status_code, answer.json()["error_type"]) == (402, "quota_exceeded")
    assert not Job.objects.exists()


def test_a_cap_of_the_request_is_kept(api: Api, bob: Any, recording: Recording) -> None:
    answer = api(bob).post("/jobs", {"media": str(recording.pk), "max_billable_seconds": 2})
    assert (answer.status_code, answer.json()["error_type"]) == (402, "max_billable_exceeded")
    assert answer.json()["needed_seconds"] > answer.json()["max_billable_seconds"]


@pytest.mark.parametrize("status", list(JobStatus))
def test_cancel_retry_and_delete_in_every_state(
    api: Api, bob: Any, organization: Organization, recording: Recording, status: JobStatus
) -> None:
    job = make_job(organization, recording=recording)
    if status == JobStatus.FAILED:
        lifecycle.fail_job(job.pk, lifecycle.StepError("x", "X.", False))
    elif status == JobStatus.CANCELED:
        lifecycle.cancel(job.pk)
    elif status != JobStatus.QUEUED:
        Job.objects.filter(pk=job.pk).update(status=status)
    active = status in (JobStatus.QUEUED, JobStatus.PROCESSING)
    assert api(bob).post(f"/jobs/{job.pk}/cancel").status_code == (200 if active else 409)
    Job.objects.filter(pk=job.pk).update(status=status)
    retryable = status in (JobStatus.FAILED, JobStatus.CANCELED)
    assert api(bob).post(f"/jobs/{job.pk}/retry").status_code == (202 if retryable else 409)
    assert api(bob).delete(f"/jobs/{job.pk}").status_code == 204
    assert api(bob).get(f"/jobs/{job.pk}").status_code == 404
    assert StoragePurge.objects.filter(prefix=job.prefix).exists()


def test_the_list_is_cheap_filtered_and_paged(
    api: Api,
    bob: Any,
    organization: Organization,
    recording: Recording,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        make_job(organization, recording=recording)
    lifecycle.cancel(Job.objects.earliest("created_at").pk)
    program = api(bob)
    with django_assert_num_queries(4):  # who, member of what, the rows, their places in the queue
        first = program.get("/jobs?limit=3").json()
    assert len(first["data"]) == 3
    assert [job["queue_position"] for job in first["data"]] == [4, 3, 2]
    rest = program.client.get(first["next"], headers=program.headers).json()
    assert {job["id"] for job in first["data"]}.isdisjoint(job["id"] for job in rest["data"])
    assert rest["next"] is None
    assert [job["status"] for job in program.get("/jobs?status=canceled").json()["data"]] == ["canceled"]
    assert len(program.get(f"/jobs?media={uuid.uuid4()}").json()["data"]) == 0
    assert program.get("/jobs?status=nonsense").status_code == 422
    assert program.get("/jobs?ordering=secret").status_code == 422
    oldest = program.get("/jobs?ordering=created_at").json()["data"][0]
    assert oldest["status"] == "canceled"


def test_queue_positions_count_only_the_own_organization(
    api: Api, bob: Any, organization: Organization, other_organization: Organization, recording: Recording
) -> None:
    make_job(other_organization)
    job = make_job(organization, recording=recording)
    assert api(bob).get(f"/jobs/{job.pk}").json()["queue_position"] == 1


def test_steps_tell_worker_attempts_times_and_errors(
    api: Api, bob: Any, organization: Organization, media_storage: MediaStorage
) -> None:
    job = make_job(organization)
    run_all()
    (step,) = api(bob).get(f"/jobs/{job.pk}/steps").json()["data"]
    assert (step["kind"], step["status"], step["worker"], step["attempts"]) == ("prepare", "failed", "test", 1)
    assert step["error"]["type"] == "recording_missing"


def test_segments_by_window_and_cursor(
    api: Api, bob: Any, organization: Organization, media_storage: MediaStorage
) -> None:
    recording = make_recording(organization, audio=tone(30), duration_ms=30_000)
    job = make_job(organization, recording=recording)
    Job.objects.filter(pk=job.pk).update(options={**job.options, "vad": {"enabled": False, "min_silence_ms": 500}})
    run_all()
    program, base = api(bob), f"/transcripts/{job.transcript.pk}/segments"
    everything = program.get(f"{base}?limit=1000").json()["data"]
    assert len(everything) > 4
    first = program.get(f"{base}?limit=2&words=0").json()
    assert "words" not in first["data"][0]
    second = program.client.get(first["next"], headers=program.headers).json()
    assert [line["id"] for line in first["data"] + second["data"]] == [line["id"] for line in everything[:4]]
    window = program.get(f"{base}?from=10&to=12").json()["data"]
    assert window
    assert all(line["end"] > 10 and line["start"] < 12 for line in window)
    assert program.get(f"{base}?cursor=nonsense").status_code == 422
    assert program.get(f"{base}?from=soon").status_code == 422


def test_engines_say_what_they_can_do(api: Api, bob: Any) -> None:
    engines = {engine["name"]: engine for engine in api(bob).get("/engines").json()["data"]}
    assert {"embedded", "faster_whisper", "fake"} <= set(engines)
    assert engines["fake"]["is_default"]
    assert engines["embedded"]["languages"] == ["en"]
    assert (engines["fake"]["mixed_languages"], engines["embedded"]["mixed_languages"]) == (True, False)


def test_a_key_with_the_scope_may_and_one_without_may_not(
    api: Api, organization: Organization, recording: Recording
) -> None:
    _row, text = make_api_key(organization, ["jobs:read", "jobs:write"])
    assert api(text).post("/jobs", {"media": str(recording.pk)}).status_code == 202
    _row, reader = make_api_key(organization, ["jobs:read"])
    assert api(reader).post("/jobs", {"media": str(recording.pk)}).status_code == 403
    assert Job.objects.get().api_key is not None


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_answers_when_the_job_ends(api: Api, bob: Any, organization: Organization) -> None:
    job = make_job(organization)

    def cancel_soon() -> None:
        time.sleep(0.6)
        lifecycle.cancel(job.pk)
        connection.close()

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    started = time.monotonic()
    answer = api(bob).get(f"/jobs/{job.pk}?wait=20").json()
    thread.join()
    assert answer["status"] == "canceled"
    assert 0.5 < time.monotonic() - started < 10
    assert api(bob).get(f"/jobs/{job.pk}?wait=soon").status_code == 422


def test_events_lead_to_the_live_process(api: Api, bob: Any, organization: Organization, settings: Any) -> None:
    settings.LIVE_URL = "http://live.example"
    job = make_job(organization)
    answer = api(bob).get(f"/jobs/{job.pk}/events")
    assert (answer.status_code, answer["Location"]) == (307, f"http://live.example/live/jobs/{job.pk}/events")


def test_steps_of_a_deleted_job_are_gone(api: Api, bob: Any, organization: Organization) -> None:
    job = make_job(organization)
    Step.objects.filter(job=job).update(status=StepStatus.LEASED, lease_until="2030-01-01T00:00Z")
    api(bob).delete(f"/jobs/{job.pk}")
    assert not Step.objects.exists()


def is_blocked() -> bool:
    """Whether somebody waits for a lock in this database."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({waiting})")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_canceled_while_its_recording_becomes_ready_holds_no_minutes(organization: Organization) -> None:
    recording = make_recording(organization, status=RecordingStatus.PROBING)
    job = lifecycle.open_job(
        Job(organization=organization, recording=recording, options={"start_ms": 0, "end_ms": None}), diarize=False
    )

    def admit() -> None:
        try:
            jobs.admit_waiting(recording)
        finally:
            connection.close()

    thread = threading.Thread(target=admit)
    with transaction.atomic():
        lifecycle.cancel(job.pk)
        thread.start()
        until = time.monotonic() + 10
        while not is_blocked() and time.monotonic() < until:
            time.sleep(0.01)
    thread.join()
    assert Job.objects.get(pk=job.pk).status == JobStatus.CANCELED
    assert not UsageEntry.objects.filter(status=UsageEntry.Status.RESERVED).exists()
