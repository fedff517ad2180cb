"""Bytes in storage: held from the first request of an upload, given back by the purge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from billing.models import StoredFile
from billing.quota import stored
from config.common.clock import from_now, now
from media.models import MediaImport, Recording, UploadSession
from media.services import imports, purging, recordings, retention, uploads
from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.billing.accounts import agree
from tests.factories import make_recording, make_transcript
from tests.local_server import Reply, serving

pytestmark = pytest.mark.django_db
Api = Callable[[User], ApiClient]


@pytest.fixture
def limited(organization: Organization) -> Organization:
    agree(organization, max_storage_bytes=1000)
    return organization


def begin(client: ApiClient, size: int) -> Any:
    return client.post("/media/uploads", {"filename": "talk.mp3", "size": size, "content_type": "audio/mpeg"})


def test_an_upload_holds_its_bytes_and_the_next_one_is_told_what_is_left(
    limited: Organization, bob: User, api: Api, media_storage: MediaStorage
) -> None:
    client = api(bob)
    assert begin(client, 700).status_code == 201
    answer = begin(client, 301)
    assert (answer.status_code, answer.json()["error_type"]) == (402, "storage_exceeded")
    assert (answer.json()["needed_bytes"], answer.json()["remaining_bytes"]) == (301, 300)
    assert Recording.objects.count() == StoredFile.objects.count() == 1, "a refused upload leaves nothing"
    assert begin(client, 300).status_code == 201
    assert stored.remaining_bytes(limited) == 0
    assert begin(client, 1).status_code == 402


def test_a_canceled_and_an_expired_upload_give_theirs_back(
    limited: Organization, bob: User, api: Api, media_storage: MediaStorage
) -> None:
    client = api(bob)
    first, second = (begin(client, 500).json()["upload"]["id"] for _ in range(2))
    assert stored.remaining_bytes(limited) == 0
    assert client.post(f"/media/uploads/{first}/abort").status_code == 204
    assert stored.remaining_bytes(limited) == 500
    UploadSession.objects.filter(pk=second).update(expires_at=from_now(hours=-1))
    assert uploads.abort_expired() == 1
    assert stored.remaining_bytes(limited) == 1000
    assert not StoredFile.objects.exists()


def test_what_lies_in_the_trash_counts_until_it_is_purged(
    limited: Organization, bob: User, api: Api, client_for: Any, media_storage: MediaStorage
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("talk.mp3", b"x" * 400, "audio/mpeg")
    client_for(bob).post(f"/o/{limited.slug}/upload", {"uploads": [file], "language": "auto", "mode": "mono"})
    recording = Recording.objects.get()
    line = StoredFile.objects.get()
    assert (line.key, line.status, line.bytes) == (recording.pk, "settled", 400)
    assert api(bob).delete(f"/media/{recording.pk}").status_code == 204
    assert stored.used_bytes(limited) == 400
    Recording.objects.update(deleted_at=now() - (from_now(days=400) - now()))
    for old in purging.old_trash():
        recordings.purge(old)
    assert stored.used_bytes(limited) == 0


def test_audio_that_expires_gives_its_room_back_and_its_transcript_stays(limited: Organization) -> None:
    recording = make_transcript(limited).recording
    Recording.objects.update(created_at=from_now(days=-3))
    Organization.objects.update(audio_retention_days=1)
    call_command("count_storage")
    assert stored.used_bytes(limited) == recording.size
    assert retention.enforce() == 1
    assert stored.used_bytes(limited) == 0


def test_replays_change_nothing(limited: Organization) -> None:
    key = make_recording(limited).pk
    stored.reserve(organization=limited, key=key, size=600)
    stored.reserve(organization=limited, key=key, size=700)
    assert stored.used_bytes(limited) == 700, "one line per file: the room of the first is not needed twice"
    assert stored.settle(key=key, size=650) is True
    assert stored.settle(key=key, size=1) is False
    assert stored.release(key=key) is True
    assert stored.release(key=key) is False
    assert stored.settle(key=key, size=650) is False
    assert stored.used_bytes(limited) == 0


@pytest.fixture
def import_of(
    organization: Organization, alice: User, settings: Any, media_storage: MediaStorage
) -> Callable[[str], Recording]:
    settings.MEDIA_IMPORT_ENABLED = True

    def bring(url: str) -> Recording:
        from organizations.authenticate import caller_for_user

        recording = imports.begin(caller=caller_for_user(alice, organization.slug), url=url)
        imports.fetch(MediaImport.objects.get(recording=recording).pk)
        recording.refresh_from_db()
        return recording

    return bring


def test_a_file_from_an_address_counts_when_its_length_is_known(
    organization: Organization, import_of: Callable[[str], Recording], media_storage: MediaStorage
) -> None:
    agree(organization, max_storage_bytes=100)
    with serving() as server:
        server.answer = lambda asked: Reply(body=b"x" * (101 if "long" in asked.path else 100))
        refused = import_of(f"{server.url}/long.mp3")
        assert (refused.status, refused.reason) == ("rejected", "storage_exceeded")
        assert stored.used_bytes(organization) == 0
        purging.run_due()
        assert not media_storage.exists(refused.source_key)
        brought = import_of(f"{server.url}/short.mp3")
        assert brought.status == "probing", brought.reason
        assert stored.remaining_bytes(organization) == 0


def test_counting_anew_mends_what_was_changed_by_hand(organization: Organization) -> None:
    recording = make_recording(organization, size=123)
    gone = make_recording(organization)
    stored.reserve(organization=organization, key=gone.pk, size=5)
    gone.delete()
    for _ in range(2):
        call_command("count_storage")
        assert list(StoredFile.objects.values_list("key", "bytes", "status")) == [(recording.pk, 123, "settled")]
