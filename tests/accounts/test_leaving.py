"""Taking one's data along, and closing the account."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts import sessions
from accounts.models import User
from config.common.clock import now
from media.models import Recording
from organizations.models import AuditEvent, Membership, Organization
from organizations.roles import Role
from tests.accounts.conftest import SECRET, code
from tests.factories import PASSWORD, make_job, make_member, make_organization, make_recording, make_transcript
from transcription.models import Job
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db


def exported(answer: Any) -> zipfile.ZipFile:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def test_everything_is_in_the_export(api: Any, organization: Organization, bob: User, totp: Any) -> None:
    recording = make_recording(organization, uploaded_by=bob, name="مقابلة.mp3")
    job = make_job(organization, recording, created_by=bob, status=JobStatus.COMPLETED, progress=1.0)
    transcript = make_transcript(organization, job)
    make_recording(organization, name="not bob's")
    program = api(bob)
    totp(bob)
    archive = exported(program.get("/auth/me/export"))
    assert archive.testzip() is None
    content = {name: archive.read(name).decode() for name in archive.namelist()}
    profile = json.loads(content["profile.json"])
    assert profile["email"] == "bob@example.com"
    assert [one["type"] for one in profile["second_factors"]] == ["totp", "recovery_codes"]
    assert [one["name"] for one in json.loads(content["recordings.json"])] == ["مقابلة.mp3"]
    assert [one["id"] for one in json.loads(content["jobs.json"])] == [str(job.pk)]
    assert "Line number 1." in content[f"transcripts/{transcript.pk}.txt"]
    assert [one["role"] for one in json.loads(content["organizations.json"])] == ["member"]
    assert json.loads(content["sessions.json"])[0]["ip"] == "127.0.0.1"


def test_no_secret_is_in_the_export(api: Any, bob: User, totp: Any) -> None:
    program = api(bob)
    totp(bob)
    archive = exported(program.get("/auth/me/export"))
    whole = b"".join(archive.read(name) for name in archive.namelist()).decode()
    bob.refresh_from_db()
    for secret in (SECRET, "gAAAA", bob.password, *UserSession.objects.values_list("session_key", flat=True)):
        assert secret not in whole


def test_what_one_may_no_longer_see_is_not_in_the_export(api: Any, organization: Organization, bob: User) -> None:
    transcript = make_transcript(
        organization, make_job(organization, make_recording(organization, uploaded_by=bob), created_by=bob)
    )
    program = api(bob)
    Membership.objects.filter(user=bob).delete()
    archive = exported(program.get("/auth/me/export"))
    assert json.loads(archive.read("recordings.json")) == json.loads(archive.read("jobs.json")) == []
    assert json.loads(archive.read("edits.json")) == []
    assert f"transcripts/{transcript.pk}.txt" not in archive.namelist()


def test_what_one_wrote_in_the_texts_of_others_is_in_the_export(
    api: Any, organization: Organization, alice: User, bob: User
) -> None:
    transcript = make_transcript(organization)
    path = f"/transcripts/{transcript.pk}"
    line = transcript.segments.order_by("position")[0]
    program, other = api(bob), api(alice)
    told = {"If-Match": f'"{line.version}"'}
    assert program.patch(f"{path}/segments/{line.pk}", {"text": "من بوب"}, **told).status_code == 200
    assert program.post(f"{path}/comments", {"at": 1, "text": "Bob asks"}).status_code == 201
    assert program.post(f"{path}/highlights", {"start": 0, "end": 1, "note": "Bob marks"}).status_code == 201
    assert other.post(f"{path}/comments", {"at": 1, "text": "Alice asks"}).status_code == 201
    archive = exported(program.get("/auth/me/export"))
    edits, comments, highlights = (
        json.loads(archive.read(f"{name}.json")) for name in ("edits", "comments", "highlights")
    )
    assert [(one["kind"], one["transcript"]) for one in edits] == [("edit", str(transcript.pk))]
    assert "من بوب" in json.dumps(edits[0]["change"], ensure_ascii=False)
    assert [(one["text"], one["at"]) for one in comments] == [("Bob asks", 1.0)]
    assert [one["note"] for one in highlights] == ["Bob marks"]
    Recording.objects.filter(pk=transcript.recording_id).update(deleted_at=now())
    archive = exported(program.get("/auth/me/export"))
    assert [json.loads(archive.read(name)) for name in ("edits.json", "comments.json", "highlights.json")] == [
        [],
        [],
        [],
    ]


def test_the_export_is_written_while_it_is_sent(api: Any, organization: Organization, bob: User) -> None:
    for _ in range(3):
        make_recording(organization, uploaded_by=bob)
    answer = api(bob).get("/auth/me/export")
    assert answer.streaming
    assert len(list(answer.streaming_content)) > 5


def test_the_export_is_limited_and_offered_in_the_browser(client_for: Any, bob: User, limited: None) -> None:
    browser = client_for(bob)
    assert all(exported(browser.get("/security/data")).namelist() for _ in range(5))
    assert browser.get("/security/data")["Location"] == "/security"
    assert browser.get("/api/v1/auth/me/export").status_code == 429


def test_closing_deletes_the_person_and_leaves_the_work(
    api: Any, organization: Organization, bob: User, mails: Any, totp: Any
) -> None:
    recording = make_recording(organization, uploaded_by=bob)
    job = make_job(organization, recording, created_by=bob)
    program, other = api(bob), Client()
    other.force_login(bob, backend=sessions.BACKEND)
    totp(bob)
    assert program.delete("/auth/me", {"password": PASSWORD, "code": code()}).status_code == 204
    assert not User.objects.filter(pk=bob.pk).exists()
    own: list[Any] = [EmailAddress, Authenticator, UserSession, Membership]
    assert not [model for model in own if model.objects.filter(user_id=bob.pk).exists()]
    assert Recording.objects.get(pk=recording.pk).uploaded_by_id is None
    assert Job.objects.get(pk=job.pk).created_by_id is None
    assert AuditEvent.objects.get(action="user.closed").organization == organization
    assert program.get("/auth/me").status_code == 401
    assert other.get("/security").status_code == 302
    assert api().post("/auth/login", {"email": bob.email, "password": PASSWORD}).status_code == 401
    assert (mails()[-1].to, mails()[-1].subject) == (["bob@example.com"], "Your account is closed")


@pytest.mark.parametrize("body", [{}, {"password": "wrong"}])
def test_closing_asks_for_the_password(api: Any, bob: User, body: dict[str, str]) -> None:
    answer = api(bob).delete("/auth/me", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "password")
    assert User.objects.filter(pk=bob.pk).exists()


def test_closing_asks_for_the_second_factor(api: Any, bob: User, totp: Any) -> None:
    program = api(bob)
    totp(bob)
    answer = program.delete("/auth/me", {"password": PASSWORD})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "mfa_required")


def test_the_last_owner_stays(api: Any, organization: Organization, alice: User) -> None:
    make_organization("Second", alice)
    make_member(make_organization("Shared", alice), Role.OWNER)
    program = api(alice)
    answer = program.delete("/auth/me", {"password": PASSWORD})
    assert (answer.status_code, answer.json()["error_type"]) == (409, "last_owner")
    assert {one["name"] for one in answer.json()["organizations"]} == {"Baghdad Radio", "Second"}
    assert "Baghdad Radio" in answer.json()["detail"]
    assert Membership.objects.filter(user=alice).count() == 3
    assert program.get("/auth/me").status_code == 200


def test_with_another_owner_one_may_go(api: Any, organization: Organization, alice: User) -> None:
    make_member(organization, Role.OWNER)
    assert api(alice).delete("/auth/me", {"password": PASSWORD}).status_code == 204


def test_closing_in_the_browser(client_for: Any, alice: User, bob: User) -> None:
    refused = client_for(alice).post("/security/close", {"password": PASSWORD})
    assert refused.status_code == 422
    assert "Baghdad Radio" in refused.content.decode()
    browser = client_for(bob)
    assert browser.post("/security/close", {"password": "wrong"}).status_code == 422
    assert browser.post("/security/close", {"password": PASSWORD})["Location"] == "/"
    assert not User.objects.filter(pk=bob.pk).exists()
    assert browser.get("/security").status_code == 302
