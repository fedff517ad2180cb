"""What a transcript tells about the talk, over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.transcription.editing.talks import Editor, make_talk
from transcription.models import Segment

pytestmark = pytest.mark.django_db


def test_who_speaks_how_much_and_asks_what(editor: Editor) -> None:
    body = editor.api.get(f"{editor.path}/metrics").json()
    speakers = editor.api.get(f"{editor.path}/speakers").json()
    assert [one["label"] for one in body["speakers"]] == ["S1", "S2"]
    assert [{key: one[key] for key in one if key != "questions"} for one in body["speakers"]] == speakers["data"]
    assert {key: body[key] for key in ("talk_seconds", "silence", "words", "turns")} == {
        "talk_seconds": 19.0,
        "silence": 1.0,
        "words": 30,
        "turns": 4,
    }
    assert (body["version"], body["duration"], body["words_per_minute"], body["confidence"]) == (0, 20.0, 94.7, 0.9)
    third = editor.lines()[2]
    assert body["questions"] == {
        "count": 1,
        "data": [{"segment": third["id"], "speaker": third["speaker"], "start": 8.0, "text": third["text"]}],
    }
    assert [one["questions"] for one in body["speakers"]] == [1, 0]
    assert body["keywords"] == [{"text": "budget", "count": 2}]


def test_pauses_are_silences_of_two_seconds_and_more(editor: Editor) -> None:
    assert editor.api.get(f"{editor.path}/metrics").json()["pauses"] == {"count": 0, "seconds": 0.0, "longest": []}
    editor.done(editor.delete(editor.lines()[3]))
    pauses = editor.api.get(f"{editor.path}/metrics").json()["pauses"]
    assert pauses == {"count": 1, "seconds": 4.2, "longest": [{"start": 11.8, "end": 16.0}]}


def test_doubts_are_counted_as_the_review_names_them(editor: Editor) -> None:
    line = Segment.objects.get(text__startswith="Thank")
    line.flags = [{"type": "silence", "reason": "No speech.", "hidden": False}]
    line.words[0][3], line.words[1][5] = 0.5, True
    line.save()
    total = editor.api.get(f"{editor.path}/review").json()["total"]
    doubts = editor.api.get(f"{editor.path}/metrics").json()["doubts"]
    assert doubts == {"places": 3, "reasons": {"interpolated": 1, "low_confidence": 1, "silence": 1}}
    assert total == doubts["places"]
    assert editor.api.get(f"{editor.path}/metrics?threshold=0.4").json()["doubts"]["places"] == 2
    assert editor.api.get(f"{editor.path}/metrics?threshold=2").status_code == 422


def test_the_sound_report_of_the_recording_is_there(editor: Editor) -> None:
    assert editor.api.get(f"{editor.path}/metrics").json()["sound"] is None
    Recording.objects.filter(pk=editor.transcript.recording_id).update(metadata={"quality": {"snr_db": 31.0}})
    assert editor.api.get(f"{editor.path}/metrics").json()["sound"] == {"snr_db": 31.0}


def test_a_transcript_with_nothing_in_it(
    alice: User, organization: Organization, api: Callable[..., ApiClient]
) -> None:
    transcript = make_talk(organization, (), duration_ms=3_000)
    body = api(alice).get(f"/transcripts/{transcript.pk}/metrics").json()
    assert (body["words"], body["silence"], body["words_per_minute"], body["confidence"]) == (0, 3.0, None, None)
    assert body["questions"]["count"] == body["pauses"]["count"] == body["doubts"]["places"] == 0


def test_the_trash_has_no_figures(editor: Editor) -> None:
    Recording.objects.filter(pk=editor.transcript.recording_id).update(status=RecordingStatus.DELETED)
    assert editor.api.get(f"{editor.path}/metrics").status_code == 404
