"""Retention deletes what it must, from the store too, and nothing else. Both kinds of store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from config.common.clock import now
from media.models import Recording
from media.services import purging, retention
from media.storage import MediaStorage
from organizations.models import AuditEvent, Notification, Organization
from tests.api_client import ApiClient
from tests.factories import make_job, make_notification, make_project, make_recording, make_step, make_transcript
from transcription.models import Job, Segment, Transcript
from transcription.services import retention as transcripts
from transcription.states import JobStatus, StepKind, StepStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


def aged(
    organization: Organization, store: MediaStorage, *, days: float, transcribed: bool = True, **fields: Any
) -> Recording:
    """A recording of `days` ago, with its files, and (by default) a transcript of the same day."""
    moment = now() - timedelta(days=days)
    recording = make_recording(organization, has_waveform=True, has_playback_copy=True, **fields)
    Recording.objects.filter(pk=recording.pk).update(created_at=moment)
    for key in (recording.source_key, recording.playback_key, recording.waveform_key):
        store.save_bytes(key, b"sound")
    if transcribed:
        job = make_job(organization, recording, status=JobStatus.COMPLETED, progress=1.0, finished_at=moment)
        make_step(job, StepKind.PREPARE, status=StepStatus.FINISHED, attempt=2)
        transcript = make_transcript(organization, job)
        for key in (
            transcript.result_key,
            f"{job.prefix}prepare-0-1/chunk-0.flac",
            f"{job.prefix}prepare-0-2/chunk-0.flac",
        ):
            store.save_bytes(key, b"text")
    recording.refresh_from_db()
    return recording


def run() -> tuple[int, int]:
    counts = retention.enforce(), transcripts.enforce()
    purging.run_due()
    return counts


def left(store: MediaStorage, recording: Recording) -> set[str]:
    return {item.key.removeprefix(recording.prefix) for item in store.list_prefix(recording.prefix)}


def keep(organization: Organization, audio: int | None = None, transcript: int | None = None) -> None:
    Organization.objects.filter(pk=organization.pk).update(
        audio_retention_days=audio, transcript_retention_days=transcript
    )


def test_audio_goes_and_the_transcript_stays(
    api: Api, alice: User, organization: Organization, store: MediaStorage
) -> None:
    keep(organization, audio=30)
    old, young = aged(organization, store, days=31), aged(organization, store, days=29)
    before = left(store, young)
    assert run() == (1, 0)
    transcript = Transcript.objects.get(recording=old)
    assert left(store, old) == {transcript.result_key.removeprefix(old.prefix)}, "no sound anywhere, chunks included"
    assert Segment.objects.filter(transcript=transcript).count() == 2
    assert left(store, young) == before
    client = api(alice)
    assert client.get(f"/transcripts/{transcript.pk}").status_code == 200
    shown = client.get(f"/media/{old.pk}").json()
    assert (shown["status"], shown["has_waveform"]) == ("ready", False)
    assert shown["audio_purged_at"] is not None
    for path in ("download", "playback", "waveform"):
        assert client.get(f"/media/{old.pk}/{path}").json()["error_type"] == "audio_expired"
    assert client.post("/jobs", {"media": str(old.pk)}).json()["error_type"] == "audio_expired"
    assert AuditEvent.objects.get(action="media.audio_expired").target_id == str(old.pk)
    assert run() == (0, 0)


def test_transcripts_go_and_the_audio_stays(organization: Organization, store: MediaStorage, alice: User) -> None:
    keep(organization, transcript=7)
    old, young = aged(organization, store, days=8), aged(organization, store, days=6)
    job = Job.objects.get(recording=old)
    make_notification(organization, alice, subject=job.pk)
    assert run() == (0, 1)
    assert left(store, old) == {"source", "playback.m4a", "waveform.json"}
    assert not Transcript.objects.filter(recording=old).exists()
    assert Transcript.objects.filter(recording=young).exists()
    assert Recording.objects.filter(pk=old.pk).exists()
    assert not Notification.objects.filter(subject=job.pk).exists(), "the name went with it"


def test_recording_goes_with_the_last_of_it(organization: Organization, store: MediaStorage) -> None:
    keep(organization, audio=5, transcript=10)
    recording = aged(organization, store, days=6)
    assert run() == (1, 0)
    assert Recording.objects.filter(pk=recording.pk).exists()
    Job.objects.update(finished_at=now() - timedelta(days=11))
    assert run() == (0, 1)
    assert not Recording.objects.filter(pk=recording.pk).exists()
    assert left(store, recording) == set()


def test_recording_that_was_never_transcribed_goes_whole(organization: Organization, store: MediaStorage) -> None:
    keep(organization, audio=5)
    recording = aged(organization, store, days=6, transcribed=False)
    assert run() == (1, 0)
    assert not Recording.objects.filter(pk=recording.pk).exists()
    assert left(store, recording) == set()


def test_no_rule_deletes_nothing(
    organization: Organization, store: MediaStorage, other_organization: Organization
) -> None:
    keep(other_organization, audio=1, transcript=1)
    recording = aged(organization, store, days=4000)
    before = left(store, recording)
    assert run() == (0, 0)
    assert left(store, recording) == before


@pytest.mark.parametrize(("of_project", "expected"), [(3, 1), (30, 0), (None, 1)])
def test_project_rule_comes_first(
    of_project: int | None, expected: int, organization: Organization, store: MediaStorage
) -> None:
    keep(organization, audio=10, transcript=10)
    project = make_project(organization, audio_retention_days=of_project, transcript_retention_days=of_project)
    aged(organization, store, days=11, project=project)
    assert run() == (expected, expected)


def test_files_that_are_on_their_way_stay(organization: Organization, store: MediaStorage) -> None:
    keep(organization, audio=1)
    rows = [aged(organization, store, days=3, transcribed=False, status=status) for status in ("uploading", "probing")]
    trashed = aged(organization, store, days=3, transcribed=False, status="deleted", deleted_at=now())
    assert run() == (1, 0)
    assert [left(store, row) for row in rows] == [{"source", "playback.m4a", "waveform.json"}] * 2
    assert left(store, trashed) == set()


def test_running_job_ends_with_a_reason(organization: Organization, store: MediaStorage) -> None:
    keep(organization, audio=1, transcript=1)
    recording = aged(organization, store, days=2)
    running = make_job(organization, recording, status=JobStatus.PROCESSING)
    Job.objects.exclude(pk=running.pk).update(finished_at=now())
    run()
    running.refresh_from_db()
    assert running.status == JobStatus.FAILED
    assert running.error and running.error["type"] == "audio_expired"
    assert Recording.objects.filter(pk=recording.pk).exists(), "its other transcript is young"


def test_rule_that_was_lifted_meanwhile_deletes_nothing(organization: Organization, store: MediaStorage) -> None:
    keep(organization, audio=1, transcript=1)
    recording = aged(organization, store, days=2)
    job = Job.objects.get(recording=recording)
    keep(organization)
    assert not retention.purge_audio(recording.pk)
    assert not transcripts.purge_job(job.pk, recording.pk)
    assert Transcript.objects.filter(job=job).exists()
