"""An organization with something on every page, for screenshots and accessibility checks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from media.models import Recording
from media.services import probing, uploads
from media.services.tags import put_on
from media.states import RecordingStatus
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.tenancy import Caller
from tests.factories import (
    make_api_key,
    make_evaluation,
    make_glossary,
    make_job,
    make_match,
    make_profile,
    make_project,
    make_recording,
    make_step,
    make_transcript,
    make_voice,
)
from transcription.asr.hallucinations import PHRASE, SILENT
from transcription.asr.options import DiarizationOptions, Options
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.models import Evaluation, Job, Operation, Segment, Speaker, Transcript
from transcription.models.operations import OperationKind
from transcription.models.transcripts import POSITION_STEP
from transcription.states import JobStatus, StepKind, StepStatus

DEMO = Path(__file__).parent.parent / "fixtures" / "demo"
OPTIONS = Options(
    engine="faster_whisper", model="large-v3-turbo", diarization=DiarizationOptions(enabled=True)
).to_json()
GREETING = [
    ("S1", 0, 4200, "السلام عليكم ورحمة الله، أهلًا وسهلًا بكم في تدوين."),
    ("S2", 4500, 9000, "وعليكم السلام، نبدأ اليوم بعرض النسخة 2.0 من Tadwin على الفريق."),
    ("S1", 9300, 12000, "ممتاز، لنبدأ إذن."),
]
Line = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Demo:
    organization: Organization
    meeting: Transcript
    greeting: Transcript
    failed: Recording
    rejected: Recording


def build(organization: Organization, user: User) -> Demo:
    """Real files for what is played, plain rows for the rest."""
    caller = caller_for_user(user, organization.slug)
    weekly = make_project(organization, name="Weekly reviews")
    make_project(organization, name="مقابلات")
    meeting = _upload(caller, "team-meeting.mp3", name="Weekly product review", project=weekly)
    put_on(meeting, caller=caller, names=["product", "release"])
    greeting = _upload(caller, "arabic-greeting.mp3", name="افتتاح الاجتماع")
    _running(organization)
    demo = Demo(
        organization,
        _transcript(meeting, _meeting_lines(), "en"),
        _transcript(greeting, GREETING, "ar"),
        _failed(organization),
        _rejected(organization),
    )
    for name, minutes in (("Interview with the editor.m4a", 47), ("Board call, third quarter.wav", 92)):
        recording = make_recording(
            organization, name=name, filename=name, duration_ms=minutes * 60_000, size=minutes << 20
        )
        make_transcript(organization, make_job(organization, recording, **_done()), lines=4)
    _measured(demo)
    _taught(demo)
    _trashed(organization, user)
    make_api_key(organization, name="Nightly import", created_by=user)
    return demo


def _taught(demo: Demo) -> None:
    """Words, a proposal out of edits, and a voice that may be heard again."""
    entries = (("Tadwin", ""), ("تدوين", ""), ("بيت الحكمة", ""), ("tad ween", "Tadwin"), ("k eight s", "K8s"))
    make_glossary(demo.organization, *entries)
    for number, line in enumerate(("a", "b", "c"), start=1001):
        edit = {"id": line, "before": {"text": "ask lila now"}, "after": {"text": "ask Layla now"}}
        Operation.objects.create(
            organization=demo.organization,
            transcript=demo.meeting,
            number=number,
            kind=OperationKind.EDIT,
            change={"lines": [edit], "speakers": []},
            line_count=1,
        )
    first, second = demo.meeting.speakers.order_by("label")[:2]
    make_voice(first, 1.0, 0.0, speech_ms=24_000)
    profile = make_profile(demo.organization, name="Layla Hasan")
    make_match(profile, first, score=0.913)
    make_match(profile, demo.greeting.speakers.order_by("label")[0], score=0.742)
    make_match(make_profile(demo.organization, name="عمر الراوي"), second, score=None, state="accepted")


def _measured(demo: Demo) -> None:
    """The meeting against its reference after three models, and a line that is doubted."""
    said = "We ship the release on Monday, and Sara writes the notes."
    texts = {"reference": said, "hypothesis": "We ship the release on Monday, Sarah writes the notes too."}
    measured = ((21, "small", 0.142), (14, "small", 0.118), (9, "large-v3-turbo", 0.071), (2, "large-v3-turbo", 0.049))
    for days, model, wer in measured:
        row = make_evaluation(demo.meeting, model=model, wer=wer, cer=wer / 3, **texts)
        Evaluation.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
    make_evaluation(demo.greeting, model="large-v3", dialect="iraqi", language="ar", wer=0.093)
    line = demo.meeting.segments.order_by("position")[1]
    line.flags = [{"type": flag.type, "reason": flag.reason} for flag in (SILENT, PHRASE)]
    line.save()


def _done(**fields: Any) -> dict[str, Any]:
    started = timezone.now() - timedelta(minutes=9)
    known = {"status": JobStatus.COMPLETED, "progress": 1.0, "options": OPTIONS, "engine": "faster_whisper"}
    times = {"started_at": started, "finished_at": started + timedelta(seconds=74)}
    return {**known, **times, "model": "large-v3-turbo", **fields}


def _upload(caller: Caller, filename: str, **fields: Any) -> Recording:
    content = (DEMO / filename).read_bytes()
    stored = uploads.store_directly(caller=caller, file=SimpleUploadedFile(filename, content, "audio/mpeg"))
    probing.probe(str(stored.pk))
    Recording.objects.filter(pk=stored.pk).update(**fields)
    stored.refresh_from_db()
    assert stored.status == RecordingStatus.READY, stored.reason
    return stored


def _meeting_lines() -> list[Line]:
    data = json.loads((DEMO / "team-meeting.json").read_text())
    labels = {"A": "S1", "B": "S2", "C": "S3"}
    return [
        (labels[line["speaker"]], round(line["start"] * 1000), round(line["end"] * 1000), line["text"])
        for line in data["segments"]
    ]


def _transcript(recording: Recording, lines: list[Line], language: str) -> Transcript:
    job = make_job(recording.organization, recording, **_done())
    for kind in StepKind:
        make_step(job, kind, status=StepStatus.FINISHED, attempt=1, worker="worker-1")
    transcript = make_transcript(
        recording.organization,
        job,
        lines=0,
        language=language,
        segment_count=len(lines),
        duration_ms=recording.duration_ms,
    )
    names = {"en": {"S1": "Layla", "S2": "Omar"}, "ar": {"S1": "ليلى", "S2": "عمر"}}[language]
    transcript.speakers.all().delete()
    write_lines(transcript, lines, names)
    return transcript


def write_lines(transcript: Transcript, lines: list[Line], names: dict[str, str]) -> None:
    own = {"organization": transcript.organization, "transcript": transcript}
    labels = sorted({line[0] for line in lines})
    speakers = {label: Speaker.objects.create(label=label, name=names.get(label, ""), **own) for label in labels}
    Segment.objects.bulk_create(
        Segment.folded(
            text=text,
            speaker=speakers[label],
            position=(index + 1) * POSITION_STEP,
            start_ms=start,
            end_ms=end,
            words=words_to_json(_words(text, start, end, label)),
            **own,
        )
        for index, (label, start, end, text) in enumerate(lines)
    )


def _words(text: str, start: int, end: int, speaker: str) -> list[Word]:
    """Times by length of the words."""
    total, at, words = sum(len(word) + 1 for word in text.split()), float(start), []
    for word in text.split():
        length = (end - start) * (len(word) + 1) / total
        words.append(Word(word, round(at), round(at + length * 0.9), 0.9, speaker))
        at += length
    return words


def _running(organization: Organization) -> None:
    now = timezone.now()
    panel = make_recording(organization, name="Panel on open archives.mp4", duration_ms=5_400_000, size=812 << 20)
    working: dict[str, Any] = {"stage": StepKind.TRANSCRIBE, "progress": 0.46, "started_at": now - timedelta(minutes=4)}
    make_job(organization, panel, status=JobStatus.PROCESSING, options=OPTIONS, **working)
    lecture = make_recording(organization, name="محاضرة في تاريخ بغداد.m4a", duration_ms=3_120_000, size=48 << 20)
    make_job(organization, lecture, status=JobStatus.QUEUED, options=OPTIONS)


def _failed(organization: Organization) -> Recording:
    recording = make_recording(organization, name="Phone interview.amr", duration_ms=1_260_000, size=9 << 20)
    message = "The recognizer stopped three times on this file."
    error = {"type": "engine_crashed", "message": message, "stage": "transcribe", "retryable": True}
    job: Job = make_job(organization, recording, status=JobStatus.FAILED, error=error, options=OPTIONS, progress=0.3)
    make_step(job, StepKind.PREPARE, status=StepStatus.FINISHED, attempt=1, worker="worker-1")
    make_step(
        job, StepKind.TRANSCRIBE, status=StepStatus.FAILED, attempt=3, lost_leases=1, error=error, worker="worker-2"
    )
    return recording


def _rejected(organization: Organization) -> Recording:
    reason = {"reason": "no_audio_stream", "reason_detail": "This file has no sound. Upload one that has."}
    return make_recording(
        organization, name="Slides.mp4", status=RecordingStatus.REJECTED, duration_ms=None, size=3 << 20, **reason
    )


def _trashed(organization: Organization, user: User) -> None:
    make_recording(
        organization,
        name="Old rehearsal.ogg",
        uploaded_by=user,
        status=RecordingStatus.DELETED,
        status_before_delete=RecordingStatus.READY,
        deleted_at=timezone.now() - timedelta(days=2),
    )
