"""The finished result as rows: transcript, speakers and lines, all in the transaction that ends the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from transcription import lifecycle
from transcription.asr import serial
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.runner import voices

if TYPE_CHECKING:
    from transcription.asr import types
    from transcription.lifecycle import Lease
    from transcription.models import Job

BATCH = 1000


@transaction.atomic
def write_transcript(lease: Lease, job: Job, result: types.Result, *, result_key: str) -> Transcript:
    """Raises LeaseLost, and then leaves nothing behind."""
    transcript = Transcript.objects.create(
        organization_id=job.organization_id,
        job=job,
        recording_id=job.recording_id,
        language=result.language or "",
        language_confidence=result.language_confidence,
        duration_ms=result.duration_ms,
        segment_count=len(result.segments),
        result_key=result_key,
        metrics=result.metrics,
        provenance=result.provenance,
    )
    speakers = _write_speakers(transcript, result)
    Segment.objects.bulk_create(
        (
            _segment(transcript, position, segment, speakers)
            for position, segment in enumerate(result.segments, start=1)
        ),
        batch_size=BATCH,
    )
    voices.recognize(transcript)
    warnings = [{"type": warning.type, "message": warning.message} for warning in result.warnings]
    lifecycle.complete(lease, transcript, result={"transcript": str(transcript.pk)}, warnings=warnings)
    return transcript


def _write_speakers(transcript: Transcript, result: types.Result) -> dict[str, Speaker]:
    rows = [
        Speaker(organization_id=transcript.organization_id, transcript=transcript, label=label)
        for label in result.speakers
    ]
    return {row.label: row for row in Speaker.objects.bulk_create(rows)}


def _segment(transcript: Transcript, position: int, segment: types.Segment, speakers: dict[str, Speaker]) -> Segment:
    return Segment.folded(
        organization_id=transcript.organization_id,
        transcript=transcript,
        speaker=speakers.get(segment.speaker or ""),
        position=position * POSITION_STEP,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        language=segment.language or "",
        confidence=segment.confidence,
        words=serial.words_to_json(segment.words),
        flags=[{"type": flag.type, "reason": flag.reason} for flag in segment.flags],
    )
