"""Pages with JavaScript off: plain forms in, pages and files out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from media.models import Project, Recording
from media.states import RecordingStatus
from media.storage import MediaStorage
from organizations.models import ApiKey, Organization
from tests.factories import PASSWORD, make_job, make_project, make_recording, make_transcript
from transcription.models import Job
from transcription.states import JobStatus

ClientFor = Callable[..., Client]
HOME = "/o/baghdad-radio/"


def audio(name: str = "call.wav", content: bytes = b"RIFF....WAVE") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="audio/wav")


def text_of(response: Any) -> str:
    return str(response.content.decode())


# --- Signing in ------------------------------------------------------------------------------------------------------
def test_sign_up_leads_home(db: None) -> None:
    client = Client()
    form = {
        "email": "nadia@example.com",
        "password1": PASSWORD,
        "organization_name": "أرشيف نادية",
        "first_name": "نادية",
    }
    response = client.post("/accounts/signup/", form, follow=True)
    assert response.redirect_chain[-1][0].startswith("/o/")
    assert "أرشيف نادية" in text_of(response)


def test_sign_up_names_each_mistake(db: None) -> None:
    response = Client().post("/accounts/signup/", {"email": "nobody", "password1": "short"})
    assert text_of(response).count("field-errors") == 3


def test_a_person_without_organization_can_start_one(client_for: ClientFor, db: None) -> None:
    client = client_for(User.objects.create_user("lone@example.com", PASSWORD))
    assert "organizations/create" in text_of(client.get("/app"))
    assert client.post("/organizations/create", {"name": "Studio"}).headers["Location"] == "/o/studio/"


def test_visitors_are_sent_to_sign_in(organization: Organization) -> None:
    response = Client().get(HOME)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


# --- Uploading -------------------------------------------------------------------------------------------------------
def test_several_files_by_a_plain_form(client_for: ClientFor, bob: User, media_storage: MediaStorage) -> None:
    form = {"uploads": [audio("one.wav"), audio("two.wav")], "language": "en", "mode": "mono"}
    response = client_for(bob).post(f"{HOME}upload", form, follow=True)
    assert "2 files are uploaded." in text_of(response)
    stored = Recording.objects.order_by("name")
    assert [row.filename for row in stored] == ["one.wav", "two.wav"]
    assert media_storage.read_bytes(stored[0].source_key) == b"RIFF....WAVE"
    options = [job.options for job in Job.objects.all()]
    assert [(one["language"], one["diarization"]["enabled"]) for one in options] == [("en", False)] * 2


def test_no_file_is_said_in_words(client_for: ClientFor, bob: User) -> None:
    response = client_for(bob).post(f"{HOME}upload", {"language": "en"})
    assert response.status_code == 422
    assert "Choose at least one file." in text_of(response)


def test_a_viewer_neither_sees_nor_reaches_the_upload(client_for: ClientFor, carol: User) -> None:
    client = client_for(carol)
    assert 'id="upload"' not in text_of(client.get(HOME))
    assert client.post(f"{HOME}upload", {"uploads": [audio()]}).status_code == 403
    assert not Recording.objects.exists()


def test_a_foreign_project_is_no_choice(
    client_for: ClientFor, bob: User, other_organization: Organization, media_storage: MediaStorage
) -> None:
    foreign = make_project(other_organization)
    response = client_for(bob).post(f"{HOME}upload", {"uploads": [audio()], "project": str(foreign.pk)})
    assert response.status_code == 422
    assert not Recording.objects.exists()


# --- Lists -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def shelf(organization: Organization) -> dict[str, Recording]:
    project = make_project(organization, name="Interviews")
    return {
        "plain": make_recording(organization, name="Alpha", size=3),
        "filed": make_recording(organization, name="Beta", project=project, size=1),
        "failed": make_job(
            organization, make_recording(organization, name="Gamma", size=2), status=JobStatus.FAILED
        ).recording,
        "written": make_transcript(organization, language="ar").recording,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=alph", ["Alpha"]),
        ("state=failed", ["Gamma"]),
        ("state=transcribed", ["meeting.mp3"]),
        ("state=untranscribed&order=name", ["Alpha", "Beta"]),
        ("language=ar", ["meeting.mp3"]),
        ("project=none&order=name", ["Alpha", "Gamma", "meeting.mp3"]),
        ("order=-size", ["meeting.mp3", "Alpha", "Gamma", "Beta"]),
        ("project=nonsense&order=name", ["Alpha", "Beta", "Gamma", "meeting.mp3"]),
    ],
)
def test_filters_live_in_the_address(
    client_for: ClientFor, carol: User, shelf: dict[str, Recording], query: str, names: list[str]
) -> None:
    response = client_for(carol).get(f"{HOME}recordings?{query}")
    assert [row.name for row in response.context["page"]] == names


def test_by_project(client_for: ClientFor, carol: User, shelf: dict[str, Recording]) -> None:
    response = client_for(carol).get(f"{HOME}recordings?project={shelf['filed'].project_id}")
    assert [row.name for row in response.context["page"]] == ["Beta"]


def test_the_list_costs_the_same_for_many(
    client_for: ClientFor, bob: User, organization: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_transcript(organization, lines=1)
    client = client_for(bob)
    with django_assert_max_num_queries(14):
        client.get(f"{HOME}recordings")


def test_a_foreign_recording_is_as_if_it_were_not_there(
    client_for: ClientFor, mallory: User, organization: Organization
) -> None:
    recording = make_recording(organization)
    client = client_for(mallory)
    for path in (f"/o/elsewhere/recordings/{recording.pk}", f"{HOME}recordings/{recording.pk}", HOME):
        assert client.get(path).status_code == 404


# --- Changing --------------------------------------------------------------------------------------------------------
def test_rename_tag_and_move(client_for: ClientFor, bob: User, organization: Organization) -> None:
    recording, project = make_recording(organization), make_project(organization)
    form = {"name": "Kick-off", "description": "", "project": str(project.pk), "tags": "news, أخبار"}
    client_for(bob).post(f"{HOME}recordings/{recording.pk}/edit", form)
    recording.refresh_from_db()
    assert (recording.name, recording.project) == ("Kick-off", project)
    assert {tag.name for tag in recording.tags.all()} == {"news", "أخبار"}


def test_several_at_once(client_for: ClientFor, alice: User, organization: Organization) -> None:
    rows = [make_recording(organization) for _ in range(3)]
    ticked = {"recording": [str(row.pk) for row in rows[:2]]}
    client = client_for(alice)
    client.post(f"{HOME}recordings/change", {**ticked, "action": "tag", "tag": "old"})
    client.post(f"{HOME}recordings/change", {**ticked, "action": "delete"})
    states = [Recording.objects.get(pk=row.pk).status for row in rows]
    assert states == [RecordingStatus.DELETED, RecordingStatus.DELETED, RecordingStatus.READY]


def test_a_member_deletes_only_own_recordings(client_for: ClientFor, bob: User, organization: Organization) -> None:
    foreign, own = make_recording(organization), make_recording(organization, uploaded_by=bob)
    client = client_for(bob)
    assert client.post(f"{HOME}recordings/{foreign.pk}/delete").status_code == 403
    client.post(f"{HOME}recordings/{own.pk}/delete")
    assert Recording.objects.get(pk=own.pk).status == RecordingStatus.DELETED
    client.post(f"{HOME}recordings/{own.pk}/restore")
    assert Recording.objects.get(pk=own.pk).status == RecordingStatus.READY


def test_projects(client_for: ClientFor, alice: User, bob: User, organization: Organization) -> None:
    client = client_for(alice)
    client.post(f"{HOME}projects/create", {"name": "Series"})
    project = Project.objects.get()
    client.post(f"{HOME}projects/{project.pk}/rename", {"name": "Season one"})
    assert "Season one" in text_of(client.get(f"{HOME}projects"))
    assert client_for(bob).post(f"{HOME}projects/{project.pk}/delete").status_code == 403
    client.post(f"{HOME}projects/{project.pk}/delete")
    assert not Project.objects.exists()


def test_transcribe_again_and_cancel(client_for: ClientFor, bob: User, organization: Organization) -> None:
    recording = make_recording(organization)
    client = client_for(bob)
    form = {
        "language": "ar",
        "mode": "dialogue",
        "speakers": "2",
        "vocabulary": "Tadwin\n\nBaghdad",
        "enhance": ["denoise"],
    }
    client.post(f"{HOME}recordings/{recording.pk}/transcribe", form)
    job = Job.objects.get()
    assert job.options["vocabulary"] == ["Tadwin", "Baghdad"]
    assert (job.options["diarization"]["speakers"], job.options["enhance"]) == (2, ["denoise"])
    client.post(f"{HOME}jobs/{job.pk}/cancel")
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELED
    client.post(f"{HOME}jobs/{job.pk}/retry")
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


def test_contradicting_options_are_said_on_the_form(
    client_for: ClientFor, bob: User, organization: Organization
) -> None:
    recording = make_recording(organization)
    form = {"mode": "mono", "speakers": "2"}
    response = client_for(bob).post(f"{HOME}recordings/{recording.pk}/transcribe", form)
    assert response.status_code == 422
    assert "contradict" in text_of(response)


# --- Reading ---------------------------------------------------------------------------------------------------------
def test_a_long_transcript_comes_in_pages(client_for: ClientFor, carol: User, organization: Organization) -> None:
    transcript = make_transcript(organization, lines=450)
    client = client_for(carol)
    first = text_of(client.get(f"{HOME}transcripts/{transcript.pk}"))
    assert first.count('class="line') - first.count('class="line-') >= 200
    assert "Line number 200." in first
    assert "Line number 201." not in first
    assert "Line number 450." in text_of(client.get(f"{HOME}transcripts/{transcript.pk}?page=3"))


@pytest.mark.parametrize("format", ["txt", "srt", "vtt", "md", "csv", "tsv", "json"])
def test_downloads(client_for: ClientFor, carol: User, organization: Organization, format: str) -> None:
    transcript = make_transcript(organization)
    response = client_for(carol).get(f"{HOME}transcripts/{transcript.pk}/download/{format}")
    assert "Line number 2." in response.getvalue().decode()
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_an_unknown_format_is_not_found(client_for: ClientFor, carol: User, organization: Organization) -> None:
    transcript = make_transcript(organization)
    assert client_for(carol).get(f"{HOME}transcripts/{transcript.pk}/download/exe").status_code == 404


@pytest.mark.local_disk
def test_the_player_is_led_to_a_signed_address(
    client_for: ClientFor, carol: User, organization: Organization, media_storage: MediaStorage
) -> None:
    recording = make_recording(organization)
    response = client_for(carol).get(f"{HOME}recordings/{recording.pk}/play")
    assert response.status_code == 302
    assert "signature" in response.headers["Location"] or "/media/local/" in response.headers["Location"]
    assert response.headers["Cache-Control"] == "no-store"


# --- The person ------------------------------------------------------------------------------------------------------
def test_preferences_change_the_page(client_for: ClientFor, bob: User) -> None:
    client = client_for(bob)
    form = {"first_name": "Bob", "last_name": "", "language": "ar", "theme": "dark", "time_zone": "Asia/Baghdad"}
    page = text_of(client.post("/preferences", form, follow=True))
    assert '<html lang="ar" dir="rtl" data-theme="dark">' in page
    assert "تم الحفظ." in page


def test_a_visitor_chooses_the_language(db: None) -> None:
    client = Client()
    client.post("/language", {"language": "ar", "next": "/"})
    assert "كل كلمة في الحوار" in text_of(client.get("/"))


def test_a_key_is_shown_once(client_for: ClientFor, alice: User, bob: User) -> None:
    client = client_for(alice)
    page = text_of(client.post(f"{HOME}developers/keys", {"name": "Import"}))
    key = ApiKey.objects.get()
    assert f"tdw_{key.prefix}_" in page.split('id="new-key">')[1]
    assert 'id="new-key"' not in text_of(client.get(f"{HOME}developers"))
    client.post(f"{HOME}developers/keys/{key.pk}/revoke")
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client_for(bob).post(f"{HOME}developers/keys", {"name": "Mine"}).status_code == 403


def test_no_page_has_inline_script_or_style(client_for: ClientFor, alice: User, organization: Organization) -> None:
    transcript = make_transcript(organization)
    client = client_for(alice)
    paths = [
        HOME,
        f"{HOME}recordings",
        f"{HOME}transcripts/{transcript.pk}",
        f"{HOME}recordings/{transcript.recording_id}",
    ]
    for path in [*paths, f"{HOME}developers", "/preferences", "/", "/accounts/2fa/", "/nowhere"]:
        page = text_of(client.get(path))
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert all("src=" in tag or "application/json" in tag for tag in _script_tags(page))


def _script_tags(page: str) -> list[str]:
    return [piece.split(">", 1)[0] for piece in page.split("<script")[1:]]
