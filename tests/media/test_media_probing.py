"""The worker's verdict: every reason for a refusal, copies that play, duplicates, and workers that die."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from media.models import Recording
from media.reasons import REASONS
from media.services import probing, recordings
from media.services.leases import ProbeLease
from media.signals import recording_ready, recording_rejected
from media.storage import MediaStorage
from media.tasks import probe as probe_task
from organizations.models import Organization
from tests.media.audio import makers
from tests.media.conftest import Uploader

MakeUploader = Callable[[User], Uploader]
LEASE_SECONDS = 2.0


def _files(folder: Path) -> dict[str, bytes]:
    """A file for each reason that content can give."""
    sound = makers.encode(folder / "a.m4a", makers.by_suffix("m4a"), makers.noise(2.0)).read_bytes()
    return {
        "not_media": "هذا نص وليس تسجيلا".encode() * 50,
        "no_audio_stream": makers.silent_video(folder / "silent.mp4").read_bytes(),
        "unsupported_codec": makers.unknown_codec(folder / "unknown.wav").read_bytes(),
        "empty_audio": makers.wav(folder / "empty.wav", makers.tone(0)).read_bytes(),
        "corrupt_file": sound[: len(sound) // 2],
        "too_long": makers.wav(folder / "long.wav", makers.tone(3.7, 8000), 8000).read_bytes(),
    }


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _files(tmp_path_factory.mktemp("bad"))


@pytest.mark.parametrize(
    "reason", ["not_media", "no_audio_stream", "unsupported_codec", "empty_audio", "corrupt_file", "too_long"]
)
def test_unusable_file_is_rejected_with_its_reason(
    uploader: MakeUploader, bob: User, bad_files: dict[str, bytes], reason: str, settings: Settings
) -> None:
    settings.MEDIA_MAX_DURATION_HOURS = 0.001  # 3.6 s
    medium = uploader(bob).upload(bad_files[reason], "recording.mp3")
    assert (medium["status"], medium["reason"]) == ("rejected", reason)
    assert medium["reason_detail"] == REASONS[reason]
    assert medium["sha256"] == hashlib.sha256(bad_files[reason]).hexdigest()


def test_changed_file_is_rejected(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    medium = uploader(bob).upload(speech, sha256="0" * 64)
    assert (medium["status"], medium["reason"]) == ("rejected", "hash_mismatch")
    assert medium["sha256"] == hashlib.sha256(speech).hexdigest()


def test_file_that_vanished_is_rejected(uploader: MakeUploader, bob: User, speech: bytes, store: MediaStorage) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    person.send(opened["upload"], speech)
    person.complete(opened["upload"])
    store.delete(Recording.objects.get().source_key)
    probing.probe(opened["media"]["id"])
    assert person.medium(opened["media"]["id"])["reason"] == "source_missing"


def test_what_browsers_cannot_play_gets_a_copy(
    uploader: MakeUploader, bob: User, tmp_path: Path, store: MediaStorage
) -> None:
    data = makers.encode(tmp_path / "a.wma", makers.by_suffix("wma"), makers.noise(2.0)).read_bytes()
    person = uploader(bob)
    medium = person.upload(data, "a.wma")
    assert (medium["has_playback_copy"], medium["content_type"]) == (True, "audio/x-ms-wma")
    answer = person.api.get(f"/media/{medium['id']}/playback")
    assert answer.status_code == 302
    played = httpx.get(answer["Location"])
    assert played.headers["Content-Type"] == "audio/mp4"
    (tmp_path / "played.m4a").write_bytes(played.content)
    with av.open(str(tmp_path / "played.m4a")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


def test_waveform_covers_the_recording(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    person = uploader(bob)
    medium = person.upload(speech)
    answer = person.api.get(f"/media/{medium['id']}/waveform?link=1").json()
    peaks = httpx.get(answer["url"]).json()
    assert peaks["duration_ms"] == 2000
    assert max(peaks["points"]) > 20
    assert answer["expires_at"].endswith("Z")


def test_same_file_is_noticed(uploader: MakeUploader, alice: User, bob: User, mallory: User, speech: bytes) -> None:
    first = uploader(bob).upload(speech, "first.wav")
    assert first["duplicate_of"] is None
    assert uploader(alice).upload(speech, "second.wav")["duplicate_of"] == first["id"]
    assert uploader(mallory).upload(speech, "third.wav")["duplicate_of"] is None
    announced = uploader(bob).open(speech, sha256=hashlib.sha256(speech).hexdigest())
    assert announced["media"]["duplicate_of"] == first["id"]


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    """What the apps above were told: (signal, status of the row at that moment)."""
    told: list[tuple[str, str]] = []

    def ready(recording: Recording, **_kwargs: Any) -> None:
        told.append(("ready", Recording.objects.get(pk=recording.pk).status))

    def rejected(recording: Recording, **_kwargs: Any) -> None:
        told.append(("rejected", recording.reason))

    recording_ready.connect(ready)
    recording_rejected.connect(rejected)
    yield told
    recording_ready.disconnect(ready)
    recording_rejected.disconnect(rejected)


def test_apps_above_are_told_once(
    uploader: MakeUploader, bob: User, speech: bytes, heard: list[tuple[str, str]]
) -> None:
    medium = uploader(bob).upload(speech)
    probe_task(medium["id"])
    uploader(bob).upload(b"nothing at all")
    assert heard == [("ready", "ready"), ("rejected", "not_media")]


def test_receiver_that_fails_leaves_the_probe_to_be_done_again(
    uploader: MakeUploader, bob: User, speech: bytes
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("broken receiver")

    recording_ready.connect(fail)
    try:
        assert uploader(bob).upload(speech)["status"] == "probing"
    finally:
        recording_ready.disconnect(fail)
    Recording.objects.update(probe_lease_until=timezone.now() - timedelta(seconds=1))
    probing.probe(Recording.objects.get().pk)
    assert Recording.objects.get().status == "ready"


def test_probe_folder_is_removed(
    uploader: MakeUploader, bob: User, speech: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    uploader(bob).upload(speech)
    uploader(bob).upload(b"no media")
    assert not list(folder.iterdir())


def _probing(organization: Organization, store: MediaStorage, data: bytes) -> Recording:
    recording = Recording.objects.create(
        organization=organization, name="a", filename="a.wav", status="probing", size=len(data)
    )
    store.save_bytes(recording.source_key, data)
    return recording


def test_only_one_worker_claims(organization: Organization, store: MediaStorage, speech: bytes) -> None:
    recording = _probing(organization, store, speech)
    lease = ProbeLease.claim(recording.pk)
    assert lease is not None
    assert ProbeLease.claim(recording.pk) is None


def test_late_word_of_a_lost_worker_changes_nothing(
    organization: Organization, store: MediaStorage, speech: bytes
) -> None:
    recording = _probing(organization, store, speech)
    slow = ProbeLease.claim(recording.pk)
    Recording.objects.update(probe_lease_until=timezone.now() - timedelta(seconds=1))
    fast = ProbeLease.claim(recording.pk)
    assert slow and fast
    assert not slow.write(status="rejected", reason="corrupt_file")
    assert fast.write(status="ready", duration_ms=2000)
    assert Recording.objects.get().status == "ready"


def test_file_that_kills_every_worker_is_given_up(
    organization: Organization, store: MediaStorage, speech: bytes
) -> None:
    recording = _probing(organization, store, speech)
    for _attempt in range(probing.MAX_ATTEMPTS):
        assert ProbeLease.claim(recording.pk)  # and the worker dies
        Recording.objects.update(probe_lease_until=timezone.now() - timedelta(seconds=1))
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert (recording.status, recording.reason) == ("rejected", "corrupt_file")
    assert probing.again(recording)
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert recording.status == "ready"


def test_storage_that_is_away_is_not_the_file_s_fault(
    organization: Organization, store: MediaStorage, speech: bytes, tmp_path: Path, settings: Settings
) -> None:
    recording = _probing(organization, store, speech)
    settings.STORAGES = {**settings.STORAGES, "default": S3_AWAY}
    settings.S3_BUCKET, settings.S3_ENDPOINT_URL = "recordings", "http://127.0.0.1:9"
    settings.S3_ACCESS_KEY_ID = settings.S3_SECRET_ACCESS_KEY = "x"
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert (recording.status, recording.probe_attempt) == ("probing", 0)
    assert recording.probe_lease_until is not None


def test_a_full_disk_is_not_the_file_s_fault(
    organization: Organization, store: MediaStorage, speech: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried; once there is room again the recording is what it is."""
    recording = _probing(organization, store, speech)
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.TemporaryDirectory", FolderOnAFullDisk)
        for _attempt in range(probing.MAX_ATTEMPTS + 1):
            probing.probe(recording.pk)
            Recording.objects.update(probe_lease_until=timezone.now() - timedelta(seconds=1))
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert (recording.status, recording.probe_attempt) == ("ready", 1)


