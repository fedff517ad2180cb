"""Speakers told apart again, written over a finished transcript as one more operation that can be taken back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from config.common.errors import Conflict
from transcription import history, lifecycle
from transcription.editing.retelling import retell
from transcription.models import Transcript, VoiceVector
from transcription.models.operations import OperationKind
from transcription.runner import voices

if TYPE_CHECKING:
    from transcription.asr.types import Diarization
    from transcription.editing.lines import Voice
    from transcription.runner.attempt import Attempt


def retell_transcript(attempt: Attempt, transcript: Transcript, diarization: Diarization | None) -> None:
    """Ends the job again. Without a diarization, which has failed, the transcript stays as it is. Raises LeaseLost."""

    def write() -> list[dict[str, str]]:
        return [] if diarization is None else _write(transcript, diarization)

    lifecycle.finish_again(attempt.lease, transcript, write)


def _write(transcript: Transcript, diarization: Diarization) -> list[dict[str, str]]:
    try:
        row = history.lock(transcript)
    except Conflict as locked:
        return [{"type": "diarize_failed", "message": str(locked.detail)}]
    lines, speakers = history.lines_of(row), list(history.voices_of(row).values())
    retold = retell(
        lines,
        speakers,
        diarization.turns,
        new_id=lambda: str(uuid.uuid4()),
        labels=history.labels_ever(row),
        overlaps=diarization.overlaps,
    )
    payload = {"method": diarization.method, "speakers": len(retold.voices)}
    history.apply_change(row, None, OperationKind.DIARIZE, payload, retold.change)
    _rename_vectors(row, retold.voices)
    voices.recognize(row)
    said = {"diarization": diarization.method, "diarization_reason": diarization.reason}
    provenance = {**row.provenance, **said, "voice_model": diarization.model}
    Transcript.objects.filter(pk=row.pk).update(provenance=provenance)
    return [{"type": warning.type, "message": warning.message} for warning in diarization.warnings]


def _rename_vectors(transcript: Transcript, known: dict[str, Voice]) -> None:
    """Voices were kept under the names that the turns have; now they are called as the transcript's speakers."""
    vectors = list(VoiceVector.objects.filter(job=transcript.job_id))
    for vector in vectors:
        # Aside first: two that swap their names must never have the same one.
        VoiceVector.objects.filter(pk=vector.pk).update(label=f"~{vector.label}")
    for vector in vectors:
        if vector.label in known:
            VoiceVector.objects.filter(pk=vector.pk).update(label=known[vector.label].label)
