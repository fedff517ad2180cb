"""What staff and operators see: the admin and the checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from media import checks
from media.models import Project, Recording, StoragePurge, Tag, UploadSession
from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_project, make_recording, make_upload, make_user

ClientFor = Callable[..., Client]


@pytest.fixture
def staff(client_for: ClientFor, db: None) -> Client:
    return client_for(make_user("root@example.com", is_staff=True, is_superuser=True))


def _act(client: Client, model: str, action: str, *rows: Any) -> None:
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(reverse(f"admin:media_{model}_changelist"), form)
    assert answer.status_code == 302, answer.content[:2000]


@pytest.mark.parametrize("model", [Project, Tag, Recording, UploadSession, StoragePurge])
def test_lists_and_forms_open(staff: Client, organization: Organization, model: Any) -> None:
    rows: list[Any] = [
        make_project(organization),
        Tag.objects.create(organization=organization, name="أخبار"),
        make_recording(organization, metadata={"codec": "mp3"}),
        make_upload(organization),
        StoragePurge.objects.create(prefix="org/1/rec/1/"),
    ]
    row, name = next(row for row in rows if isinstance(row, model)), model._meta.model_name
    assert staff.get(reverse(f"admin:media_{name}_changelist"), {"q": "1"}).status_code == 200
    assert staff.get(reverse(f"admin:media_{name}_change", args=[row.pk])).status_code == 200


def test_staff_can_probe_again_restore_and_purge(
    staff: Client, organization: Organization, media_storage: MediaStorage
) -> None:
    refused = make_recording(organization, status="rejected", reason="corrupt_file", duration_ms=None)
    trashed = make_recording(organization, status="deleted", status_before_delete="ready")
    _act(staff, "recording", "probe_again", refused, trashed)
    _act(staff, "recording", "restore", refused, trashed)
    statuses = dict(Recording.objects.values_list("pk", "status"))
    assert statuses == {refused.pk: "probing", trashed.pk: "ready"}
    media_storage.save_bytes(trashed.source_key, b"x")
    _act(staff, "recording", "purge", trashed)
    assert list(Recording.objects.values_list("pk", flat=True)) == [refused.pk]
    _act(staff, "storagepurge", "run_now", StoragePurge.objects.get())
    assert not StoragePurge.objects.exists()
    assert not media_storage.exists(trashed.source_key)


def test_staff_can_give_uploads_up(staff: Client, organization: Organization) -> None:
    upload = make_upload(organization)
    _act(staff, "uploadsession", "give_up", upload)
    assert not Recording.objects.exists()


def test_state_cannot_be_written_by_hand(staff: Client, organization: Organization) -> None:
    recording = make_recording(organization, status="rejected", duration_ms=None)
    staff.post(
        reverse("admin:media_recording_change", args=[recording.pk]),
        {"name": "اسم", "description": "", "status": "ready", "size": 1},
    )
    recording.refresh_from_db()
    assert (recording.name, recording.status, recording.size) == ("اسم", "rejected", 480_000)


def test_admin_is_for_staff(client_for: ClientFor, alice: User) -> None:
    assert client_for(alice).get(reverse("admin:media_recording_changelist")).status_code == 302


def _ids(found: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


@pytest.mark.local_disk
def test_media_root_must_be_writable(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "made" / "later")
    assert checks.check_media_root() == []
    (tmp_path / "file").write_bytes(b"")
    settings.MEDIA_ROOT = str(tmp_path / "file" / "media")
    assert _ids(checks.check_media_root()) == ["media.E001"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"S3_REGION": ""}, ["media.E002"]),
        ({"S3_ACCESS_KEY_ID": "a"}, ["media.E003"]),
        ({"MEDIA_UPLOAD_SINGLE_MAX": 6 << 30}, ["media.E004"]),
        ({"MEDIA_DOWNLOAD_URL_EXPIRES": 8 * 86_400}, ["media.E005"]),
    ],
)
@pytest.mark.local_disk
def test_bucket_is_checked(settings: Settings, values: dict[str, Any], found: list[str]) -> None:
    settings.S3_BUCKET = "recordings"
    for name, value in values.items():
        setattr(settings, name, value)
    assert _ids(checks.check_bucket()) == found
    settings.S3_BUCKET = ""
    assert checks.check_bucket() == []


def test_addresses_must_not_outlive_uploads(settings: Settings) -> None:
    assert checks.check_lifetimes() == []
    settings.MEDIA_UPLOAD_SESSION_HOURS = 0
    assert _ids(checks.check_lifetimes()) == ["media.W001"]
