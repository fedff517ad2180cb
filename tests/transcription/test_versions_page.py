"""The page of versions: what was changed, side by side, and one line or all of it brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_transcript
from transcription.models import Segment, Transcript

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    return make_transcript(organization, lines=3)


@pytest.fixture
def edited(transcript: Transcript, api: Callable[..., ApiClient], bob: User) -> Transcript:
    """Two edits by Bob: the first line, then the second."""
    for line, text in zip(lines(transcript), ("Line letter 1.", "Another second line."), strict=False):
        path = f"/transcripts/{transcript.pk}/segments/{line.pk}"
        answer = api(bob).patch(path, {"text": text}, **{"If-Match": f'"{line.version}"'})
        assert answer.status_code == 200, answer.content
    transcript.refresh_from_db()
    return transcript


def lines(transcript: Transcript) -> list[Segment]:
    return list(Segment.objects.filter(transcript=transcript).order_by("position"))


def texts(transcript: Transcript) -> list[str]:
    return [line.text for line in lines(transcript)]


def path(transcript: Transcript, query: str = "") -> str:
    return f"/o/{transcript.organization.slug}/transcripts/{transcript.pk}/versions{query}"


def test_edits_are_listed_with_their_authors(client_for: ClientFor, carol: User, edited: Transcript) -> None:
    answer = client_for(carol).get(path(edited))
    assert [row.number for row in answer.context["page"]] == [2, 1]
    html = answer.content.decode()
    assert "Bob" in html and "?from=1&amp;to=2" in html
    assert "restore" not in html, "a viewer reads"


def test_two_versions_side_by_side(client_for: ClientFor, bob: User, edited: Transcript) -> None:
    rows: list[dict[str, Any]] = client_for(bob).get(path(edited, "?from=0&to=2")).context["rows"]
    assert rows[0]["before"]["pieces"] == [("Line", False), ("number", True), ("1.", False)]
    assert rows[0]["after"]["pieces"] == [("Line", False), ("letter", True), ("1.", False)]
    assert len(rows) == 2, "the third line is the same"
    assert client_for(bob).get(path(edited, "?from=2&to=2")).context["rows"] == []


def test_one_line_comes_back_and_then_all(client_for: ClientFor, bob: User, edited: Transcript) -> None:
    browser, first = client_for(bob), lines(edited)[0]
    answer = browser.post(path(edited, "/restore"), {"version": "0", "segment": str(first.pk)})
    assert answer["Location"] == path(edited, "?from=0&to=3")
    assert texts(edited) == ["Line number 1.", "Another second line.", "Line number 3."]
    browser.post(path(edited, "/restore"), {"version": "2"})
    assert texts(edited) == ["Line letter 1.", "Another second line.", "Line number 3."]
    assert browser.get(path(edited)).context["page"].paginator.count == 4


@pytest.mark.parametrize("form", [{}, {"version": "nine"}, {"version": "99"}, {"version": "0", "segment": "x"}])
def test_what_cannot_be_restored_is_said(
    client_for: ClientFor, bob: User, edited: Transcript, form: dict[str, str]
) -> None:
    before = texts(edited)
    answer = client_for(bob).post(path(edited, "/restore"), form, follow=True)
    assert texts(edited) == before
    assert any(message.level_tag == "error" for message in answer.context["messages"])


@pytest.mark.parametrize("query", ["?from=x&to=1", "?from=0&to=99", "?from=-1&to=1", "?from=1"])
def test_versions_that_are_none(client_for: ClientFor, bob: User, edited: Transcript, query: str) -> None:
    answer = client_for(bob).get(path(edited, query))
    assert answer.status_code == 200 and answer.context["rows"] is None


def test_a_final_text_stays(client_for: ClientFor, bob: User, edited: Transcript) -> None:
    Transcript.objects.filter(pk=edited.pk).update(status="final")
    browser = client_for(bob)
    assert "/restore" not in browser.get(path(edited, "?from=0&to=2")).content.decode()
    before = texts(edited)
    browser.post(path(edited, "/restore"), {"version": "0"})
    assert texts(edited) == before
