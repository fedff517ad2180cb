"""Looks into a file once: what it is, how it sounds, its waveform, and a copy that plays where it does not.

Loads numpy and FFmpeg: for workers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from media.audio.decode import SAMPLE_RATE, decode_channels
from media.audio.errors import MediaError
from media.audio.levels import LevelMeter, Levels
from media.audio.noise import SpeechLevels, SpeechMeter
from media.audio.peaks import PeakCollector, Peaks
from media.audio.probe import Probe, probe
from media.audio.script import read_script, script_duration_ms
from media.audio.transcode import PlaybackPlan, make_playback, playback_plan

VIDEO_CONTAINERS = {"mp4": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo", "asf": "video/x-ms-wmv"}
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "adts": "audio/aac",
    "ogg": "audio/ogg",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "mp4": "audio/mp4",
    "mov": "audio/mp4",
    "asf": "audio/x-ms-wma",
    "avi": "video/x-msvideo",
}
TOO_QUIET_LUFS = -35.0
MUCH_CLIPPING = 0.001
LITTLE_SNR_DB = 10.0
LITTLE_SPEECH = 0.02

Check = Callable[[], None]
"""Called between pieces of work; what it raises ends the inspection."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`playback` is a file made in the folder, None where the source plays in browsers as it is."""

    duration_ms: int
    content_type: str
    metadata: dict[str, Any]
    waveform: bytes
    playback: Path | None


def inspect(path: Path, folder: Path, *, max_duration_ms: int, check: Check, script_allowed: bool = False) -> Findings:
    """Examine `path`, with `folder` for what is made. Raises MediaError for a file that cannot be used.

    `script_allowed`: a UTF-8 text file stands for a recording in which somebody says it.
    """
    script = read_script(path) if script_allowed else None
    if script and script.strip():
        return _as_if_spoken(script, max_duration_ms)
    found = probe(path, max_duration_ms, on_progress=lambda _ms: check())
    check()
    waveform, levels, speech = _listen(path, found.duration_ms, check)
    metadata = {**_described(found), "quality": _quality(levels, speech, found)}
    playback = None
    if playback_plan(found) is not PlaybackPlan.NONE:
        playback = folder / "playback.m4a"
        metadata["playback_type"] = make_playback(path, playback, found, on_progress=lambda _ms: check())
    return Findings(found.duration_ms, content_type_of(found), metadata, waveform, playback)


def _as_if_spoken(script: str, max_duration_ms: int) -> Findings:
    duration_ms = script_duration_ms(script)
    if duration_ms > max_duration_ms:
        raise MediaError("too_long")
    samples = duration_ms * SAMPLE_RATE // 1000
    flat = Peaks(version=1, duration_ms=duration_ms, sample_rate=SAMPLE_RATE, samples_per_point=samples, points=[0, 0])
    metadata = {"container": "text", "words": len(script.split())}
    return Findings(duration_ms, "text/plain", metadata, orjson.dumps(flat), None)


def content_type_of(found: Probe) -> str:
    """By what the file is, whatever its uploader called it."""
    kind = "video" if found.video else "audio"
    if found.container in ("matroska", "webm"):
        return f"{kind}/webm" if found.container == "webm" else f"{kind}/x-matroska"
    if found.video and found.container == "ogg":
        return "video/ogg"
    table = VIDEO_CONTAINERS if found.video else CONTENT_TYPES
    return table.get(found.container, "application/octet-stream")


def _listen(path: Path, duration_ms: int, check: Check) -> tuple[bytes, Levels, SpeechLevels]:
    """One pass over the sound for the waveform, its levels, and its speech and noise."""
    peaks, speech, meter = PeakCollector(SAMPLE_RATE), SpeechMeter(duration_ms), None
    for block in decode_channels(path):
        check()
        meter = meter or LevelMeter(block.shape[0], SAMPLE_RATE)
        meter.add(block)
        mixed = block.mean(axis=0)
        peaks.add(mixed)
        speech.add(mixed)
    return orjson.dumps(peaks.result()), (meter or LevelMeter()).result(), speech.result()


def _described(found: Probe) -> dict[str, Any]:
    """What the file says of itself, fit for a JSON column."""
    described = asdict(found)
    described["created_at"] = found.created_at.isoformat() if found.created_at else None
    del described["duration_ms"]
    return described


def _quality(levels: Levels, speech: SpeechLevels, found: Probe) -> dict[str, Any]:
    loud, silent = levels.loudness_lufs, levels.peak_dbfs is None
    warnings = {
        "silent": silent,
        "no_speech": not silent and speech.speech_share is not None and speech.speech_share < LITTLE_SPEECH,
        "quiet": loud is not None and loud < TOO_QUIET_LUFS,
        "noisy": speech.snr_db is not None and speech.snr_db < LITTLE_SNR_DB,
        "clipping": levels.clipped_share > MUCH_CLIPPING,
        "dual_mono": levels.dual_mono,
        "narrow_band": found.sample_rate < SAMPLE_RATE,
    }
    measured = {**asdict(levels), **asdict(speech)}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in measured.items()}
    return {**rounded, "warnings": [name for name, here in warnings.items() if here]}