class FolderOnAFullDisk(tempfile.TemporaryDirectory[str]):
    def __enter__(self) -> str:
        Path(self.name, "source").symlink_to("/dev/full")
        return self.name


S3_AWAY = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "recordings"}}


def test_deleted_while_probed_stays_deleted(organization: Organization, store: MediaStorage, speech: bytes) -> None:
    recording = _probing(organization, store, speech)
    lease = ProbeLease.claim(recording.pk)
    assert lease is not None
    Recording.objects.update(status="deleted", status_before_delete="probing")
    assert not lease.write(status="ready", duration_ms=2000)
    assert recordings.bring_back(recording)
    assert ProbeLease.claim(recording.pk) is None  # the first worker's lease still runs
    Recording.objects.update(probe_lease_until=None)
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert recording.status == "ready"


def test_lost_messages_are_sent_again(organization: Organization, store: MediaStorage, speech: bytes) -> None:
    _probing(organization, store, speech)
    assert probing.ring_for_overdue() == 0
    Recording.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
    assert probing.ring_for_overdue() == 1
    Recording.objects.update(probe_lease_until=timezone.now() + timedelta(seconds=20))
    assert probing.ring_for_overdue() == 0


@pytest.mark.django_db(transaction=True)
def test_heartbeat_keeps_the_lease_and_notices_its_loss(
    organization: Organization, store: MediaStorage, speech: bytes, settings: Settings
) -> None:
    settings.STEP_LEASE_SECONDS, settings.STEP_HEARTBEAT_SECONDS = 0.6, 0.1
    recording = _probing(organization, store, speech)
    lease = ProbeLease.claim(recording.pk)
    assert lease is not None
    with lease.kept_alive():
        time.sleep(0.9)
        assert ProbeLease.claim(recording.pk) is None
        Recording.objects.update(probe_attempt=7)
        assert lease.lost.wait(2)


