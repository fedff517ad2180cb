"""Operations and what they did, in the shapes of the public API."""

from __future__ import annotations

from typing import Any

from config.common.clock import iso
from transcription.api.presenters import author_json, segments_json, speaker_json
from transcription.editing.lines import Line
from transcription.models import Operation, Segment, Speaker, Transcript
from transcription.services.editing import Applied
from transcription.services.editing_history import Comparison, News
from transcription.services.editing_replace import Found
from transcription.services.editing_review import Queue
from transcription.services.editing_speakers import Overview, Statistics
from transcription.services.machine_text import MachineText


def operation_json(operation: Operation) -> dict[str, Any]:
    return {
        "number": operation.number,
        "kind": operation.kind,
        "author": author_json(operation.signer),
        "created_at": iso(operation.created_at),
        "undoes": operation.undoes,
    }


def version_json(operation: Operation) -> dict[str, Any]:
    return operation_json(operation) | {"lines": operation.line_count, "payload": operation.payload}


def answer_json(outcome: Applied) -> dict[str, Any]:
    """The answer of every operation."""
    return {
        "operation": outcome.operation and operation_json(outcome.operation),
        "version": outcome.transcript.version,
        "segments": _lines_json(outcome.transcript, outcome.segments),
        "removed": outcome.removed,
        "speakers": _speakers_json(outcome.speakers),
        "truncated": outcome.truncated,
    }


def line_json(transcript: Transcript, row: Segment) -> dict[str, Any]:
    return _lines_json(transcript, [row])[0]


def news_json(transcript: Transcript, news: News) -> dict[str, Any]:
    return {
        "version": news.version,
        "segments": _lines_json(transcript, news.segments),
        "removed": news.removed,
        "speakers": _speakers_json(news.speakers),
        "truncated": news.truncated,
    }


def found_json(found: Found) -> dict[str, Any]:
    matches = [{"segment": one.segment, "start": one.start, "end": one.end, "text": one.text} for one in found.matches]
    return {"matches": matches, "count": found.count}


def overview_json(overview: Overview) -> dict[str, Any]:
    return {
        "data": [statistics_json(one) for one in overview.speakers],
        "talk_seconds": overview.talk_ms / 1000,
        "silence": overview.silence_ms / 1000,
        "words": overview.words,
        "turns": overview.turns,
    }


def statistics_json(one: Statistics) -> dict[str, Any]:
    sample = one.sample and {"start": one.sample.start_ms / 1000, "end": one.sample.end_ms / 1000}
    return speaker_json(one.speaker) | {
        "talk_seconds": one.talk_ms / 1000,
        "words": one.words,
        "turns": one.turns,
        "share": one.share,
        "words_per_minute": one.words_per_minute,
        "silence": one.silence_ms / 1000,
        "sample": sample,
    }


def comparison_json(found: Comparison, from_version: int, to_version: int) -> dict[str, Any]:
    rows = [
        {
            "segment": row.segment,
            "before": _compared(row.before, found.names_before),
            "after": _compared(row.after, found.names_after),
        }
        for row in found.rows
    ]
    return {"from": from_version, "to": to_version, "rows": rows}


def _compared(line: Line | None, names: dict[str, str]) -> dict[str, Any] | None:
    if line is None:
        return None
    return {
        "text": line.text,
        "start": line.start_ms / 1000,
        "end": line.end_ms / 1000,
        "speaker": line.speaker,
        "speaker_name": names.get(line.speaker or "", ""),
    }


def machine_json(machine: MachineText) -> dict[str, Any]:
    words = [
        {"text": one.text, "start": one.start_ms / 1000, "end": one.end_ms / 1000, "confidence": one.confidence}
        for one in machine.words
    ]
    return {
        "text": machine.text,
        "start": machine.start_ms / 1000,
        "end": machine.end_ms / 1000,
        "words": words,
    }


def queue_json(queue: Queue) -> dict[str, Any]:
    place = queue.place and {
        "segment": queue.place.segment,
        "word": queue.place.word,
        "reasons": list(queue.place.reasons),
    }
    return {"place": place, "left": queue.left, "total": queue.total}


def _lines_json(transcript: Transcript, rows: list[Segment]) -> list[dict[str, Any]]:
    return segments_json(rows, list(transcript.speakers.all()), words=True) if rows else []


def _speakers_json(speakers: list[Speaker] | None) -> list[dict[str, Any]] | None:
    return None if speakers is None else [speaker_json(one) for one in speakers]
