"""What each kind of step does: read its input, call the pipeline, keep the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.db import transaction

from media.storage import get_media_storage
from transcription import dispatch, lifecycle
from transcription.asr import pipeline, serial
from transcription.models import Job, Step, Transcript
from transcription.runner import chunks, engines, voices
from transcription.runner.retelling import retell_transcript
from transcription.runner.transcripts import write_transcript
from transcription.states import StepKind, StepStatus

if TYPE_CHECKING:
    from uuid import UUID

    from transcription.asr.engines.base import Engine
    from transcription.asr.types import Diarization
    from transcription.runner.attempt import Attempt


def prepare(attempt: Attempt) -> None:
    """Decode, enhance, find the speech and cut at silences; every chunk is open to all workers as soon as it is cut."""
    job, lease = attempt.job, attempt.lease
    source = attempt.workspace.source(job.recording, attempt)
    chunk_ms = settings.ASR_CHUNK_SECONDS * 1000
    whole = engines.describe(attempt.options.engine).remote
    short = not whole and (job.audio_ms or 0) <= chunk_ms
    language_key, count = None, 0
    cut = (
        pipeline.prepare_whole(source, attempt.options, folder=attempt.workspace.folder, on_progress=attempt.reached)
        if whole
        else pipeline.prepare(source, attempt.options, chunk_ms=chunk_ms, on_progress=attempt.reached)
    )
    for index, chunk in enumerate(cut):
        if not short and not whole:
            language_key = language_key or chunks.store_language_sample(attempt, chunk)
        key = None if short else chunks.store(attempt, index, chunk)
        input = chunks.to_input(chunk, key=key, language_key=language_key)
        if lifecycle.add_chunk(lease, index=index, input=input, audio_ms=chunk.end_ms - chunk.start_ms) and not short:
            dispatch.ring([lease.queue])
        if short or whole:
            attempt.workspace.carried[index] = chunk
        count = index + 1
    dispatch.ring(lifecycle.finish(lease, {"chunks": count}))


def transcribe(attempt: Attempt) -> None:
    """Recognize one chunk."""
    options, lease = attempt.options, attempt.lease
    chunk = attempt.workspace.carried.pop(lease.index, None) or chunks.load(attempt)
    engine = engines.load(options.engine, options.model)
    language = _agreed_language(attempt, engine)
    recognition = pipeline.transcribe(chunk, engine, options, attempt, language=language, aligner_of=engines.aligner)
    key = attempt.prefix + "recognition.json"
    _save_json(key, serial.recognition_to_json(recognition))
    dispatch.ring(lifecycle.finish(lease, {"key": key, "segments": len(recognition.segments)}))


def diarize(attempt: Attempt) -> None:
    """Find out who speaks when, over the whole recording."""
    source = attempt.workspace.source(attempt.job.recording, attempt)
    diarization = engines.tell_speakers(source, attempt.options, on_progress=attempt.reached)
    key = attempt.prefix + "diarization.json"
    # SECURITY: voices are kept as rows only, where consent lives and dies with them; objects in storage hold none.
    _save_json(key, serial.diarization_to_json(replace(diarization, embeddings={})))
    with transaction.atomic():
        queues = lifecycle.finish(attempt.lease, {"key": key, "turns": len(diarization.turns)})
        voices.keep(attempt.job, diarization)
    dispatch.ring(queues)


def assemble(attempt: Attempt) -> None:
    """Join the chunks, give words their speakers, and write the transcript."""
    job = attempt.job
    written = Transcript.objects.filter(job=job).first()
    if written is not None:
        retell_transcript(attempt, written, _diarization(job))
        return
    recognitions = [serial.recognition_from_json(_load_json(key)) for key in _keys(job.pk, StepKind.TRANSCRIBE)]
    result = pipeline.assemble(
        recognitions,
        _diarization(job),
        attempt.options,
        duration_ms=job.recording.duration_ms or 0,
        provenance=_provenance(job),
    )
    key = attempt.prefix + "result.json"
    _save_json(key, serial.result_to_json(result))
    write_transcript(attempt.lease, job, result, result_key=key)


STEPS: dict[StepKind, Callable[[Attempt], None]] = {
    StepKind.PREPARE: prepare,
    StepKind.TRANSCRIBE: transcribe,
    StepKind.DIARIZE: diarize,
    StepKind.ASSEMBLE: assemble,
}


def _agreed_language(attempt: Attempt, engine: Engine) -> tuple[str, float] | None:
    """Hear the one sample that `prepare` stored, so that all chunks of a job agree on its language."""
    key = attempt.lease.input["language_key"]
    if attempt.options.language != "auto" or key is None:
        return None
    if key not in _languages:
        _languages.clear()  # one job at a time: its chunks come one after another
        _languages[key] = pipeline.detect_language(engine, chunks.fetch(key, attempt), attempt.options)
    return _languages[key]


_languages: dict[str, tuple[str, float] | None] = {}


def _diarization(job: Job) -> Diarization | None:
    """Who speaks when; None where nobody asked, or it failed."""
    found = [serial.diarization_from_json(_load_json(key)) for key in _keys(job.pk, StepKind.DIARIZE)]
    return found[0] if found else None


def _keys(job_id: UUID, kind: StepKind) -> list[str]:
    rows = Step.objects.filter(job_id=job_id, kind=kind, status=StepStatus.FINISHED).order_by("index")
    return [result["key"] for result in rows.values_list("result", flat=True) if result]


def _provenance(job: Job) -> dict[str, object]:
    return {"engine": job.engine, "model": job.model, "job": str(job.pk), "tadwin": settings.VERSION}


def _save_json(key: str, data: dict[str, Any]) -> None:
    get_media_storage().save_bytes(key, orjson.dumps(data), content_type="application/json")


def _load_json(key: str) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(get_media_storage().read_bytes(key))
    return data
