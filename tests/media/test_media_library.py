"""The recordings list and what people do with a recording: rename, tag, move, delete, restore, download."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from media.models import Recording, StoragePurge, Tag
from media.services import purging, sweeping
from media.signals import recording_deleted, recording_purged
from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_job, make_project, make_recording, make_upload
from tests.media.conftest import Uploader

Api = Callable[..., ApiClient]
MakeUploader = Callable[[User], Uploader]


def _names(api: ApiClient, query: str = "") -> list[str]:
    answer = api.get(f"/media{query}")
    assert answer.status_code == 200, answer.content
    return [medium["name"] for medium in answer.json()["data"]]


# --- The list --------------------------------------------------------------------------------------------------------
@pytest.fixture
def library(organization: Organization, bob: User, carol: User) -> dict[str, Recording]:
    """Three recordings that differ in everything that can be filtered."""
    project = make_project(organization, name="Radio")
    news = make_recording(
        organization, name="نشرة الأخبار", project=project, uploaded_by=bob, duration_ms=90_500, size=30
    )
    news.tags.add(Tag.objects.create(organization=organization, name="أخبار"))
    talk = make_recording(
        organization, name="Talk", description="About prices", duration_ms=10_000, size=20, filename="t.mp3"
    )
    bad = make_recording(
        organization, name="bad", status="rejected", reason="not_media", duration_ms=None, size=10, filename="x.pdf"
    )
    for days, recording in enumerate((news, talk, bad)):
        Recording.objects.filter(pk=recording.pk).update(created_at=timezone.now() - timedelta(days=days))
    return {"news": news, "talk": talk, "bad": bad}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["نشرة الأخبار", "Talk", "bad"]),
        ("?ordering=created_at", ["bad", "Talk", "نشرة الأخبار"]),
        ("?ordering=name", ["bad", "Talk", "نشرة الأخبار"]),
        ("?ordering=-duration", ["نشرة الأخبار", "Talk", "bad"]),
        ("?ordering=size", ["bad", "Talk", "نشرة الأخبار"]),
        ("?status=rejected", ["bad"]),
        ("?tag=أخبار", ["نشرة الأخبار"]),
        ("?q=الأخبار", ["نشرة الأخبار"]),
        ("?q=PRICES talk", ["Talk"]),
        ("?q=talk nonsense", []),
        ("?q=.pdf", ["bad"]),
        ("?min_duration=10&max_duration=10", ["Talk"]),
        ("?min_duration=90.5", ["نشرة الأخبار"]),
        ("?trashed=1", []),
    ],
)
def test_list_is_filtered_and_ordered(
    api: Api, carol: User, library: dict[str, Recording], query: str, names: list[str]
) -> None:
    found = _names(api(carol), query)
    assert found == names if "name" not in query else set(found) == set(names)


def test_list_is_filtered_by_ids_and_dates(api: Api, bob: User, library: dict[str, Recording]) -> None:
    viewer = api(bob)
    assert _names(viewer, f"?project={library['news'].project_id}") == ["نشرة الأخبار"]
    assert _names(viewer, f"?uploaded_by={bob.pk}") == ["نشرة الأخبار"]
    assert _names(viewer, f"?uploaded_by={uuid.uuid4()}") == []
    yesterday = (timezone.now() - timedelta(hours=36)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert _names(viewer, f"?created_before={yesterday}") == ["bad"]
    assert _names(viewer, f"?created_after={yesterday}") == ["نشرة الأخبار", "Talk"]


@pytest.mark.parametrize(
    "query",
    [
        "ordering=colour",
        "status=lost",
        "project=x",
        "min_duration=long",
        "colour=red",
        "limit=0",
        "q=%00",
        "cursor=cD1ub25zZW5zZQ%3D%3D",  # p=nonsense
        "cursor=é",
    ],
)
def test_wrong_filter_is_named(api: Api, carol: User, query: str) -> None:
    answer = api(carol).get(f"/media?{query}")
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("ordering", ["-created_at", "name", "-duration", "size"])
def test_pages_hold_every_recording_once(api: Api, carol: User, organization: Organization, ordering: str) -> None:
    made = [make_recording(organization, duration_ms=1000 * (n % 3), size=n % 2, name=f"n{n % 4}") for n in range(7)]
    Recording.objects.filter(pk=made[3].pk).update(status="probing", duration_ms=None)
    seen: list[str] = []
    query = f"?limit=3&ordering={ordering}"
    for _page in range(3):
        page = api(carol).get(f"/media{query}").json()
        seen += [medium["id"] for medium in page["data"]]
        query = f"?{urlsplit(page['next']).query}" if page["next"] else ""
    assert not query
    assert sorted(seen) == sorted(str(recording.pk) for recording in made)


def test_list_costs_the_same_however_long(api: Api, carol: User, organization: Organization) -> None:
    viewer, tag = api(carol), Tag.objects.create(organization=organization, name="a")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert viewer.get("/media").status_code == 200
        return sum("media_recording" in query["sql"] for query in captured.captured_queries)

    make_recording(organization)
    assert queries() == 1
    for _ in range(20):
        make_recording(organization).tags.add(tag)
    assert queries() == 1


def test_list_shows_own_organization_only(
    api: Api, carol: User, mallory: User, other_organization: Organization, library: dict[str, Recording]
) -> None:
    make_recording(other_organization, name="theirs")
    assert "theirs" not in _names(api(carol))
    assert _names(api(mallory)) == ["theirs"]
    assert _names(api(mallory), f"?project={library['news'].project_id}") == []


# --- Reading and changing --------------------------------------------------------------------------------------------
def test_rename_describe_move_and_tag(api: Api, bob: User, organization: Organization) -> None:
    recording, project = make_recording(organization), make_project(organization)
    path = f"/media/{recording.pk}"
    body = {
        "name": "  مقابلة   مع عمر ",
        "description": "x\ny",
        "project": str(project.pk),
        "tags": ["ب", "News", "news "],
    }
    medium = api(bob).patch(path, body).json()
    assert medium["name"] == "مقابلة مع عمر"
    assert medium["description"] == "x\ny"
    assert (medium["project"], medium["tags"]) == (str(project.pk), ["News", "ب"])
    medium = api(bob).patch(path, {"project": None, "tags": ["NEWS"]}).json()
    assert (medium["project"], medium["tags"], medium["name"]) == (None, ["News"], "مقابلة مع عمر")
    assert api(bob).get(path).json() == medium


def test_tags_in_use_are_listed(api: Api, bob: User, organization: Organization, mallory: User) -> None:
    make_recording(organization).tags.add(Tag.objects.create(organization=organization, name="ب"))
    Tag.objects.create(organization=organization, name="unused")
    found = api(bob).get("/tags").json()["data"]
    assert [(tag["name"], tag["media_count"]) for tag in found] == [("ب", 1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u202e\u200b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"tags": ["x" * 61]}, "tags"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": [f"t{n}" for n in range(51)]}, "tags"),
        ({"project": str(uuid.uuid4())}, "project"),
        ({"status": "ready"}, "status"),
    ],
)
def test_wrong_change_is_named(
    api: Api, bob: User, organization: Organization, body: dict[str, Any], field: str
) -> None:
    answer = api(bob).patch(f"/media/{make_recording(organization).pk}", body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["field"].startswith(field.partition(".")[0])
    assert Recording.objects.get().name == "meeting.mp3"


def test_moving_into_a_foreign_project_is_refused(
    api: Api, bob: User, organization: Organization, other_organization: Organization
) -> None:
    foreign = make_project(other_organization)
    answer = api(bob).patch(f"/media/{make_recording(organization).pk}", {"project": str(foreign.pk)})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "project")


# --- Deleting --------------------------------------------------------------------------------------------------------
def test_trash_and_back(api: Api, bob: User, organization: Organization) -> None:
    recording = make_recording(organization, uploaded_by=bob)
    path = f"/media/{recording.pk}"
    assert [api(bob).delete(path).status_code for _ in range(2)] == [204, 204]
    assert _names(api(bob)) == []
    assert _names(api(bob), "?trashed=true") == ["meeting.mp3"]
    assert api(bob).patch(path, {"name": "x"}).json()["error_type"] == "media_deleted"
    assert api(bob).get(f"{path}/download").status_code == 409
    medium = api(bob).post(f"{path}/restore").json()
    assert (medium["status"], medium["deleted_at"]) == ("ready", None)
    assert api(bob).post(f"{path}/restore").status_code == 409


def test_who_may_delete(
    *, api: Api, alice: User, bob: User, carol: User, dana: User, organization: Organization
) -> None:
    path = f"/media/{make_recording(organization, uploaded_by=alice).pk}"
    assert api(carol).delete(path).status_code == 403
    assert api(bob).delete(path).status_code == 403
    assert api(dana).delete(path).status_code == 204
    assert api(bob).post(f"{path}/restore").status_code == 403
    own = make_recording(organization, uploaded_by=bob)
    assert api(bob).delete(f"/media/{own.pk}?permanent=1").status_code == 403
    assert api(dana).delete(f"/media/{own.pk}?permanent=1").status_code == 204


def test_key_deletes_what_it_uploaded(api: Api, organization: Organization) -> None:
    key, text = make_api_key(organization, ["media:read", "media:write"])
    own = make_recording(organization, uploaded_with=key)
    other = make_recording(organization)
    assert api(text).delete(f"/media/{own.pk}").status_code == 204
    assert api(text).delete(f"/media/{other.pk}").status_code == 403


def test_foreign_recording_is_not_found(
    api: Api, alice: User, mallory: User, organization: Organization, other_organization: Organization
) -> None:
    path = f"/media/{make_recording(organization, uploaded_by=alice).pk}"
    stranger = api(mallory)
    answers = [stranger.get(path + tail) for tail in ("", "/download", "/playback", "/waveform")]
    answers += [stranger.patch(path, {"name": "x"}), stranger.delete(path), stranger.post(f"{path}/restore")]
    assert {answer.status_code for answer in answers} == {404}
    assert Recording.objects.get().status == "ready"


def test_purge_leaves_no_object_and_no_row(
    uploader: MakeUploader, alice: User, speech: bytes, store: MediaStorage
) -> None:
    person = uploader(alice)
    medium = person.upload(speech)
    recording = Recording.objects.get()
    make_job(recording.organization, recording)
    store.save_bytes(f"{recording.prefix}jobs/1/chunk-1", b"x")
    assert len(list(store.list_prefix(recording.prefix))) == 3
    assert person.api.delete(f"/media/{medium['id']}?permanent=1").status_code == 204
    assert not Recording.objects.exists()
    purging.run_due()
    assert not list(store.list_prefix(f"org/{recording.organization_id}"))


def test_purge_that_fails_is_tried_later(organization: Organization, store: MediaStorage, settings: Settings) -> None:
    purge = StoragePurge.objects.create(prefix=f"org/{organization.pk}/rec/1/")
    broken = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "gone"}}
    settings.S3_BUCKET, settings.S3_ENDPOINT_URL = "gone", "http://127.0.0.1:9"
    settings.S3_ACCESS_KEY_ID = settings.S3_SECRET_ACCESS_KEY = "x"
    settings.STORAGES = {**settings.STORAGES, "default": broken}
    assert purging.run_due() == 0
    purge.refresh_from_db()
    assert (purge.attempts, bool(purge.error)) == (1, True)
    assert purge.not_before and purge.not_before > timezone.now()
    assert purging.due() == []


def test_sweep_empties_old_trash(organization: Organization, store: MediaStorage) -> None:
    old = make_recording(organization, status="deleted", deleted_at=timezone.now() - timedelta(days=31))
    young = make_recording(organization, status="deleted", deleted_at=timezone.now() - timedelta(days=29))
    store.save_bytes(old.source_key, b"x")
    sweeping.sweep()
    assert list(Recording.objects.all()) == [young]
    assert not store.exists(old.source_key)
    assert not StoragePurge.objects.exists()


def test_apps_above_are_told(api: Api, dana: User, organization: Organization) -> None:
    told: list[tuple[str, bool]] = []

    def deleted(recording: Recording, **_kwargs: Any) -> None:
        told.append(("deleted", Recording.objects.filter(pk=recording.pk).exists()))

    def purged(recording: Recording, **_kwargs: Any) -> None:
        told.append(("purged", Recording.objects.filter(pk=recording.pk).exists()))

    recording_deleted.connect(deleted)
    recording_purged.connect(purged)
    path = f"/media/{make_recording(organization).pk}"
    api(dana).delete(path)
    api(dana).delete(f"{path}?permanent=1")
    recording_deleted.disconnect(deleted)
    recording_purged.disconnect(purged)
    assert told == [("deleted", True), ("purged", True)]


def test_deleting_an_upload_under_way_gives_it_up(api: Api, bob: User, organization: Organization) -> None:
    recording = make_upload(organization, uploaded_by=bob).recording
    assert api(bob).delete(f"/media/{recording.pk}").status_code == 204
    assert not Recording.objects.exists()


# --- Files -----------------------------------------------------------------------------------------------------------
@pytest.mark.local_disk
def test_download_gives_the_file_back(uploader: MakeUploader, bob: User, carol: User, speech: bytes) -> None:
    medium = uploader(bob).upload(speech, "../../مقابلة\u202e.wav")
    answer = uploader(carol).api.get(f"/media/{medium['id']}/download")
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "no-store"
    got = httpx.get(answer["Location"], headers={"Range": "bytes=0-9"})
    assert (got.status_code, got.content) == (206, speech[:10])
    assert got.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%D9%85")
    assert parse_qs(urlsplit(answer["Location"]).query)["type"] == ["audio/wav"]


def test_files_of_unfinished_recordings(api: Api, bob: User, organization: Organization) -> None:
    probing = make_recording(organization, status="probing", duration_ms=None)
    rejected = make_recording(organization, status="rejected", reason="not_media", reason_detail="x", duration_ms=None)
    uploading = make_recording(organization, status="uploading", duration_ms=None)
    viewer = api(bob)
    for recording, kind, status, error in [
        (uploading, "download", 409, "media_not_ready"),
        (probing, "playback", 409, "media_not_ready"),
        (probing, "download", 302, None),
        (rejected, "waveform", 409, "not_media"),
    ]:
        answer = viewer.get(f"/media/{recording.pk}/{kind}")
        assert answer.status_code == status
        assert error is None or answer.json()["error_type"] == error


@pytest.mark.local_disk
def test_addresses_follow_the_page_on_one_machine(
    api: Api, bob: User, organization: Organization, settings: Settings
) -> None:
    path, viewer = f"/media/{make_recording(organization).pk}/download?link=1", api(bob)
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://tadwin.example", ["*"]
    assert viewer.get(path, Host="localhost:8000").json()["url"].startswith("https://tadwin.example/")
    settings.EMBEDDED = True
    assert viewer.get(path, Host="localhost:8000").json()["url"].startswith("http://localhost:8000/")
    assert viewer.get(path, Host="evil.example").json()["url"].startswith("https://tadwin.example/")


def test_limits_are_told(api: Api, carol: User, settings: Settings) -> None:
    settings.MEDIA_MAX_SIZE = 5
    limits = api(carol).get("/limits").json()
    assert (limits["max_size"], limits["max_duration"]) == (5, 24 * 3600.0)
    assert "amr" in limits["formats"]
