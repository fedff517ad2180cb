"""The times of changed words, found in the recording: asked for by a person, written by the machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from accounts.models import User
from config.common import liveness
from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_job, make_transcript
from tests.transcription.asr.conftest import DEMO
from tests.transcription.builders import make_recording
from tests.transcription.editing.talks import Editor
from transcription import tasks
from transcription.asr.options import Options
from transcription.asr.serial import words_to_json
from transcription.asr.types import Result
from transcription.models import Operation, Segment, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.runner.local import Silent, recognize
from transcription.services import realigning
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
SAID_MS = 14_000


@cache
def heard() -> Result:
    """What the embedded engine hears in the beginning of the demo meeting."""
    options = Options("embedded", "moonshine-tiny-en", language="en", end_ms=SAID_MS)
    return recognize(DEMO / "team-meeting.mp3", options, Silent())


@pytest.fixture
def spoken(organization: Organization, media_storage: MediaStorage, settings: Any, tmp_path: Path) -> Transcript:
    settings.ASR_MODEL_DIR = str(tmp_path)
    audio = (DEMO / "team-meeting.mp3").read_bytes()
    recording = make_recording(organization, audio=audio, duration_ms=SAID_MS)
    job = make_job(organization, recording=recording, status=JobStatus.COMPLETED)
    said = heard().segments
    transcript = make_transcript(organization, job, lines=0, duration_ms=SAID_MS, segment_count=len(said))
    Segment.objects.bulk_create(
        Segment.folded(
            organization=organization,
            transcript=transcript,
            position=at * POSITION_STEP,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            text=line.text,
            language="en",
            words=words_to_json(line.words),
        )
        for at, line in enumerate(said, 1)
    )
    return transcript


@pytest.fixture
def editor(api: Callable[..., ApiClient], bob: User, spoken: Transcript) -> Editor:
    return Editor(api(bob), spoken)


def ask(editor: Editor, line: dict[str, Any]) -> Any:
    return editor.ask("POST", f"segments/{line['id']}/realign", line=line)


def longest(editor: Editor) -> dict[str, Any]:
    return max(editor.lines(), key=lambda line: len(line["words"]))


def retyped(editor: Editor, line: dict[str, Any]) -> dict[str, Any]:
    """The line with all its words gone and typed again: nobody knows their times any more."""
    editor.done(editor.edit(line, text="x"))
    typed = next(one for one in editor.lines() if one["id"] == line["id"])
    editor.done(editor.edit(typed, text=line["text"]))
    return next(one for one in editor.lines() if one["id"] == line["id"])


def worked(transcript: Transcript, *lines: dict[str, Any]) -> None:
    """What a worker does with the message."""
    tasks.realign(str(transcript.pk), orjson.dumps({line["id"]: line["version"] for line in lines}).decode())


def furthest(lines: tuple[dict[str, Any], dict[str, Any]]) -> float:
    """By how much a word's beginning differs at most, in seconds."""
    first, second = (line["words"] for line in lines)
    apart: list[float] = [abs(a["start"] - b["start"]) for a, b in zip(first, second, strict=True)]
    return max(apart)


def test_retyped_words_are_where_they_were_said(
    editor: Editor, spoken: Transcript, django_capture_on_commit_callbacks: Any
) -> None:
    before = longest(editor)
    typed = retyped(editor, before)
    assert all(word["interpolated"] for word in typed["words"])
    assert furthest((before, typed)) > 0.2
    broker = liveness.client()
    waiting = broker.llen("light")
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(editor, typed)
    assert (answer.status_code, answer.json()) == (202, {"lines": 1, "without_model": []})
    assert broker.llen("light") == waiting + 1

    worked(spoken, typed)
    found = next(one for one in editor.lines() if one["id"] == before["id"])
    assert furthest((before, found)) <= 0.1
    assert not any(word["interpolated"] for word in found["words"])
    assert (found["text"], found["speaker"]) == (before["text"], before["speaker"])
    assert all(a["end"] <= b["start"] for a, b in pairwise(found["words"]))
    assert found["start"] <= found["words"][0]["start"]
    assert found["words"][-1]["end"] <= found["end"]


def test_it_is_one_operation_that_can_be_taken_back(editor: Editor, spoken: Transcript) -> None:
    typed = [retyped(editor, line) for line in editor.lines()[:2]]
    version = editor.version()
    assert editor.ask("POST", "realign").json() == {"lines": 2, "without_model": []}
    worked(spoken, *typed)
    assert editor.version() == version + 1
    operation = Operation.objects.get(transcript=spoken, number=version + 1)
    assert (operation.kind, operation.author, operation.payload) == ("realign", None, {"lines": 2})
    editor.done(editor.undo(version + 1))
    now = {line["id"]: line["words"] for line in editor.lines()}
    assert [now[line["id"]] for line in typed] == [line["words"] for line in typed]


def test_only_edited_lines_with_guessed_times_are_looked_at(editor: Editor) -> None:
    assert editor.ask("POST", "realign").json() == {"lines": 0, "without_model": []}
    retyped(editor, longest(editor))
    assert editor.ask("POST", "realign").json()["lines"] == 1


def test_a_line_that_was_changed_meanwhile_stays(editor: Editor, spoken: Transcript) -> None:
    typed = retyped(editor, longest(editor))
    editor.done(editor.edit(typed, text="Something else."))
    refused = ask(editor, typed)
    assert (refused.status_code, refused.json()["error_type"]) == (412, "stale_version")
    version = editor.version()
    worked(spoken, typed)
    assert editor.version() == version


def test_what_was_not_said_keeps_its_times(editor: Editor, spoken: Transcript) -> None:
    line = longest(editor)
    editor.done(editor.edit(line, text="zzz " * 200))
    typed = next(one for one in editor.lines() if one["id"] == line["id"])
    version = editor.version()
    worked(spoken, typed)
    assert editor.version() == version


def test_a_final_text_and_a_lost_recording_change_nothing(
    editor: Editor, spoken: Transcript, media_storage: MediaStorage
) -> None:
    typed = retyped(editor, longest(editor))
    version = editor.version()
    Transcript.objects.filter(pk=spoken.pk).update(status="final")
    assert ask(editor, typed).json()["error_type"] == "transcript_locked"
    worked(spoken, typed)
    Transcript.objects.filter(pk=spoken.pk).update(status="draft")
    media_storage.delete(spoken.recording.source_key)
    worked(spoken, typed)
    assert editor.version() == version


def test_a_language_without_a_model_is_refused(editor: Editor, spoken: Transcript) -> None:
    typed = retyped(editor, longest(editor))
    Segment.objects.filter(pk=typed["id"]).update(language="ar")
    refused = ask(editor, typed)
    assert (refused.status_code, refused.json()["error_type"]) == (409, "alignment_unavailable")
    assert "(ar)" in refused.json()["detail"]


def test_workers_tell_in_which_languages_they_find_words() -> None:
    liveness.beat(liveness.Worker("w@host", ("light",), aligned=("ar", "fr")))
    liveness.beat(liveness.Worker("v@host", ("diarize",), aligned=("de",)))
    try:
        assert realigning.languages() == {"ar", "fr"}
    finally:
        for name in ("w@host", "v@host"):
            liveness.forget(name)
    assert realigning.languages() == {"en"}
