"""JSON: the public shape of a transcript, every segment in it, written piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from transcription.asr.export.model import ExportSegment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript
    from transcription.asr.types import Segment, Word


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """One object. Times are seconds; `speakers` does not matter, as the ids are part of the data."""
    yield f'{_dump(_head(transcript))[:-1]}, "segments": ['
    for index, segment in enumerate(transcript.segments):
        yield f"{',' if index else ''}\n{_dump(_segment(segment, index, words=options.words))}"
    yield f"\n], {_dump(_tail(transcript))[1:]}\n"


def _head(transcript: ExportTranscript) -> dict[str, Any]:
    data = transcript.metadata
    return {
        "id": data.get("id"),
        "job": data.get("job"),
        "title": transcript.title,
        "language": transcript.language,
        "language_confidence": data.get("language_confidence"),
        "duration": transcript.duration_ms / 1000,
        "version": data.get("version", 0),
        "speakers": [_speaker(transcript, id, name) for id, name in transcript.speakers.items()],
    }


def _tail(transcript: ExportTranscript) -> dict[str, Any]:
    return {name: transcript.metadata.get(name) or {} for name in ("metrics", "provenance")}


def _speaker(transcript: ExportTranscript, id: str, name: str) -> dict[str, Any]:
    labels, profiles = transcript.metadata.get("labels", {}), transcript.metadata.get("profiles", {})
    return {"id": id, "label": labels.get(id, name), "name": name, "profile": profiles.get(id)}


def _segment(segment: Segment, index: int, *, words: bool) -> dict[str, Any]:
    stored = segment if isinstance(segment, ExportSegment) else None
    shape = {
        "id": stored and stored.id,
        "index": index,
        "version": stored.version if stored else 1,
        "start": segment.start_ms / 1000,
        "end": segment.end_ms / 1000,
        "speaker": segment.speaker,
        "text": segment.text,
        "confidence": segment.confidence,
        "flags": [{"type": flag.type, "reason": flag.reason} for flag in segment.flags],
        "edited": stored.edited if stored else False,
    }
    return shape | {"words": [_word(word) for word in segment.words]} if words else shape


def _word(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "start": word.start_ms / 1000,
        "end": word.end_ms / 1000,
        "confidence": word.confidence,
        "speaker": word.speaker,
        "interpolated": word.interpolated,
    }


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
