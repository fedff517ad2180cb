"""Speakers told apart again: the text stays, edits stay, names stay, and nothing is charged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.models import UsageEntry
from media.storage import MediaStorage
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.transcription.asr.conftest import DEMO
from tests.transcription.asr.test_pyannote import CLIP, PIPELINE, installed
from tests.transcription.builders import make_job, make_recording
from tests.transcription.test_runner import run_all
from transcription import lifecycle, runner
from transcription.asr.diarize.pyannote import stop_all
from transcription.asr.types import Span, Turn, Word
from transcription.editing.lines import Line, Voice
from transcription.editing.operations import OVERLAP
from transcription.editing.retelling import Retold, retell
from transcription.models import Job, Operation, Segment, Speaker, Step, Transcript
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db
SCRIPT = b"Good morning to all. Thank you for coming. Shall we begin? Yes, let us begin now."


@pytest.fixture
def job(organization: Organization, media_storage: MediaStorage) -> Job:
    """A finished job of one speaker; the fake engine reads its recording out."""
    recording = make_recording(organization, audio=SCRIPT, duration_ms=6_000)
    made = make_job(organization, recording=recording, diarize=True)
    run_all()
    made.refresh_from_db()
    assert made.status == JobStatus.COMPLETED
    return made


def again(api: Callable[..., ApiClient], who: User, job: Job, **diarization: Any) -> Any:
    return api(who).post(f"/jobs/{job.pk}/rediarize", {"diarization": diarization})


def speakers_of_lines(transcript: Transcript) -> list[str]:
    rows = Segment.objects.filter(transcript=transcript).order_by("position").select_related("speaker")
    return [str(row.speaker) for row in rows]


def test_another_number_of_speakers(api: Callable[..., ApiClient], alice: User, job: Job) -> None:
    transcript = job.transcript
    edited = Segment.objects.filter(transcript=transcript).order_by("position")[1]
    path = f"/transcripts/{transcript.pk}"
    answer = api(alice).patch(
        f"{path}/segments/{edited.pk}", {"text": "Thanks for coming."}, **{"If-Match": f'"{edited.version}"'}
    )
    assert answer.status_code == 200, answer.content
    Speaker.objects.filter(transcript=transcript).update(name="Nadia")
    steps = Step.objects.filter(job=job).exclude(kind__in=["diarize", "assemble"]).values_list("pk", "attempt")
    before, version = list(steps), Transcript.objects.get(pk=transcript.pk).version

    answer = again(api, alice, job, speakers=2)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert run_all() == 2, "only telling apart and putting together"

    job.refresh_from_db()
    assert (job.status, job.attempt, job.options["diarization"]["speakers"]) == (JobStatus.COMPLETED, 0, None)
    assert list(steps) == before
    assert speakers_of_lines(transcript) == ["Speaker 2", "Nadia", "Speaker 2", "Nadia"], (
        "who speaks most keeps the name"
    )
    shown = api(alice).get(path).json()
    assert [segment["text"] for segment in shown["segments"]][1] == "Thanks for coming."
    assert shown["version"] == version + 1
    operation = Operation.objects.get(transcript=transcript, number=version + 1)
    assert (operation.kind, operation.author) == ("diarize", None)
    assert not UsageEntry.objects.exclude(key__endswith=":0").exists()


def test_it_can_be_done_again_and_again(api: Callable[..., ApiClient], alice: User, job: Job) -> None:
    for count in (3, 1, 2):
        assert again(api, alice, job, speakers=count).status_code == 202
        run_all()
        assert Speaker.objects.filter(transcript=job.transcript).count() == count
    labels = Speaker.objects.filter(transcript=job.transcript).values_list("label", flat=True)
    assert set(labels) == {"S1", "S4"}, "S2 and S3 may come back by undo"


def test_a_failure_keeps_everything_and_warns(
    api: Callable[..., ApiClient], alice: User, organization: Organization, media_storage: MediaStorage
) -> None:
    audio = (DEMO / "arabic-greeting.mp3").read_bytes()
    job = make_job(organization, recording=make_recording(organization, audio=audio, duration_ms=5_000))
    run_all()
    lines = list(Segment.objects.filter(transcript=job.transcript).values())
    assert again(api, alice, job, method="channel").status_code == 202
    run_all()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert [warning["type"] for warning in job.warnings] == ["diarize_failed"]
    assert list(Segment.objects.filter(transcript=job.transcript).values()) == lines


def test_a_cancel_keeps_everything(api: Callable[..., ApiClient], alice: User, job: Job) -> None:
    again(api, alice, job, speakers=2)
    assert api(alice).post(f"/jobs/{job.pk}/cancel").json()["status"] == "completed"
    assert run_all() == 0
    assert speakers_of_lines(job.transcript) == ["Speaker 1"] * 4
    assert again(api, alice, job, speakers=2).status_code == 202


def test_a_last_step_that_breaks_keeps_everything(
    api: Callable[..., ApiClient], alice: User, job: Job, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no")

    settings.STEP_RETRY_POLICIES = {"default": "1:0:0"}
    again(api, alice, job, speakers=2)
    monkeypatch.setattr("transcription.runner.retelling.retell", broken)
    run_all()
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert [warning["type"] for warning in job.warnings] == ["diarize_failed"]
    assert speakers_of_lines(job.transcript) == ["Speaker 1"] * 4


def test_what_is_refused(
    api: Callable[..., ApiClient], alice: User, organization: Organization, job: Job, media_storage: MediaStorage
) -> None:
    assert again(api, alice, make_job(organization), speakers=2).json()["error_type"] == "not_completed"
    assert again(api, alice, job, enabled=False).status_code == 422
    assert again(api, alice, job, min_speakers=3, max_speakers=2).status_code == 422
    assert again(api, alice, job, speakers=2).status_code == 202
    assert again(api, alice, job, speakers=2).json()["error_type"] == "not_completed", "it is under way"
    run_all()
    Transcript.objects.filter(job=job).update(status="final")
    assert again(api, alice, job, speakers=2).json()["error_type"] == "transcript_locked"


def test_a_transcript_that_is_locked_meanwhile_stays(api: Callable[..., ApiClient], alice: User, job: Job) -> None:
    again(api, alice, job, speakers=2)
    runner.work("diarize", worker="test")
    Transcript.objects.filter(job=job).update(status="final")
    run_all()
    job.refresh_from_db()
    assert (job.status, [warning["type"] for warning in job.warnings]) == (JobStatus.COMPLETED, ["diarize_failed"])
    assert speakers_of_lines(job.transcript) == ["Speaker 1"] * 4


def test_a_job_that_never_completed_does_not_open(organization: Organization) -> None:
    assert lifecycle.rediarize(make_job(organization).pk, {}) == []


@installed
def test_with_pyannote(
    api: Callable[..., ApiClient], alice: User, organization: Organization, media_storage: MediaStorage, settings: Any
) -> None:
    """All of it: the API, the worker, the process with torch, the transcript."""
    settings.ASR_DIARIZATION_MODEL = str(PIPELINE)
    # The heartbeat has a connection of its own, which does not see into the test's transaction.
    settings.STEP_HEARTBEAT_SECONDS = 600
    recording = make_recording(organization, audio=CLIP.read_bytes(), duration_ms=10_340)
    job = make_job(organization, recording=recording)
    run_all()
    assert again(api, alice, job, method="pyannote").status_code == 202
    run_all()
    stop_all()
    job.refresh_from_db()
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, [])
    provenance = Transcript.objects.get(job=job).provenance
    assert (provenance["diarization"], provenance["diarization_reason"]) == ("pyannote", "asked")
    assert provenance["voice_model"].startswith("pyannote-tiny@")
    assert set(speakers_of_lines(job.transcript)) == {"Speaker 1", "Speaker 2"}


def test_the_button_on_the_page(
    client_for: Callable[[User], Client], alice: User, organization: Organization, job: Job
) -> None:
    home = f"/o/{organization.slug}"
    client = client_for(alice)
    page = client.get(f"{home}/recordings/{job.recording_id}").content.decode()
    assert f"{home}/jobs/{job.pk}/rediarize" in page
    client.post(f"{home}/jobs/{job.pk}/rediarize", {"speakers": "0", "method": "auto"})
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    client.post(f"{home}/jobs/{job.pk}/rediarize", {"speakers": "2", "method": "auto"})
    run_all()
    assert set(speakers_of_lines(job.transcript)) == {"Speaker 1", "Speaker 2"}


def line(number: int, text: str, speaker: str, *, edited: bool = False) -> Line:
    start = number * 1_000
    said = text.split()
    words = tuple(Word(word, start + at * 100, start + at * 100 + 90, 0.9, "S1") for at, word in enumerate(said))
    return Line(f"l{number}", number, start, start + 100 * len(said), text, words, speaker, edited=edited)


def told(lines: list[Line], voices: list[Voice], *turns: Turn) -> Retold:
    return retell(lines, voices, turns, new_id=iter(f"new{number}" for number in range(9)).__next__, labels=["S7"])


def test_lines_are_cut_where_the_speaker_changes_and_edited_ones_are_not() -> None:
    text = "one two three four five six seven eight"
    voices = [Voice("a", "S1", "Nadia")]
    turns = Turn(0, 395, "x"), Turn(396, 800, "y"), Turn(1_000, 1_295, "x"), Turn(1_296, 1_900, "y")
    lines = [line(0, text, "a"), line(1, text, "a", edited=True), line(2, text, "a"), line(3, text, "a")]
    found = told(lines, voices, *turns, Turn(2_000, 3_900, "x"))
    shape = [(one.id, one.text, one.speaker) for one in found.change.after]
    assert shape == [("l0", "one two three four", "a"), ("new1", "five six seven eight", "new0"), ("l1", text, "new0")]
    assert [word.speaker for word in found.change.after[2].words] == ["S1"] * 3 + ["S8"] * 5
    assert found.change.voices_after == (Voice("new0", "S8"),)
    assert found.change.voices_before == ()
    assert found.voices == {"x": voices[0], "y": Voice("new0", "S8")}


def test_lines_in_which_several_speak_are_marked_and_others_no_longer() -> None:
    hidden = replace(OVERLAP, hidden=True)
    lines = [
        replace(line(at, "one two three four", "a"), flags=flags)
        for at, flags in enumerate([(), (OVERLAP,), (hidden,)])
    ]
    told = retell(lines, [Voice("a", "S1")], [Turn(0, 3_000, "x")], new_id=str, overlaps=[Span(0, 400)])
    assert [(one.id, one.flags) for one in told.change.after] == [("l0", (OVERLAP,)), ("l1", ())]
    untold = retell(lines, [Voice("a", "S1")], [Turn(0, 3_000, "x")], new_id=str)
    assert untold.change.after == ()


def test_speakers_keep_their_names_by_time_and_the_unnamed_go() -> None:
    voices = [Voice("a", "S1"), Voice("b", "S2", "Omar"), Voice("c", "S3")]
    lines = [line(0, "one two three", "a"), line(1, "one two three", "b"), line(2, "four", "c")]
    found = told(lines, voices, Turn(0, 300, "y"), Turn(1_000, 2_200, "x"))
    assert {name: voice.id for name, voice in found.voices.items()} == {"y": "a", "x": "b"}
    assert found.change.voices_before == (voices[2],)
    assert found.change.voices_after == ()
    assert [(one.id, one.speaker) for one in found.change.after if one.id == "l2"] == [("l2", "b")]


def test_nobody_forecasts_by_a_start_of_long_ago(api: Callable[..., ApiClient], alice: User, job: Job) -> None:
    assert again(api, alice, job).status_code == 202
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PROCESSING, progress=0.9)
    shown = api(alice).get(f"/jobs/{job.pk}").json()
    assert (shown["status"], shown["eta"]) == ("processing", None)
