"""From "here is a file" to `ready`: one request, parts, going on later, giving up, and every way to get it wrong."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from media.models import Project, Recording, StoragePurge, UploadSession
from media.services import purging, recordings, uploads
from media.storage import MediaStorage
from organizations.models import Organization
from organizations.roles import Role, actions_of_role
from organizations.tenancy import Caller
from tests.media.conftest import PART, Uploader
from tests.workers import wait_for

MakeUploader = Callable[[User], Uploader]


def test_small_file_travels_in_one_request(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    person = uploader(bob)
    opened = person.open(speech, "اجتماع الفريق.wav", content_type="audio/wav")
    assert opened["upload"].keys() == {"id", "strategy", "url", "headers", "expires_at"}
    assert opened["media"]["status"] == "uploading"
    assert opened["media"]["upload"] == opened["upload"]["id"]
    assert opened["media"]["name"] == "اجتماع الفريق"
    person.send(opened["upload"], speech)
    answer = person.complete(opened["upload"])
    assert (answer.status_code, answer.json()["media"]["status"]) == (200, "probing")


def test_worker_finds_out_what_it_is(uploader: MakeUploader, bob: User, speech: bytes, store: MediaStorage) -> None:
    medium = uploader(bob).upload(speech, sha256=hashlib.sha256(speech).hexdigest().upper())
    assert (medium["status"], medium["reason"], medium["duration"]) == ("ready", None, 2.0)
    assert medium["sha256"] == hashlib.sha256(speech).hexdigest()
    assert medium["content_type"] == "audio/wav"
    assert (medium["has_playback_copy"], medium["has_waveform"]) == (False, True)
    assert medium["metadata"]["sample_rate"] == 16_000
    assert medium["metadata"]["quality"]["dual_mono"] is False
    assert medium["uploaded_by"] == str(bob.pk)


def test_large_file_travels_in_parts(uploader: MakeUploader, bob: User, long_speech: bytes, small_parts: None) -> None:
    person = uploader(bob)
    opened = person.open(long_speech, "long.wav")
    assert opened["upload"]["part_size"] == PART
    assert [part["number"] for part in opened["upload"]["parts"]] == [1, 2, 3]
    etags = person.send(opened["upload"], long_speech)
    answer = person.complete(opened["upload"], [{"number": n, "etag": etag} for n, etag in etags.items()])
    assert answer.json()["media"]["status"] == "probing"


def test_interrupted_upload_goes_on(
    uploader: MakeUploader, bob: User, long_speech: bytes, small_parts: None, store: MediaStorage
) -> None:
    person = uploader(bob)
    opened = person.open(long_speech)
    person.send(opened["upload"], long_speech, only={1, 3})
    refused = person.complete(opened["upload"])
    assert (refused.status_code, refused.json()["error_type"]) == (422, "upload_incomplete")
    assert "Part 2 is missing" in refused.json()["detail"]

    found = person.api.get(f"/media/uploads/{opened['upload']['id']}").json()["upload"]
    assert [part["number"] for part in found["received"]] == [1, 3]
    assert [part["number"] for part in found["parts"]] == [2]
    person.send(found, long_speech)
    assert person.complete(opened["upload"]).status_code == 200
    key = Recording.objects.get(pk=opened["media"]["id"]).source_key
    assert store.sha256_of(key) == hashlib.sha256(long_speech).hexdigest()


def test_parts_can_be_signed_again_by_number(
    uploader: MakeUploader, bob: User, long_speech: bytes, small_parts: None
) -> None:
    person = uploader(bob)
    path = f"/media/uploads/{person.open(long_speech)['upload']['id']}"
    assert [part["number"] for part in person.api.get(f"{path}?parts=3,1").json()["upload"]["parts"]] == [3, 1]
    for wrong in ("4", "0", "x", "1,,2", "9" * 40):
        answer = person.api.get(f"{path}?parts={wrong}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "parts"), wrong


def test_wrong_part_is_named(uploader: MakeUploader, bob: User, long_speech: bytes, small_parts: None) -> None:
    person = uploader(bob)
    opened = person.open(long_speech)
    person.send(opened["upload"], long_speech)
    changed = person.complete(opened["upload"], [{"number": n, "etag": "0" * 32} for n in (1, 2, 3)])
    assert (changed.status_code, changed.json()["error_type"]) == (422, "upload_incomplete")
    unknown = person.complete(opened["upload"], [{"number": 9}])
    assert unknown.json()["errors"][0]["code"] == "unknown_part"
    assert person.complete(opened["upload"]).status_code == 200


def test_nothing_sent_is_refused_and_stays_open(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    assert person.complete(opened["upload"]).status_code == 422
    person.send(opened["upload"], speech)
    assert person.complete(opened["upload"]).status_code == 200


def test_completing_twice_is_harmless(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    person.send(opened["upload"], speech)
    assert [person.complete(opened["upload"]).status_code for _ in range(2)] == [200, 200]


@pytest.mark.local_disk
def test_address_takes_only_the_declared_size(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    upload = uploader(bob).open(speech)["upload"]
    assert httpx.put(upload["url"], content=speech + b"x", headers=upload["headers"]).status_code == 413
    assert httpx.put(upload["url"], content=speech[:-1], headers=upload["headers"]).status_code == 400


def test_given_up_upload_is_gone(uploader: MakeUploader, bob: User, long_speech: bytes, small_parts: None) -> None:
    person = uploader(bob)
    opened = person.open(long_speech)
    person.send(opened["upload"], long_speech, only={1})
    path = f"/media/uploads/{opened['upload']['id']}"
    assert person.api.post(f"{path}/abort").status_code == 204
    assert person.api.get(path).status_code == 404
    assert person.api.get(f"/media/{opened['media']['id']}").status_code == 404
    part = opened["upload"]["parts"][1]
    purging.run_due()
    assert httpx.put(part["url"], content=long_speech[PART : 2 * PART]).status_code == 404


def test_address_that_outlives_its_upload_leaves_nothing(
    uploader: MakeUploader, bob: User, speech: bytes, store: MediaStorage
) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    prefix = Recording.objects.get(pk=opened["media"]["id"]).prefix
    assert person.api.post(f"/media/uploads/{opened['upload']['id']}/abort").status_code == 204
    purging.run_due()
    person.send(opened["upload"], speech)
    assert list(store.list_prefix(prefix))
    StoragePurge.objects.update(not_before=timezone.now())
    purging.run_due()
    assert not list(store.list_prefix(prefix))
    assert not StoragePurge.objects.exists()


def test_completed_upload_cannot_be_given_up(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    person.send(opened["upload"], speech)
    person.complete(opened["upload"])
    answer = person.api.post(f"/media/uploads/{opened['upload']['id']}/abort")
    assert (answer.status_code, answer.json()["error_type"]) == (409, "upload_closed")
    found = person.api.get(f"/media/uploads/{opened['upload']['id']}").json()["upload"]
    assert found["status"] == "completed"
    assert "url" not in found


def test_unfinished_upload_expires(uploader: MakeUploader, bob: User, speech: bytes) -> None:
    opened = uploader(bob).open(speech)
    assert uploads.abort_expired() == 0
    UploadSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert uploads.abort_expired() == 1
    assert not Recording.objects.filter(pk=opened["media"]["id"]).exists()


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"size": 0}, 422, "empty_audio"),
        ({"size": (10 << 30) + 1}, 413, "too_large"),
        ({"size": -1}, 422, "validation_error"),
        ({"size": "many"}, 422, "validation_error"),
        ({"filename": "   "}, 422, "validation_error"),
        ({"filename": "/"}, 422, "validation_error"),
        ({"filename": "a\x00b"}, 422, "validation_error"),
        ({"sha256": "xyz"}, 422, "validation_error"),
        ({"project": "nonsense"}, 422, "validation_error"),
        ({"colour": "red"}, 422, "validation_error"),
    ],
)
def test_bad_announcements_are_refused(
    uploader: MakeUploader, bob: User, fields: dict[str, Any], status: int, error: str
) -> None:
    body = {"filename": "a.wav", "size": 5, **fields}
    answer = uploader(bob).api.post("/media/uploads", body)
    assert (answer.status_code, answer.json()["error_type"]) == (status, error), answer.content
    assert not Recording.objects.exists()


def test_repeated_request_opens_one_upload(uploader: MakeUploader, bob: User) -> None:
    api, key = uploader(bob).api, {"Idempotency-Key": str(uuid.uuid4())}
    first = api.post("/media/uploads", {"filename": "a.wav", "size": 5}, **key)
    second = api.post("/media/uploads", {"filename": "a.wav", "size": 5}, **key)
    assert (second.status_code, second.json()["error_type"]) == (409, "already_created")
    assert second.json()["id"] == first.json()["upload"]["id"]
    assert Recording.objects.count() == 1


def test_uploads_are_private_to_who_began_them(
    *, uploader: MakeUploader, alice: User, bob: User, carol: User, mallory: User, speech: bytes
) -> None:
    opened = uploader(alice).open(speech)
    path = f"/media/uploads/{opened['upload']['id']}"
    assert uploader(alice).api.get(path).status_code == 200
    assert uploader(bob).api.get(path).status_code == 403
    assert uploader(bob).api.post(f"{path}/complete", {}).status_code == 403
    assert uploader(bob).api.post(f"{path}/abort").status_code == 403
    assert uploader(carol).api.post("/media/uploads", {"filename": "a", "size": 1}).status_code == 403
    assert uploader(mallory).api.get(path).status_code == 404


def test_foreign_project_is_refused(
    uploader: MakeUploader, bob: User, other_organization: Organization, organization: Organization, speech: bytes
) -> None:
    foreign = Project.objects.create(organization=other_organization, name="Theirs")
    own = Project.objects.create(organization=organization, name="Ours")
    body = {"filename": "a.wav", "size": 5, "project": str(foreign.pk)}
    answer = uploader(bob).api.post("/media/uploads", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "project")
    assert uploader(bob).open(speech, project=str(own.pk))["media"]["project"] == str(own.pk)


def test_form_upload_without_script(bob: User, organization: Organization, store: MediaStorage, speech: bytes) -> None:
    caller = Caller(organization, actions_of_role(Role.MEMBER), Role.MEMBER, bob)
    recording = uploads.store_directly(caller=caller, file=SimpleUploadedFile("نشرة.wav", speech, "audio/wav"))
    assert (recording.status, recording.name, recording.filename) == ("probing", "نشرة", "نشرة.wav")
    assert store.read_bytes(recording.source_key) == speech


def test_completing_rings_a_worker_and_tells_open_pages(
    uploader: MakeUploader,
    bob: User,
    speech: bytes,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    person = uploader(bob)
    opened = person.open(speech)
    person.send(opened["upload"], speech)
    with django_capture_on_commit_callbacks() as callbacks:
        person.complete(opened["upload"])
        person.complete(opened["upload"])
    assert len(callbacks) == 2  # the task and the event, once


def test_storage_that_is_away_is_said(uploader: MakeUploader, bob: User, speech: bytes, settings: Settings) -> None:
    api = uploader(bob).api
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "/dev/null/media"}}
    settings.STORAGES = {**settings.STORAGES, "default": place}
    settings.MEDIA_UPLOAD_SINGLE_MAX = 1
    answer = api.post("/media/uploads", {"filename": "a.wav", "size": len(speech)})
    assert (answer.status_code, answer.json()["error_type"]) == (503, "storage_unavailable")
    assert answer["Retry-After"]
    assert not Recording.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["complete", "abort"])
def test_deleted_in_the_moment_in_which_it_ends(uploader: MakeUploader, bob: User, speech: bytes, step: str) -> None:
    """Everybody locks the recording before its upload: in another order two of them would wait for each other."""
    person, answers = uploader(bob), list[Any]()
    opened = person.open(speech)
    person.send(opened["upload"], speech)

    def work() -> None:
        answers.append(person.api.post(f"/media/uploads/{opened['upload']['id']}/{step}", {}))
        connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get()
        worker.start()
        wait_for(_somebody_waits, "the other waits for the lock")
        recordings.purge(recording)
    worker.join(10)
    assert [answer.status_code for answer in answers] == [{"complete": 404, "abort": 409}[step]]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
        return bool(cursor.fetchone()[0])
