"""Transcripts in the shapes of OpenAI's API: no speakers, seconds as floats.

https://platform.openai.com/docs/api-reference/audio
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils import translation

from transcription.asr.serial import words_from_json
from transcription.lifecycle import billable_seconds
from transcription.models import Job, Segment, Transcript
from transcription.services.languages import LANGUAGES

Json = dict[str, Any]
BATCH = 500
FRAME_MS = 10


def lines(transcript: Transcript) -> Iterator[Segment]:
    rows: Iterator[Segment] = transcript.segments.order_by("position").iterator(chunk_size=BATCH)
    return rows


def text_of(segments: Iterable[Segment]) -> str:
    return " ".join(segment.text.strip() for segment in segments)


def usage(job: Job) -> Json:
    return {"type": "duration", "seconds": billable_seconds(job.audio_ms or 0)}


def simple(job: Job) -> Json:
    return {"text": text_of(lines(job.transcript)), "usage": usage(job)}


def verbose(job: Job, granularities: Iterable[str]) -> Json:
    """`words` and `segments` only where they were asked for."""
    transcript: Transcript = job.transcript
    rows = list(lines(transcript))
    translated = job.options["task"] == "translate"
    shape: Json = {
        "task": job.options["task"],
        "language": language_name("en" if translated else transcript.language),
        "duration": transcript.duration_ms / 1000,
        "text": text_of(rows),
        "usage": usage(job),
    }
    if "segment" in granularities:
        temperature = job.options["temperature"][0]
        shape["segments"] = [_segment(index, row, temperature) for index, row in enumerate(rows)]
    if "word" in granularities:
        shape["words"] = [
            {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000}
            for row in rows
            for word in words_from_json(row.words)
        ]
    return shape


def _segment(index: int, row: Segment, temperature: float) -> Json:
    """`tokens` and `no_speech_prob` are Whisper's inner life, which not every engine has: empty and 0."""
    text = row.text.encode()
    return {
        "id": index,
        "seek": row.start_ms // FRAME_MS,
        "start": row.start_ms / 1000,
        "end": row.end_ms / 1000,
        "text": row.text,
        "tokens": [],
        "temperature": temperature,
        "avg_logprob": 0.0 if row.confidence is None else math.log(max(row.confidence, 1e-6)),
        "compression_ratio": len(text) / len(zlib.compress(text)),
        "no_speech_prob": 0.0,
    }


def language_name(code: str) -> str:
    """In English and small letters, as Whisper writes it: `arabic`; the code where we know no name."""
    with translation.override("en"):
        known = LANGUAGES.get(code) or LANG_INFO.get(code, {}).get("name") or code
        return str(known).lower()