WORKER = """
import sys, django
django.setup()
from media.services import probing
probing.probe(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.local_disk
def test_killed_worker_is_replaced(
    organization: Organization, store: MediaStorage, speech: bytes, settings: Settings, tmp_path: Path
) -> None:
    """The first worker hangs reading the source, a pipe that nobody fills, and is killed with -9."""
    recording = _probing(organization, store, speech)
    source = tmp_path / "media" / recording.source_key
    source.unlink()
    os.mkfifo(source)
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(recording.pk)], env=_environment(tmp_path))
    try:
        _wait_for(lambda: Recording.objects.get().probe_attempt == 1)
        probing.probe(recording.pk)
        assert Recording.objects.get().probe_attempt == 1
    finally:
        worker.kill()
        worker.wait()
    source.unlink()
    store.save_bytes(recording.source_key, speech)
    _wait_for(lambda: probing.ring_for_overdue() == 1)
    probing.probe(recording.pk)
    recording.refresh_from_db()
    assert (recording.status, recording.probe_attempt) == ("ready", 2)


def _environment(tmp_path: Path) -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": django_settings.REDIS_URL,
        "SECRET_KEY": django_settings.SECRET_KEY,
        "MEDIA_ROOT": str(tmp_path / "media"),
        "STEP_LEASE_SECONDS": str(LEASE_SECONDS),
        "STEP_HEARTBEAT_SECONDS": "0.2",
    }


def _wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.05)
