"""The review of a transcript: final locks, and who may open it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from config.common.errors import Conflict
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_transcript
from transcription import history
from transcription.models import Transcript

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    return make_transcript(organization)


def path(transcript: Transcript) -> str:
    return f"/transcripts/{transcript.pk}/status"


def put(program: ApiClient, transcript: Transcript, value: str) -> int:
    return int(program.put(path(transcript), {"status": value}).status_code)


def test_final_locks_and_is_told(api: Api, bob: User, transcript: Transcript, organization: Organization) -> None:
    assert api(bob).get(path(transcript)).json() == {
        "status": "draft", "locked": False, "changed_at": None, "changed_by": None
    }  # fmt: skip
    history.must_be_open(transcript)
    done = api(bob).put(path(transcript), {"status": "final"}).json()
    assert (done["status"], done["locked"], done["changed_by"]["name"]) == ("final", True, "Bob")
    transcript.refresh_from_db()
    with pytest.raises(Conflict) as caught:
        history.must_be_open(transcript)
    assert caught.value.error_type == "transcript_locked"
    shown = api(bob).get(f"/transcripts/{transcript.pk}").json()
    assert (shown["status"], shown["locked"]) == ("final", True)
    (event,) = AuditEvent.objects.filter(organization=organization, action="transcript.status_changed")
    assert event.data == {"status": {"from": "draft", "to": "final"}}


def test_who_locked_it_or_an_admin_opens_it(
    api: Api, alice: User, bob: User, dana: User, transcript: Transcript
) -> None:
    assert put(api(alice), transcript, "final") == 200
    assert put(api(bob), transcript, "draft") == 403
    assert put(api(dana), transcript, "in_review") == 200
    assert put(api(bob), transcript, "final") == 200
    assert put(api(bob), transcript, "draft") == 200


def test_a_key_opens_only_what_it_locked(api: Api, alice: User, organization: Organization) -> None:
    first, second = make_transcript(organization), make_transcript(organization)
    _row, key = make_api_key(organization, ["transcripts:write"])
    _other, stranger = make_api_key(organization, ["transcripts:write"])
    assert put(api(key), first, "final") == 200
    assert put(api(stranger), first, "draft") == 403
    assert put(api(key), first, "draft") == 200
    assert put(api(alice), second, "final") == 200
    assert put(api(key), second, "draft") == 403


def test_the_same_again_is_no_change(api: Api, alice: User, bob: User, transcript: Transcript) -> None:
    put(api(alice), transcript, "final")
    assert put(api(bob), transcript, "final") == 200
    transcript.refresh_from_db()
    assert transcript.status_by_id == alice.pk
    assert AuditEvent.objects.filter(action="transcript.status_changed").count() == 1


def test_an_unknown_status_is_refused(api: Api, bob: User, transcript: Transcript) -> None:
    assert put(api(bob), transcript, "done") == 422
