"""What the text of a transcript tells about the talk, and how far it can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from media.audio.spans import Span
from transcription.asr.segments import questions_in
from transcription.asr.text.keywords import keywords
from transcription.models import Segment, Transcript
from transcription.services import editing_review, editing_speakers
from transcription.services.editing_speakers import Overview

LONG_PAUSE_MS = 2_000
MOST_PAUSES, MOST_KEYWORDS = 20, 20
FIELDS = ("speaker_id", "start_ms", "end_ms", "text", "language", "confidence")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Silences of two seconds and more between lines; `longest`: the twenty longest, in order of time."""

    count: int
    total_ms: int
    longest: list[Span]


@dataclass(frozen=True, slots=True)
class Question:
    segment: UUID
    speaker: UUID | None
    start_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """Places that a person should listen to; `reasons`: for how many of them each holds."""

    places: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Analysis:
    """`asked`: how many questions each speaker asked. `sound`: the quality report of the recording."""

    overview: Overview
    pauses: Pauses
    questions: list[Question]
    asked: Counter[UUID | None]
    keywords: list[tuple[str, int]]
    confidence: float | None
    doubts: Doubts
    sound: dict[str, Any] | None


def analyse(transcript: Transcript, *, threshold: float) -> Analysis:
    """By the lines as they are now. `threshold`: words of less confidence are doubtful."""
    rows = list(Segment.objects.filter(transcript=transcript).order_by("position").only(*FIELDS))
    overview = editing_speakers.overview(transcript)
    questions = [question for row in rows for question in _questions(row)]
    places, reasons = editing_review.tally(transcript, threshold=threshold)
    return Analysis(
        overview=overview,
        pauses=_pauses(rows),
        questions=questions,
        asked=Counter(question.speaker for question in questions),
        keywords=keywords(((row.text, row.language or transcript.language) for row in rows), most=MOST_KEYWORDS),
        confidence=_confidence(rows),
        doubts=Doubts(places, dict(sorted(reasons.items()))),
        sound=transcript.recording.metadata.get("quality"),
    )


def _pauses(rows: Sequence[Segment]) -> Pauses:
    """Where nobody speaks. What comes before the first line and after the last is none."""
    found: list[Span] = []
    edge = rows[0].end_ms if rows else 0
    for row in rows:
        if row.start_ms - edge >= LONG_PAUSE_MS:
            found.append(Span(edge, row.start_ms))
        edge = max(edge, row.end_ms)
    longest = sorted(found, key=lambda span: -span.duration_ms)[:MOST_PAUSES]
    return Pauses(len(found), sum(span.duration_ms for span in found), sorted(longest, key=lambda span: span.start_ms))


def _questions(row: Segment) -> Iterable[Question]:
    return (Question(row.pk, row.speaker_id, row.start_ms, text) for text in questions_in(row.text))


def _confidence(rows: Iterable[Segment]) -> float | None:
    """The mean of the lines, each as often as it has words."""
    known = [(row.confidence, len(row.text.split())) for row in rows if row.confidence is not None]
    total = sum(words for _, words in known)
    return round(sum(value * words for value, words in known) / total, 4) if total else None
