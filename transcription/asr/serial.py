"""Recognition values as JSON objects and back: how steps keep their results. Needs no NumPy.

A word is a list `[text, start_ms, end_ms, confidence, speaker, interpolated]`, for there are very many of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transcription.asr.types import Chunk, Diarization, Flag, Notice, Recognition, Result, Segment, Span, Turn, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

Json = dict[str, Any]


def chunk_to_json(chunk: Chunk) -> Json:
    """Everything about a chunk but its samples, which are kept as a sound file beside it."""
    return {
        "start_ms": chunk.start_ms,
        "end_ms": chunk.end_ms,
        "speech": [[span.start_ms, span.end_ms] for span in chunk.speech],
        "channel": chunk.channel,
        "script": chunk.script,
    }


def chunk_from_json(data: Json, samples: NDArray[np.float32]) -> Chunk:
    """The chunk again, with its samples."""
    speech = tuple(Span(start, end) for start, end in data["speech"])
    return Chunk(samples, data["start_ms"], data["end_ms"], speech, data["channel"], data["script"])


def recognition_to_json(recognition: Recognition) -> Json:
    return {
        "segments": _segments_to_json(recognition.segments),
        "language": recognition.language,
        "language_confidence": recognition.language_confidence,
        "warnings": _notices_to_json(recognition.warnings),
        "aligned": list(recognition.aligned),
    }


def recognition_from_json(data: Json) -> Recognition:
    return Recognition(
        _segments_from_json(data["segments"]),
        data["language"],
        data["language_confidence"],
        _notices_from_json(data["warnings"]),
        tuple(data.get("aligned", ())),
    )


def diarization_to_json(diarization: Diarization) -> Json:
    return {
        "turns": [[turn.start_ms, turn.end_ms, turn.speaker] for turn in diarization.turns],
        "method": diarization.method,
        "embeddings": {speaker: list(vector) for speaker, vector in diarization.embeddings.items()},
        "model": diarization.model,
        "warnings": _notices_to_json(diarization.warnings),
        "reason": diarization.reason,
        "overlaps": _spans_to_json(diarization.overlaps),
    }


def diarization_from_json(data: Json) -> Diarization:
    return Diarization(
        tuple(Turn(start, end, speaker) for start, end, speaker in data["turns"]),
        data["method"],
        {speaker: tuple(vector) for speaker, vector in data["embeddings"].items()},
        data["model"],
        _notices_from_json(data["warnings"]),
        data.get("reason"),
        _spans_from_json(data.get("overlaps")),
    )


def _spans_to_json(spans: Iterable[Span] | None) -> list[list[int]] | None:
    return None if spans is None else [[span.start_ms, span.end_ms] for span in spans]


def _spans_from_json(rows: Iterable[list[int]] | None) -> tuple[Span, ...] | None:
    return None if rows is None else tuple(Span(start, end) for start, end in rows)


def result_to_json(result: Result) -> Json:
    return {
        "segments": _segments_to_json(result.segments),
        "language": result.language,
        "language_confidence": result.language_confidence,
        "duration_ms": result.duration_ms,
        "speakers": list(result.speakers),
        "warnings": _notices_to_json(result.warnings),
        "metrics": result.metrics,
        "provenance": result.provenance,
    }


def result_from_json(data: Json) -> Result:
    return Result(
        segments=_segments_from_json(data["segments"]),
        language=data["language"],
        language_confidence=data["language_confidence"],
        duration_ms=data["duration_ms"],
        speakers=tuple(data["speakers"]),
        warnings=_notices_from_json(data["warnings"]),
        metrics=data["metrics"],
        provenance=data["provenance"],
    )


def words_to_json(words: Iterable[Word]) -> list[list[Any]]:
    return [[w.text, w.start_ms, w.end_ms, w.confidence, w.speaker, w.interpolated] for w in words]


def words_from_json(rows: Iterable[list[Any]]) -> tuple[Word, ...]:
    return tuple(Word(*row) for row in rows)


def _segments_to_json(segments: Iterable[Segment]) -> list[Json]:
    return [
        {
            "start_ms": segment.start_ms,
            "end_ms": segment.end_ms,
            "text": segment.text,
            "words": words_to_json(segment.words),
            "speaker": segment.speaker,
            "confidence": segment.confidence,
            "language": segment.language,
            "flags": [[flag.type, flag.reason] for flag in segment.flags],
        }
        for segment in segments
    ]


def _segments_from_json(rows: Iterable[Json]) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            **{
                **row,
                "words": words_from_json(row["words"]),
                "flags": tuple(Flag(type, reason) for type, reason in row["flags"]),
            }
        )
        for row in rows
    )


def _notices_to_json(notices: Iterable[Notice]) -> list[list[str]]:
    return [[notice.type, notice.message] for notice in notices]


def _notices_from_json(rows: Iterable[list[str]]) -> tuple[Notice, ...]:
    return tuple(Notice(type, message) for type, message in rows)
