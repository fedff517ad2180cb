"""Many transcripts as one ZIP file."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_job, make_recording, make_transcript
from transcription.models import Transcript
from transcription.services import archives
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


def named(organization: Organization, name: str, **fields: Any) -> Transcript:
    recording = make_recording(organization, name=name)
    return make_transcript(organization, make_job(organization, recording, status=JobStatus.COMPLETED), **fields)


def unzip(answer: Any) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.content
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert file.testzip() is None
    return {name: file.read(name) for name in file.namelist()}


def test_names_clash_and_come_in_any_letters(api: Api, bob: User, organization: Organization) -> None:
    names = [
        "Interview",
        "interview",
        "INTERVIEW",
        "مقابلة مع المدير",
        "../../etc/passwd",
        "con",
        "a/b:c",
        "م" * 250,
        "...",
    ]
    rows = [named(organization, name) for name in names]
    answer = api(bob).post("/transcripts/export", {"transcripts": [str(row.pk) for row in rows], "format": "srt"})
    files = unzip(answer)
    assert list(files)[:7] == [
        "Interview.srt",
        "interview (2).srt",
        "INTERVIEW (3).srt",
        "مقابلة مع المدير.srt",
        "_.._etc_passwd.srt",
        "_con.srt",
        "a_b_c.srt",
    ]
    assert len(files) == len(names)
    assert all(len(name.encode()) <= 255 and "/" not in name and not name.startswith(".") for name in files)
    assert all(b"Line number 2." in content for content in files.values())
    assert answer["Content-Type"] == "application/zip" and ".zip" in answer["Content-Disposition"]


@pytest.mark.parametrize("format", ["txt", "docx", "pdf", "json"])
def test_each_file_is_the_one_of_the_export(api: Api, bob: User, organization: Organization, format: str) -> None:
    row = named(organization, "One")
    files = unzip(api(bob).post("/transcripts/export", {"recordings": [str(row.recording_id)], "format": format}))
    single = b"".join(api(bob).get(f"/transcripts/{row.pk}/export?format={format}").streaming_content)
    (content,) = files.values()
    assert content == single if format in ("txt", "json") else content[:4] == single[:4]


def test_the_newest_transcript_of_a_recording_once(api: Api, bob: User, organization: Organization) -> None:
    old = named(organization, "One", lines=1)
    new = make_transcript(organization, make_job(organization, old.recording, status=JobStatus.COMPLETED), lines=3)
    body = {"recordings": [str(old.recording_id)] * 2, "transcripts": [str(new.pk)]}
    (content,) = unzip(api(bob).post("/transcripts/export", body)).values()
    assert b"Line number 3." in content


def test_options_are_those_of_the_export(api: Api, bob: User, organization: Organization) -> None:
    row = named(organization, "One")
    body = {"transcripts": [str(row.pk)], "options": {"timestamps": True, "speakers": "0", "paragraphs": False}}
    (content,) = unzip(api(bob).post("/transcripts/export", body)).values()
    assert content.decode() == "[00:00:00] Line number 1.\n[00:00:02] Line number 2.\n"


def test_foreign_missing_and_trashed_are_told_alike(
    api: Api, bob: User, organization: Organization, other_organization: Organization
) -> None:
    mine, foreign, trashed = named(organization, "One"), named(other_organization, "Two"), named(organization, "Three")
    Recording.objects.filter(pk=trashed.recording_id).update(status=RecordingStatus.DELETED)
    for other in (foreign.pk, trashed.pk, uuid.uuid4()):
        answer = api(bob).post("/transcripts/export", {"transcripts": [str(mine.pk), str(other)]})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["transcripts.1"]
    answer = api(bob).post("/transcripts/export", {"recordings": [str(foreign.recording_id)]})
    assert [error["field"] for error in answer.json()["errors"]] == ["recordings.0"]


def test_what_cannot_be_is_422(
    api: Api, bob: User, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [str(named(organization, "One").pk) for _ in range(3)]
    bodies: list[dict[str, Any]] = [
        {},
        {"transcripts": ids, "format": "exe"},
        {"transcripts": ids, "options": {"colour": 1}},
        {"transcripts": ids, "options": {"max_chars": 1}},
        {"transcripts": "all"},
        {"transcripts": ["1"]},
        {"transcripts": [str(uuid.uuid4())] * 501},
    ]
    assert [api(bob).post("/transcripts/export", body).status_code for body in bodies] == [422] * len(bodies)
    monkeypatch.setattr(archives, "MOST", 2)
    assert api(bob).post("/transcripts/export", {"transcripts": ids}).status_code == 422
    assert not AuditEvent.objects.filter(action="transcript.exported").exists()


def test_it_is_written_while_it_is_sent(organization: Organization, alice: User) -> None:
    from organizations.authenticate import caller_for_user

    caller = caller_for_user(alice, organization.slug)
    rows = [named(organization, f"Row {number}", lines=40) for number in range(3)]
    archive = archives.archive(caller=caller, rows=rows, format="json", options={})
    assert AuditEvent.objects.get(action="transcript.exported").data == {"count": 3, "format": "json"}
    first = next(archive.pieces)
    # What is deleted while others are sent is left out.
    Transcript.objects.filter(pk=rows[2].pk).delete()
    file = zipfile.ZipFile(io.BytesIO(first + b"".join(archive.pieces)))
    assert file.namelist() == ["Row 0.json", "Row 1.json"]


def test_the_bar_under_the_list(
    client_for: Callable[..., Client], carol: User, organization: Organization, other_organization: Organization
) -> None:
    row, foreign = named(organization, "محاضرة"), named(other_organization, "Two")
    bare = make_recording(organization)
    client, address = client_for(carol), f"/o/{organization.slug}/recordings/export"
    ticked = [str(row.recording_id), str(bare.pk), str(foreign.recording_id)]
    answer = client.post(address, {"recording": ticked, "format": "vtt"})
    assert list(unzip(answer)) == ["محاضرة.vtt"]
    assert client.post(address, {"recording": [str(bare.pk)], "format": "vtt"}).status_code == 302
    assert client.post(address, {"recording": ticked, "format": "exe"}).status_code == 302
    assert "recordings/export" in client.get(f"/o/{organization.slug}/recordings").content.decode()
