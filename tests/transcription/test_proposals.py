"""Corrections that people make in the editor, proposed for the glossary."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from organizations.models import AuditEvent, Organization
from tests.api_client import ApiClient
from tests.factories import make_glossary, make_project, make_transcript
from transcription.models import Operation, Transcript
from transcription.models.operations import OperationKind

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
_numbers = itertools.count(1)


def edited(
    transcript: Transcript, line: str, before: str, after: str, kind: OperationKind = OperationKind.EDIT
) -> None:
    """As the editor writes it down."""
    change = {"lines": [{"id": line, "before": {"text": before}, "after": {"text": after}}], "speakers": []}
    Operation.objects.create(
        organization=transcript.organization,
        transcript=transcript,
        number=next(_numbers),
        kind=kind,
        change=change,
        line_count=1,
    )


@pytest.fixture
def corrected(organization: Organization) -> Transcript:
    """“tadween” was corrected in two lines, “ceo” in one."""
    transcript = make_transcript(organization)
    edited(transcript, "a", "We use tadween.", "We use Tadwin.")
    edited(transcript, "b", "Open tadween, please", "Open Tadwin, please")
    edited(transcript, "c", "ask the ceo", "ask the CEO")
    return transcript


def proposed(client: ApiClient, glossary: UUID) -> list[tuple[str, str, int]]:
    rows = client.get(f"/glossaries/{glossary}/proposals").json()["data"]
    return [(row["said"], row["written"], row["count"]) for row in rows]


def test_what_was_corrected_twice_is_proposed(corrected: Transcript, bob: User, api: Api) -> None:
    own = make_glossary(corrected.organization)
    assert proposed(api(bob), own.pk) == [("tadween", "Tadwin", 2)]


def test_saves_while_typing_are_one_edit(corrected: Transcript, bob: User, api: Api) -> None:
    own = make_glossary(corrected.organization)
    for line in ("d", "e"):
        edited(corrected, line, "near dywan", "near diw")
        edited(corrected, line, "near diw", "near Diwan")
    assert proposed(api(bob), own.pk) == [("dywan", "Diwan", 2), ("tadween", "Tadwin", 2)]


def test_what_was_taken_back_does_not_count(corrected: Transcript, bob: User, api: Api) -> None:
    own = make_glossary(corrected.organization)
    edited(corrected, "b", "Open Tadwin, please", "Open tadween, please", OperationKind.UNDO)
    assert proposed(api(bob), own.pk) == []


def test_accepted_it_is_a_replacement(corrected: Transcript, dana: User, api: Api) -> None:
    own = make_glossary(corrected.organization)
    made = api(dana).post(f"/glossaries/{own.pk}/proposals/accept", {"said": "tadween", "written": "Tadwin"})
    assert (made.status_code, made.json()["replacement"]) == (201, "Tadwin")
    again = api(dana).post(f"/glossaries/{own.pk}/proposals/accept", {"said": "TADWEEN", "written": "Tadwin"})
    assert (again.status_code, again.json()["error_type"]) == (409, "entry_exists")
    assert proposed(api(dana), own.pk) == []


def test_a_term_that_is_listened_for_gets_its_spelling(corrected: Transcript, dana: User, api: Api) -> None:
    own = make_glossary(corrected.organization, ("Tadween", ""))
    own.entries.update(boost=9)
    assert proposed(api(dana), own.pk) == [("tadween", "Tadwin", 2)]
    made = api(dana).post(f"/glossaries/{own.pk}/proposals/accept", {"said": "tadween", "written": "Tadwin"})
    assert (made.status_code, made.json()["replacement"]) == (201, "Tadwin")
    assert list(own.entries.values_list("text", "replacement", "boost")) == [("Tadween", "Tadwin", 9)]
    assert proposed(api(dana), own.pk) == []


def test_rejected_it_is_not_proposed_again(corrected: Transcript, dana: User, api: Api) -> None:
    own = make_glossary(corrected.organization)
    for _ in range(2):
        answer = api(dana).post(f"/glossaries/{own.pk}/proposals/reject", {"said": "tadween", "written": "Tadwin"})
        assert answer.status_code == 204
    assert proposed(api(dana), own.pk) == []
    assert AuditEvent.objects.filter(action="glossary.proposal_rejected").exists()


def test_other_organizations_and_projects_stay_out(
    corrected: Transcript, other_organization: Organization, mallory: User, bob: User, api: Api
) -> None:
    assert proposed(api(mallory), make_glossary(other_organization).pk) == []
    project = make_project(corrected.organization)
    own = make_glossary(corrected.organization, project=project)
    assert proposed(api(bob), own.pk) == []
    corrected.recording.project = project
    corrected.recording.save()
    assert proposed(api(bob), own.pk) == [("tadween", "Tadwin", 2)]


def test_the_page(corrected: Transcript, dana: User, client_for: Callable[..., Client]) -> None:
    own = make_glossary(corrected.organization, ("something", ""))
    client, home = client_for(dana), f"/o/{corrected.organization.slug}/glossary"
    assert "Add: tadween is written Tadwin" in client.get(home).content.decode()
    form = {"said": "tadween", "written": "Tadwin", "decision": "accept"}
    assert client.post(f"{home}/{own.pk}/proposals", form).status_code == 302
    assert own.entries.filter(text="tadween", replacement="Tadwin").exists()
    assert "Add: tadween" not in client.get(home).content.decode()
