"""Search over all transcripts: what is found, what is marked, who finds what, and at what price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertNumQueries

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_job, make_project, make_recording, make_transcript
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]


def said(organization: Organization, *lines: str, language: str = "en", name: str = "", **recording: Any) -> Transcript:
    """A transcript of these lines, two seconds each, with the times of their words."""
    row = make_recording(organization, name=name or "meeting.mp3", **recording)
    job = make_job(organization, row, status=JobStatus.COMPLETED, progress=1.0)
    transcript = make_transcript(organization, job, lines=0, language=language, segment_count=len(lines))
    speaker = Speaker.objects.get(transcript=transcript)
    for at, text in enumerate(lines):
        words = [
            Word(word, at * 2000 + number * 100, at * 2000 + number * 100 + 90, 0.9, "S1")
            for number, word in enumerate(text.split())
        ]
        Segment.folded(
            text=text,
            organization=organization,
            transcript=transcript,
            speaker=speaker,
            position=(at + 1) * POSITION_STEP,
            start_ms=at * 2000,
            end_ms=at * 2000 + 1900,
            words=words_to_json(words),
        ).save()
    return transcript


def found(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [line["text"] for group in answer.json()["data"] for line in group["lines"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("budget", "The budget is final."),
        ("FINAL budget", "The budget is final."),
        ('"is final"', "The budget is final."),
        ('"final is"', None),
        ("budg*", "The budget is final."),
        ("budg", None),
        ("well-known", "A well known fact."),
        ("dont", "I don't know."),
        ("don’t", "I don't know."),
        ("budget fact", None),
        ("مدرسة", "ذهبت إلى المَدْرَسَةِ أمس"),
        ("مدرسه الى", "ذهبت إلى المَدْرَسَةِ أمس"),
        ("المدرسه", "ذهبت إلى المَدْرَسَةِ أمس"),
        ("٢٠٢٦", "In 2026, again."),
    ],
)
def test_words_phrases_beginnings_and_spellings(
    api: Api, alice: User, organization: Organization, query: str, expected: str | None
) -> None:
    said(organization, "The budget is final.", "A well known fact.", "I don't know.", "In 2026, again.")
    said(organization, "ذهبت إلى المَدْرَسَةِ أمس", language="ar")
    if query in ("مدرسة", "مدرسه الى"):
        query = query.replace("مدرس", "المدرس", 1)
    answer = api(alice).client.get("/api/v1/search", {"q": query}, headers=api(alice).headers)
    assert found(answer) == ([expected] if expected else [])


def ask(client: ApiClient, **query: Any) -> Any:
    return client.client.get("/api/v1/search", query, headers=client.headers)


def test_a_hit_is_marked_in_the_original_and_tells_its_second(
    api: Api, alice: User, organization: Organization
) -> None:
    transcript = said(organization, "Nothing here.", "قال إنّ <b>المَدْرَسَةَ</b> قريبة", language="ar", name="درس")
    (group,) = ask(api(alice), q="المدرسه").json()["data"]
    (line,) = group["lines"]
    assert group["media"]["name"] == "درس"
    assert [line["text"][start:end] for start, end in line["hits"]] == ["المَدْرَسَةَ"]
    assert line["html"] == "قال إنّ &lt;b&gt;<mark>المَدْرَسَةَ</mark>&lt;/b&gt; قريبة"
    assert (line["transcript"], line["start"]) == (str(transcript.pk), 2.0)
    assert line["at"] == 2.2


def test_the_second_is_that_of_the_word(api: Api, alice: User, organization: Organization) -> None:
    transcript = said(organization, "One two three budget five.")
    (line,) = ask(api(alice), q="budget").json()["data"][0]["lines"]
    assert line["at"] == 0.3
    # An edit may leave words that are not those of the text: then the line's own time holds.
    Segment.objects.filter(transcript=transcript).update(words=[])
    (line,) = ask(api(alice), q="budget").json()["data"][0]["lines"]
    assert line["at"] == 0.0


def test_a_long_line_shows_the_part_around_its_first_hit(api: Api, alice: User, organization: Organization) -> None:
    said(organization, "before " * 100 + "budget " + "after " * 100)
    (line,) = ask(api(alice), q="budget").json()["data"][0]["lines"]
    ((start, end),) = line["hits"]
    assert line["text"][start:end] == "budget"
    assert len(line["text"]) < 300
    assert line["text"].startswith("… before") and line["text"].endswith("after …")


def test_groups_are_recordings_newest_first_and_pages_follow(api: Api, alice: User, organization: Organization) -> None:
    for number in range(5):
        said(organization, *[f"Budget line {line}" for line in range(7)], name=f"Recording {number}")
    first = ask(api(alice), q="budget", limit=2).json()
    second = api(alice).client.get(first["next"], headers=api(alice).headers).json()
    third = api(alice).client.get(second["next"], headers=api(alice).headers).json()
    names = [group["media"]["name"] for page in (first, second, third) for group in page["data"]]
    assert names == [f"Recording {number}" for number in (4, 3, 2, 1, 0)]
    assert third["next"] is None
    assert [(group["count"], len(group["lines"])) for group in first["data"]] == [(7, 5), (7, 5)]
    assert [line["text"] for line in first["data"][0]["lines"]] == [f"Budget line {line}" for line in range(5)]
    media = first["data"][0]["media"]["id"]
    assert len(ask(api(alice), q="budget", media=media, lines=200).json()["data"][0]["lines"]) == 7


def test_filters(api: Api, alice: User, organization: Organization) -> None:
    project = make_project(organization)
    first = said(organization, "The budget", name="first", project=project)
    second = said(organization, "The budget", name="second", language="fr")
    Speaker.objects.filter(transcript=second).update(name="Layla")
    long_ago = timezone.now() - timedelta(days=40)
    Recording.objects.filter(pk=first.recording_id).update(created_at=long_ago)
    client, today = api(alice), timezone.now().date().isoformat()

    def names(**query: Any) -> list[str]:
        return [group["media"]["name"] for group in ask(client, q="budget", **query).json()["data"]]

    assert names() == ["second", "first"]
    assert names(language="fr") == names(speaker="layla") == ["second"]
    assert names(speaker="s1") == names(speaker="speaker 1") == names(project=str(project.pk)) == ["first"]
    assert names(**{"from": today}) == ["second"]
    assert names(to=long_ago.date().isoformat()) == ["first"]
    assert names(media=str(first.recording_id)) == ["first"]


def test_small_errors_are_mended_and_told(api: Api, alice: User, organization: Organization) -> None:
    for number in range(3):
        said(organization, "The budget committee meets", name=str(number))
    answer = ask(api(alice), q="bugdet comittee", limit=2).json()
    assert answer["corrected_query"] == "budget committee"
    assert [group["media"]["name"] for group in answer["data"]] == ["2", "1"]
    rest = api(alice).client.get(answer["next"], headers=api(alice).headers).json()
    assert [group["media"]["name"] for group in rest["data"]] == ["0"]
    assert ask(api(alice), q="budget").json()["corrected_query"] is None
    assert ask(api(alice), q="elephants").json() == {
        "data": [],
        "next": None,
        "previous": None,
        "corrected_query": None,
    }


def test_nobody_finds_what_others_said(
    api: Api, alice: User, mallory: User, organization: Organization, other_organization: Organization
) -> None:
    said(organization, "The secret budget")
    theirs = said(other_organization, "Another thing")
    for query in ("budget", "bugdet", "budg*", "secret", f"#{organization.pk}", str(organization.pk), "#*"):
        answer = ask(api(mallory), q=query)
        assert answer.status_code == 422 or answer.json()["data"] == [], query
        assert answer.json().get("corrected_query") is None
    foreign = ask(api(mallory), q="thing", media=str(theirs.recording_id))
    assert found(foreign) == ["Another thing"]
    assert ask(api(alice), q="thing", media=str(theirs.recording_id)).json()["data"] == []


def test_the_beginning_of_an_organization_s_id_is_no_word(api: Api, alice: User, organization: Organization) -> None:
    said(organization, "The budget")
    assert ask(api(alice), q=f"{str(organization.pk)[:4]}*").json()["data"] == []


def test_what_lies_in_the_trash_is_not_found(api: Api, alice: User, organization: Organization) -> None:
    transcript = said(organization, "The budget")
    Recording.objects.filter(pk=transcript.recording_id).update(status=RecordingStatus.DELETED)
    assert ask(api(alice), q="budget").json()["data"] == []


def test_an_edited_line_is_found_by_its_new_words(api: Api, alice: User, organization: Organization) -> None:
    line = said(organization, "The budget").segments.get()
    line.set_text("The surplus")
    line.save()
    assert found(ask(api(alice), q="surplus")) == ["The surplus"]
    assert ask(api(alice), q="budget").json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": ""},
        {"q": "…!?"},
        {"q": "a" * 201},
        {"q": "a", "cursor": "nonsense"},
        {"q": "a", "cursor": "MQ"},
        {"q": "a", "from": "yesterday"},
        {"q": "a", "project": "1"},
        {"q": "a", "limit": "0"},
        {"q": "a", "colour": "red"},
    ],
)
def test_queries_that_mean_nothing_are_422(api: Api, alice: User, query: dict[str, str]) -> None:
    assert ask(api(alice), **query).status_code == 422


@pytest.mark.parametrize(
    "query", ["'", "\\", "a' | 'b", "!a", "a & b", "(a", "a:*b", "<->", "%", "a\x00b", '"', "*", "a:A"]
)
def test_no_sign_is_an_operator(api: Api, alice: User, organization: Organization, query: str) -> None:
    said(organization, "Nothing of that")
    answer = ask(api(alice), q=query)
    assert answer.status_code in (200, 422)
    assert answer.status_code == 422 or answer.json()["data"] == []


def test_a_page_of_results_is_two_queries(api: Api, alice: User, organization: Organization) -> None:
    client = api(alice)
    said(organization, "The budget", project=make_project(organization))
    ask(client, q="budget")
    with CaptureQueriesContext(connection) as once:
        ask(client, q="budget")
    for _number in range(6):
        said(organization, "The budget", "The budget again", project=make_project(organization))
    with assertNumQueries(len(once)):
        assert len(ask(client, q="budget").json()["data"]) == 7
    assert sum("transcription_segment" in query["sql"] for query in once) == 2


def test_the_page_marks_and_leads_to_the_second(
    client_for: Callable[..., Client], alice: User, organization: Organization
) -> None:
    transcript = said(organization, "One <two> three budget five.", name="Weekly")
    address = f"/o/{organization.slug}/search"
    html = client_for(alice).get(address, {"q": "budget"}).content.decode()
    assert "One &lt;two&gt; three <mark>budget</mark> five." in html
    assert f'href="/o/{organization.slug}/transcripts/{transcript.pk}?t=0.300"' in html
    assert "Weekly" in html
    assert "Nobody said" in client_for(alice).get(address, {"q": "bugdet"}).content.decode()
    assert "Nobody said that" in client_for(alice).get(address, {"q": "elephant"}).content.decode()
    assert client_for(alice).get(address).status_code == 200
    assert client_for(alice).get(address, {"q": "?!"}).status_code == 200


def test_the_page_of_a_moment_holds_its_line(
    client_for: Callable[..., Client], alice: User, organization: Organization
) -> None:
    """Without scripts, too, a hit leads to the part of a long transcript where it is."""
    transcript = make_transcript(organization, lines=450)
    address = f"/o/{organization.slug}/transcripts/{transcript.pk}"
    assert 'id="line-410"' in client_for(alice).get(address, {"t": "820.5"}).content.decode()
    for nonsense in ("x", "-5", "nan", "inf", "1e400"):
        assert 'id="line-0"' in client_for(alice).get(address, {"t": nonsense}).content.decode() or nonsense in (
            "inf",
            "1e400",
        )


def test_the_last_day_of_the_calendar_is_no_error(api: Any, alice: User) -> None:
    assert api(alice).get("/search?q=x&to=9999-12-31").status_code == 200
