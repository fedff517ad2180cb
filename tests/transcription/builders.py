"""Rows and files for the tests of jobs."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import Any

from media.models import Recording
from media.states import RecordingStatus
from media.storage import get_media_storage
from organizations.models import Organization
from transcription import lifecycle
from transcription.asr.options import DiarizationOptions, Options
from transcription.models import Job

RATE = 16_000


def tone(seconds: float, *, pause_every: float = 0.0) -> bytes:
    """A WAV file of a 440 Hz tone; with `pause_every`, a second of silence after so many seconds."""
    frames = bytearray()
    for index in range(int(seconds * RATE)):
        quiet = bool(pause_every) and index / RATE % (pause_every + 1) >= pause_every
        value = 0 if quiet else int(8000 * math.sin(2 * math.pi * 440 * index / RATE))
        frames += struct.pack("<h", value)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(frames))
    return buffer.getvalue()


def make_recording(organization: Organization, *, audio: bytes | None = None, **fields: Any) -> Recording:
    """A recording that is ready, with `audio` in storage where given."""
    values: dict[str, Any] = {"name": "Interview", "filename": "interview.wav", "duration_ms": 60_000, "size": 1}
    values |= {"status": RecordingStatus.READY, "content_type": "audio/wav", **fields}
    recording = Recording.objects.create(organization=organization, **values)
    if audio is not None:
        get_media_storage().save_bytes(recording.source_key, audio, content_type="audio/wav")
    return recording


def make_job(
    organization: Organization, *, recording: Recording | None = None, diarize: bool = False, **fields: Any
) -> Job:
    """A job whose first steps any worker may claim."""
    recording = recording or make_recording(organization)
    options = Options(engine="fake", model="fake", diarization=DiarizationOptions(enabled=diarize))
    job = Job(
        organization=organization,
        recording=recording,
        options=options.to_json(),
        engine="fake",
        model="fake",
        **fields,
    )
    lifecycle.open_job(job, diarize=diarize)
    lifecycle.make_runnable(job.pk, audio_ms=recording.duration_ms or 0)
    job.refresh_from_db()
    return job
