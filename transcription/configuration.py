"""Settings as values that recognition takes; `asr` itself knows no settings."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from transcription.asr.diarize.pyannote_models import PyannoteConfig


def model_dir() -> Path:
    """Where models lie."""
    return Path(settings.ASR_MODEL_DIR)


def pyannote_config() -> PyannoteConfig:
    """How this machine runs pyannote."""
    return PyannoteConfig(
        model=settings.ASR_DIARIZATION_MODEL,
        model_dir=model_dir(),
        token=settings.HF_TOKEN,
        download_allowed=settings.ASR_ALLOW_DOWNLOAD,
        device=settings.ASR_DEVICE,
        threads=settings.ASR_CPU_THREADS,
        batch_size=settings.ASR_DIARIZATION_BATCH_SIZE,
        longest_ms=settings.ASR_DIARIZATION_MAX_MINUTES * 60_000,
        recycle_after=settings.ASR_DIARIZATION_RECYCLE_AFTER,
        most_memory_mb=settings.ASR_DIARIZATION_MAX_MEMORY_MB,
    )
