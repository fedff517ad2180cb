"""Share links: strangers read one transcript, and nothing else, for as long as they may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from media.models import Recording
from media.services import recordings
from media.states import RecordingStatus
from media.storage import MediaStorage
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_transcript
from transcription.models import Speaker, Transcript, TranscriptShare
from transcription.services import shares

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
PASSWORD = "open sesame, please"


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    made = make_transcript(organization)
    Speaker.objects.filter(transcript=made).update(name="Layla Hassan")
    return made


@pytest.fixture
def share(api: Api, bob: User, transcript: Transcript) -> Callable[..., dict[str, Any]]:
    """`share(password=...)`: the answer of the API, with the path of the link as `path`."""

    def make(**options: Any) -> dict[str, Any]:
        answer = api(bob).post(f"/transcripts/{transcript.pk}/shares", options)
        assert answer.status_code == 201, answer.content
        made: dict[str, Any] = answer.json()
        return made | {"path": made["url"].removeprefix("http://127.0.0.1:8000")}

    return make


def stranger(**headers: str) -> Client:
    return Client(headers=headers, enforce_csrf_checks=False)


def gone(answer: Any) -> bool:
    return bool(answer.status_code == 404)


def test_a_stranger_reads_the_transcript_and_nothing_around_it(
    share: Callable[..., dict[str, Any]], organization: Organization, alice: User, bob: User, transcript: Transcript
) -> None:
    answer = stranger().get(share(name="For the lawyer")["path"])
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Line number 1." in html.replace("</span> <span", " ") and "Layla Hassan" in html
    hidden = (organization.name, organization.slug, alice.email, bob.email, "Ahmad", "For the lawyer")
    assert [text for text in hidden if text in html] == []
    assert (
        str(transcript.pk) not in html and str(organization.pk) not in html and str(transcript.recording_id) not in html
    )
    assert "data-segment" not in html, "nor anything by which a line could be edited"
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in html


def test_speakers_names_can_be_left_out(share: Callable[..., dict[str, Any]]) -> None:
    made = share(show_speakers=False, allow_download=True)
    assert "Layla" not in stranger().get(made["path"]).content.decode()
    text = b"".join(stranger().get(f"{made['path']}/download/txt").streaming_content)  # type: ignore[attr-defined] # it streams
    assert b"Line number 1." in text and b"Layla" not in text


def test_the_link_is_nowhere_in_the_database_and_shown_once(
    share: Callable[..., dict[str, Any]], api: Api, carol: User, transcript: Transcript
) -> None:
    made = share(password=PASSWORD)
    token = made["path"].removeprefix("/s/")
    row = TranscriptShare.objects.get()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token not in str(TranscriptShare.objects.values_list().get()) and PASSWORD not in str(vars(row))
    listed = api(carol).get(f"/transcripts/{transcript.pk}/shares").json()["data"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "url" not in listed[0] and token not in str(listed)
    assert token not in str(list(AuditEvent.objects.values()))


def test_views_are_counted(share: Callable[..., dict[str, Any]]) -> None:
    path = share()["path"]
    for _ in range(3):
        stranger().get(path)
    stranger().head(path)
    row = TranscriptShare.objects.get()
    assert row.view_count == 3 and row.last_viewed_at is not None


@pytest.mark.parametrize("below", ["", "/audio", "/download/txt"])
class TestNothingLeaks:
    """Whatever ended a link, all of its addresses give the same answer as one that never was."""

    def test_ended_links(
        self,
        share: Callable[..., dict[str, Any]],
        api: Api,
        bob: User,
        transcript: Transcript,
        organization: Organization,
        below: str,
    ) -> None:
        never = stranger().get(f"/s/{'A' * 43}{below}")
        ends: dict[str, Callable[[dict[str, Any]], Any]] = {
            "expired": lambda made: TranscriptShare.objects.filter(pk=made["id"]).update(
                expires_at=timezone.now() - timedelta(seconds=1)
            ),
            "revoked": lambda made: api(bob).delete(f"/transcripts/{transcript.pk}/shares/{made['id']}"),
            "trashed": lambda _: Recording.objects.filter(pk=transcript.recording_id).update(
                status=RecordingStatus.DELETED
            ),
            "deleted organization": lambda _: Organization.objects.filter(pk=organization.pk).update(
                deleted_at=timezone.now(), purge_at=timezone.now() + timedelta(days=1)
            ),
        }
        for name, end in ends.items():
            made = share(allow_download=True) if name != "deleted organization" else None
            if made is None:
                Recording.objects.filter(pk=transcript.recording_id).update(status=RecordingStatus.READY)
                made = share(allow_download=True)
            end(made)
            answer = stranger().get(made["path"] + below)
            assert gone(answer), name
            assert answer.content == never.content, name
            assert answer["Cache-Control"] == never["Cache-Control"] == "private, no-store"

    def test_behind_a_password_there_is_nothing(self, share: Callable[..., dict[str, Any]], below: str) -> None:
        made = share(password=PASSWORD, allow_download=True)
        answer = stranger().get(made["path"] + below)
        html = answer.content.decode()
        assert "meeting.mp3" not in html and "Line number" not in html and "Layla" not in html
        assert (answer.status_code, gone(answer)) == ((200, False) if not below else (404, True))
        assert TranscriptShare.objects.get().view_count == 0

    def test_tokens_of_another_shape(self, share: Callable[..., dict[str, Any]], below: str) -> None:
        token = share()["path"].removeprefix("/s/")
        for wrong in (
            token[:-1],
            token + "A",
            token.swapcase(),
            "%00",
            "..",
            "A" * 5000,
            token.replace(token[0], "é", 1),
        ):
            assert gone(stranger().get(f"/s/{wrong}{below}")), wrong


def test_the_password_opens_this_link_alone(share: Callable[..., dict[str, Any]]) -> None:
    one, other = share(password=PASSWORD)["path"], share(password=PASSWORD)["path"]
    client = stranger()
    wrong = client.post(one, {"password": "wrong"})
    assert wrong.status_code == 422 and "Line number" not in wrong.content.decode()
    right = client.post(one, {"password": PASSWORD})
    assert (right.status_code, right["Location"]) == (302, one)
    cookie = client.cookies["tadwin_share"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (one, True, "Lax")
    assert "Line" in client.get(one).content.decode()
    # The proof of one link is none for another, nor does a changed one do.
    for proof in (cookie.value, cookie.value[:-2] + "xx", "", "null"):
        client.cookies["tadwin_share"] = proof
        assert "Line number" not in client.get(other).content.decode()
        assert "line-text" not in client.get(other).content.decode()


def test_wrong_passwords_lock_the_address_and_not_the_reader_inside(share: Callable[..., dict[str, Any]]) -> None:
    path = share(password=PASSWORD)["path"]
    inside = stranger()
    assert inside.post(path, {"password": PASSWORD}).status_code == 302
    guesser = stranger()
    statuses = [guesser.post(path, {"password": f"guess {number}"}).status_code for number in range(shares.TRIES + 2)]
    assert statuses == [422] * shares.TRIES + [429] * 2
    locked = guesser.post(path, {"password": PASSWORD})
    assert locked.status_code == 429 and int(locked["Retry-After"]) > 0
    assert "Too many" in locked.content.decode()
    assert inside.get(path).status_code == 200 and "line-text" in inside.get(path).content.decode()
    assert stranger().post(path, {"password": PASSWORD}, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_many_addresses_lock_the_link(share: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "TRIES_OF_ALL", 12)
    path = share(password=PASSWORD)["path"]
    statuses = [
        stranger().post(path, {"password": "guess"}, REMOTE_ADDR=f"198.51.100.{number}").status_code
        for number in range(14)
    ]
    assert statuses == [422] * 12 + [429] * 2


def test_the_header_of_a_client_is_no_address(share: Callable[..., dict[str, Any]]) -> None:
    path = share(password=PASSWORD)["path"]
    statuses = {
        stranger(**{"X-Forwarded-For": f"203.0.113.{number}"}).post(path, {"password": "guess"}).status_code
        for number in range(shares.TRIES + 1)
    }
    assert 429 in statuses


def test_a_form_of_another_site_is_refused(share: Callable[..., dict[str, Any]]) -> None:
    path = share(password=PASSWORD)["path"]
    assert Client(enforce_csrf_checks=True).post(path, {"password": PASSWORD}).status_code == 403


def test_downloads_only_where_allowed(share: Callable[..., dict[str, Any]]) -> None:
    closed, opened = share()["path"], share(allow_download=True)["path"]
    assert gone(stranger().get(f"{closed}/download/txt"))
    assert "/download/" not in stranger().get(closed).content.decode()
    answer = stranger().get(f"{opened}/download/srt")
    assert b"Line number 1." in b"".join(answer.streaming_content)  # type: ignore[attr-defined] # it streams
    for format in ("json", "csv", "exe", "nothing"):
        assert gone(stranger().get(f"{opened}/download/{format}")), format


def test_the_player_gets_a_short_lived_address(
    share: Callable[..., dict[str, Any]], media_storage: MediaStorage, transcript: Transcript
) -> None:
    path = share()["path"]
    Recording.objects.filter(pk=transcript.recording_id).update(filename="private name.mp3")
    answer = stranger().get(f"{path}/audio")
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "private, no-store"
    assert "private" not in answer["Location"]
    Recording.objects.filter(pk=transcript.recording_id).update(audio_purged_at=timezone.now())
    assert gone(stranger().get(f"{path}/audio"))
    assert "<audio" not in stranger().get(path).content.decode()


def test_a_purged_recording_takes_its_links_along(share: Callable[..., dict[str, Any]], transcript: Transcript) -> None:
    path = share()["path"]
    recordings.purge(transcript.recording)
    assert gone(stranger().get(path)) and not TranscriptShare.objects.exists()


def test_the_log_does_not_hold_the_link(share: Callable[..., dict[str, Any]]) -> None:
    path = share()["path"]
    with structlog.testing.capture_logs() as lines:
        stranger().get(f"{path}/audio")
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/s/***/audio"]


@pytest.mark.parametrize(
    "body",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"password": "short"},
        {"name": "a" * 101},
        {"transcript": "another"},
    ],
)
def test_what_cannot_be_is_422(api: Api, bob: User, transcript: Transcript, body: dict[str, Any]) -> None:
    assert api(bob).post(f"/transcripts/{transcript.pk}/shares", body).status_code == 422
    assert not TranscriptShare.objects.exists()


def test_another_transcripts_share_is_404(
    api: Api, bob: User, organization: Organization, share: Callable[..., dict[str, Any]]
) -> None:
    made, other = share(), make_transcript(organization)
    assert api(bob).delete(f"/transcripts/{other.pk}/shares/{made['id']}").status_code == 404
    assert stranger().get(made["path"]).status_code == 200


def test_who_did_what_is_written_down(
    share: Callable[..., dict[str, Any]], api: Api, bob: User, transcript: Transcript
) -> None:
    made = share(name="Press", password=PASSWORD)
    for _ in range(2):
        assert api(bob).delete(f"/transcripts/{transcript.pk}/shares/{made['id']}").status_code == 204
    events = AuditEvent.objects.filter(action__startswith="transcript.").order_by("created_at")
    assert [event.action for event in events] == ["transcript.shared", "transcript.share_revoked"]
    assert events[0].data["name"] == "Press" and events[0].data["protected"] is True
    assert events[0].target_id == str(transcript.pk) and events[0].actor_id == bob.pk


def test_the_secret_is_not_replayed(api: Api, bob: User, transcript: Transcript) -> None:
    first = api(bob).post(f"/transcripts/{transcript.pk}/shares", {}, **{"Idempotency-Key": "one"})
    again = api(bob).post(f"/transcripts/{transcript.pk}/shares", {}, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["id"] == first.json()["id"] and TranscriptShare.objects.count() == 1


def test_links_are_limited(api: Api, bob: User, transcript: Transcript, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "MOST_OPEN", 2)
    statuses = [api(bob).post(f"/transcripts/{transcript.pk}/shares", {}).status_code for _ in range(3)]
    assert statuses == [201, 201, 409]


class TestPages:
    def test_without_scripts(
        self, client_for: Callable[..., Client], bob: User, organization: Organization, transcript: Transcript
    ) -> None:
        client, address = client_for(bob), f"/o/{organization.slug}/transcripts/{transcript.pk}/shares"
        html = client.post(
            address, {"name": "Press", "days": "7", "password": "", "show_speakers": "on"}
        ).content.decode()
        link = re.search(r'id="share-address">([^<]+)<', html)
        assert link and stranger().get(link[1].removeprefix("http://127.0.0.1:8000")).status_code == 200
        row = TranscriptShare.objects.get()
        assert row.expires_at is not None and row.show_speakers and not row.allow_download
        assert "share-address" not in client.get(address).content.decode()
        assert client.post(f"{address}/{row.pk}/revoke").status_code == 302
        assert gone(stranger().get(link[1].removeprefix("http://127.0.0.1:8000")))
        assert client.post(address, {"password": "short"}).status_code == 422

    def test_viewers_see_and_do_not_make(
        self, client_for: Callable[..., Client], carol: User, organization: Organization, transcript: Transcript
    ) -> None:
        address = f"/o/{organization.slug}/transcripts/{transcript.pk}/shares"
        assert "Make the link" not in client_for(carol).get(address).content.decode()
        assert client_for(carol).post(address, {"days": "7"}).status_code == 403
        assert not TranscriptShare.objects.exists()

    def test_strangers_of_the_organization(
        self, client_for: Callable[..., Client], mallory: User, organization: Organization, transcript: Transcript
    ) -> None:
        address = f"/o/{organization.slug}/transcripts/{transcript.pk}/shares"
        assert client_for(mallory).get(address).status_code == 404


def test_right_passwords_lock_nobody_out(share: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A class opens one link within the hour."""
    monkeypatch.setattr(shares, "TRIES_OF_ALL", 3)
    path = share(password=PASSWORD)["path"]
    answers = [
        stranger().post(path, {"password": PASSWORD}, REMOTE_ADDR=f"198.51.100.{number}").status_code
        for number in range(5)
    ]
    assert answers == [302] * 5
