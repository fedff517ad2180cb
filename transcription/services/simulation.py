"""Transcripts out of nothing but a text, for those who build on the API: no row, no quota, no worker."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings

from media.audio.script import script_duration_ms
from organizations.models import Organization
from transcription.asr import serial
from transcription.asr.engines.fake import read_out
from transcription.asr.segments import mean_confidence
from transcription.asr.types import Segment as Line
from transcription.asr.types import Span
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.services.engines import FAKE


def simulate(
    organization: Organization, *, text: str, language: str, duration: float | None, speakers: int
) -> tuple[Transcript, list[Speaker], list[Segment]]:
    """Rows that were never saved, as if the fake engine had read `text` out. `duration` in seconds; None: as needed."""
    duration_ms = round(duration * 1000) if duration else script_duration_ms(text)
    said = read_out(text, [Span(0, duration_ms)], language=language, speakers=speakers)
    transcript = Transcript(
        organization=organization,
        job_id=uuid4(),
        recording_id=uuid4(),
        language=language,
        duration_ms=duration_ms,
        segment_count=len(said),
        metrics=_metrics(said),
        provenance={"engine": FAKE, "model": FAKE, "simulated": True, "tadwin": settings.VERSION},
    )
    labels = dict.fromkeys(line.speaker for line in said if line.speaker)
    voices = {label: Speaker(organization=organization, transcript=transcript, label=label) for label in labels}
    return transcript, list(voices.values()), [_row(transcript, voices, at, line) for at, line in enumerate(said, 1)]


def _metrics(said: tuple[Line, ...]) -> dict[str, float | int | None]:
    words = [word for line in said for word in line.words]
    return {"segments": len(said), "words": len(words), "confidence": mean_confidence(words)}


def _row(transcript: Transcript, voices: dict[str, Speaker], number: int, line: Line) -> Segment:
    return Segment(
        organization=transcript.organization,
        transcript=transcript,
        speaker=voices.get(line.speaker or ""),
        position=number * POSITION_STEP,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        language=line.language or "",
        confidence=line.confidence,
        words=serial.words_to_json(line.words),
    )
