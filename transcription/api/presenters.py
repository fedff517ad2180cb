"""Rows into the shapes of the public API.

Hot lists come as dicts of `.values()`: an ordinary serializer costs three times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from accounts.models import User
from config.common.clock import iso, seconds
from organizations.models import ApiKey
from transcription.asr.serial import words_from_json
from transcription.models import Segment, Speaker, Step, Transcript
from transcription.models.jobs import seconds_left

JOB_FIELDS = (
    "id", "status", "stage", "progress", "attempt", "options", "engine", "model", "warnings", "error", "recording_id",
    "transcript__id", "created_at", "started_at", "finished_at", "audio_ms", "processing_ms", "metadata",
)  # fmt: skip


def job_json(row: Mapping[str, Any], *, queue_position: int | None = None) -> dict[str, Any]:
    """`row` holds JOB_FIELDS."""
    job_id, transcript_id = row["id"], row["transcript__id"]
    return {
        "id": job_id,
        "status": row["status"],
        "stage": row["stage"] or None,
        "progress": round(row["progress"], 4),
        "queue_position": queue_position,
        "eta": _eta(row),
        "attempt": row["attempt"],
        "options": options_json(row["options"]),
        "engine": row["engine"],
        "model": row["model"],
        "warnings": row["warnings"],
        "error": row["error"],
        "media": row["recording_id"],
        "transcript": transcript_id,
        "created_at": iso(row["created_at"]),
        "started_at": iso(row["started_at"]),
        "finished_at": iso(row["finished_at"]),
        "audio_seconds": seconds(row["audio_ms"]),
        "processing_seconds": row["processing_ms"] / 1000,
        "metadata": row["metadata"],
        "links": _links(job_id, row["recording_id"], transcript_id),
    }


def options_json(options: dict[str, Any]) -> dict[str, Any]:
    """Resolved options in the wire's units: seconds instead of milliseconds."""
    wire = {name: value for name, value in options.items() if name not in ("start_ms", "end_ms", "vad")}
    vad = options["vad"]
    return wire | {
        "glossary": options.get("glossary"),
        # Their number: a list of jobs must not carry a whole glossary with each.
        "replacements": len(options.get("replacements", ())),
        "vad": {"enabled": vad["enabled"], "min_silence": vad["min_silence_ms"] / 1000},
        "start": options["start_ms"] / 1000,
        "end": seconds(options["end_ms"]),
    }


def _eta(row: Mapping[str, Any]) -> float | None:
    left = seconds_left(**{name: row[name] for name in ("status", "started_at", "finished_at", "progress")})
    return None if left is None else round(left, 1)


def _links(job_id: UUID, recording_id: UUID, transcript_id: UUID | None) -> dict[str, str | None]:
    api, live = f"{settings.PUBLIC_URL}/api/v1", settings.LIVE_URL or settings.PUBLIC_URL
    own = f"{api}/jobs/{job_id}"
    return {
        "self": own,
        "steps": f"{own}/steps",
        "events": f"{own}/events",
        "socket": f"{_socket(live)}/live/jobs/{job_id}",
        "media": f"{api}/media/{recording_id}",
        "transcript": None if transcript_id is None else f"{api}/transcripts/{transcript_id}",
    }


@cache
def _socket(url: str) -> str:
    """The same address for a WebSocket: http -> ws, https -> wss."""
    return urlsplit(url)._replace(scheme=url.split(":", 1)[0].replace("http", "ws")).geturl()


def step_json(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "index": step.index,
        "status": step.status,
        "queue": step.queue,
        "worker": step.worker,
        "attempts": step.attempt,
        "lost_leases": step.lost_leases,
        "errors": step.errors,
        "error": step.error,
        "audio_seconds": step.total_ms / 1000,
        "done_seconds": step.done_ms / 1000,
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
    }


def transcript_json(
    transcript: Transcript, speakers: list[Speaker], segments: list[Segment] | None, *, words: bool
) -> dict[str, Any]:
    return {
        "id": transcript.pk,
        "job": transcript.job_id,
        "media": transcript.recording_id,
        "language": transcript.language or None,
        "language_confidence": transcript.language_confidence,
        "duration": transcript.duration_ms / 1000,
        "version": transcript.version,
        "status": transcript.status,
        "locked": transcript.is_locked,
        "speakers": [speaker_json(speaker) for speaker in speakers],
        "segments": None if segments is None else segments_json(segments, speakers, words=words),
        "metrics": transcript.metrics,
        "provenance": transcript.provenance,
    }


def author_json(who: User | ApiKey | None) -> dict[str, Any] | None:
    """A person, or the key that a program used; None for the machine, and for who is gone."""
    if who is None:
        return None
    return {"id": who.pk, "name": who.name, "kind": "person" if isinstance(who, User) else "key"}


def speaker_json(speaker: Speaker) -> dict[str, Any]:
    return {
        "id": speaker.pk,
        "label": speaker.label,
        "name": speaker.name,
        "colour": speaker.shown_colour,
        "profile": speaker.profile_id,
    }


def segments_json(segments: list[Segment], speakers: list[Speaker], *, words: bool) -> list[dict[str, Any]]:
    ids = {speaker.label: speaker.pk for speaker in speakers}
    return [_segment_json(segment, ids, words=words) for segment in segments]


def _segment_json(segment: Segment, ids: dict[str, UUID], *, words: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": segment.pk,
        "index": segment.position,
        "version": segment.version,
        "start": segment.start_ms / 1000,
        "end": segment.end_ms / 1000,
        "speaker": segment.speaker_id,
        "language": segment.language or None,
        "text": segment.text,
        "confidence": segment.confidence,
        "flags": [{"hidden": False, **flag} for flag in segment.flags],
        "edited": segment.edited,
    }
    if words:
        shape["words"] = [
            {
                "text": word.text,
                "start": word.start_ms / 1000,
                "end": word.end_ms / 1000,
                "confidence": word.confidence,
                # What words say of their speaker is the machine's; who a line was given to goes before it.
                "speaker": segment.speaker_id or (None if segment.edited else ids.get(word.speaker or "")),
                "interpolated": word.interpolated,
            }
            for word in words_from_json(segment.words)
        ]
    return shape
