"""Who is told of an edit, when, and of what; and the door that the machine uses too."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from websockets.sync.client import connect

from accounts.models import User
from config.common.errors import Conflict
from organizations.models import Organization, WebhookDelivery
from organizations.webhooks import delivering
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_webhook
from tests.transcription.editing.talks import TALK, Editor, make_talk
from tests.workers import Live
from transcription.asr.types import Word
from transcription.editing.changes import Change, Collision
from transcription.editing.lines import Line, Voice
from transcription.models import Operation, ReviewStatus, Segment, Transcript
from transcription.models.operations import OperationKind
from transcription.services.editing import apply_change, lines_of, lock, voices_of

pytestmark = pytest.mark.django_db


class TestWebhook:
    def test_once_a_minute_and_late_enough(
        self, editor: Editor, organization: Organization, settings: Settings
    ) -> None:
        settings.PUBLIC_URL = "https://tadwin.example"
        endpoint = make_webhook(organization, events=["transcript.updated"])
        for text in ("One.", "Two.", "Three."):
            editor.done(editor.edit(editor.lines()[0], text=text))
        (delivery,) = WebhookDelivery.objects.filter(endpoint=endpoint)
        message = json.loads(delivery.body)
        transcript = editor.transcript
        assert message["type"] == "transcript.updated"
        assert message["data"] == {
            "transcript": str(transcript.pk),
            "job": str(transcript.job_id),
            "media": str(transcript.recording_id),
            "links": {
                "transcript": f"https://tadwin.example/api/v1/transcripts/{transcript.pk}",
                "media": f"https://tadwin.example/api/v1/media/{transcript.recording_id}",
                "job": f"https://tadwin.example/api/v1/jobs/{transcript.job_id}",
            },
        }
        assert timedelta(seconds=50) < delivery.due_at - timezone.now() <= timedelta(seconds=60)
        assert not delivering.deliver(delivery.pk), "not before its time"

    def test_again_when_the_minute_is_over(self, editor: Editor, organization: Organization) -> None:
        endpoint = make_webhook(organization, events=["transcript.updated"])
        editor.done(editor.edit(editor.lines()[0], text="One."))
        Transcript.objects.update(told_at=timezone.now())
        editor.done(editor.edit(editor.lines()[0], text="Two."))
        assert WebhookDelivery.objects.filter(endpoint=endpoint).count() == 2

    def test_what_was_refused_is_not_told(self, editor: Editor, organization: Organization) -> None:
        endpoint = make_webhook(organization, events=["transcript.updated"])
        editor.edit(editor.lines()[0], start=100.0)
        assert not WebhookDelivery.objects.filter(endpoint=endpoint).exists()


@pytest.mark.django_db(transaction=True)
def test_open_pages_hear_of_every_operation(
    api: Callable[..., ApiClient], bob: User, organization: Organization
) -> None:
    editor = Editor(api(bob), make_talk(organization))
    key = make_api_key(organization)[1]
    with Live() as live:
        address = f"ws://127.0.0.1:{live.port}/live/organization"
        with connect(address, additional_headers={"Authorization": f"Bearer {key}"}) as socket:
            assert json.loads(socket.recv(timeout=10))["type"] == "snapshot"
            editor.done(editor.edit(editor.lines()[0], text="One."))
            event = json.loads(socket.recv(timeout=10))
    assert event == {
        "type": "transcript.changed",
        "transcript": str(editor.transcript.pk),
        "version": 1,
        "author": {"id": str(bob.pk), "name": "Bob"},
    }


def spoken_by(line: Line, speaker: str) -> Line:
    return Line(**{**{name: getattr(line, name) for name in line.__slots__}, "speaker": speaker})


class TestTheDoor:
    """What telling speakers apart again does to a text that was edited since."""

    def test_new_speakers_for_an_edited_text(self, editor: Editor, transcript: Transcript) -> None:
        editor.done(editor.edit(editor.lines()[0], text="Edited before."))
        before, who = editor.lines(), editor.speakers()
        new = Voice("00000000-0000-4000-8000-000000000001", "S3")
        with transaction.atomic():
            row = lock(transcript)
            lines, voices = lines_of(row), voices_of(row)
            after = tuple(spoken_by(line, new.id) for line in lines)
            change = Change(tuple(lines), after, tuple(voices.values()), (new,))
            done = apply_change(row, None, OperationKind.DIARIZE, {"job": "again"}, change)
        assert done.operation is not None and done.operation.number == 2
        assert editor.speakers() == {"S3": new.id}
        assert {line["speaker"] for line in editor.lines()} == {new.id}
        assert editor.texts()[0] == "Edited before."
        row_of_list = editor.api.get(f"{editor.path}/versions").json()["data"][0]
        assert (row_of_list["kind"], row_of_list["author"], row_of_list["lines"]) == ("diarize", None, 5)
        editor.done(editor.undo(2))
        assert editor.speakers() == who
        assert [{**line, "version": 0} for line in editor.lines()] == [{**line, "version": 0} for line in before]

    def test_lines_that_are_cut_where_the_voice_changes(self, editor: Editor, transcript: Transcript) -> None:
        """Several lines for one, in a single operation."""
        (line, *_), texts = lines_of(transcript), editor.texts()
        halves = (
            Line(line.id, line.position, 0, 900, "Good morning", line.words[:2], line.speaker),
            Line("00000000-0000-4000-8000-000000000002", 0, 1000, 3800, "everybody and welcome.", line.words[2:], None),
        )
        apply_change(transcript, None, OperationKind.DIARIZE, {}, Change((line,), halves))
        assert editor.texts() == ["Good morning", "everybody and welcome.", *texts[1:]]
        assert transcript.segment_count == 6

    def test_a_line_of_nobody_who_is_there(self, transcript: Transcript) -> None:
        (line, *_) = lines_of(transcript)
        lost = spoken_by(line, "00000000-0000-4000-8000-000000000003")
        with pytest.raises(Collision):
            apply_change(transcript, None, OperationKind.DIARIZE, {}, Change((line,), (lost,)))
        assert not Operation.objects.exists()

    def test_a_final_text_is_closed_to_the_machine_too(self, transcript: Transcript) -> None:
        Transcript.objects.update(status=ReviewStatus.FINAL)
        (line, *_) = lines_of(transcript)
        with pytest.raises(Conflict, match="final"):
            apply_change(transcript, None, OperationKind.DIARIZE, {}, Change((line,), ()))

    def test_lines_come_into_the_order_of_their_beginnings(self, editor: Editor, transcript: Transcript) -> None:
        lines = lines_of(transcript)
        late = Line("00000000-0000-4000-8000-000000000004", 1, 9000, 9500, "Late", (Word("Late", 9000, 9500),))
        apply_change(transcript, None, OperationKind.DIARIZE, {}, Change((), (late,)))
        assert editor.texts() == [TALK[0][1], TALK[1][1], TALK[2][1], "Late", TALK[3][1], TALK[4][1]]
        assert len(set(Segment.objects.values_list("position", flat=True))) == len(lines) + 1


def test_an_edit_costs_the_same_in_a_long_text(api: Callable[..., ApiClient], organization: Organization) -> None:
    key, counts = api(make_api_key(organization)[1]), []
    for count in (5, 300):
        editor = Editor(key, make_talk(organization, [TALK[0]] * count))
        editor.edit(editor.lines()[1], text="Warm.")
        line: dict[str, Any] = editor.lines()[1]
        with CaptureQueriesContext(connection) as queries:
            editor.done(editor.edit(line, text="Good evening everybody."))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16
