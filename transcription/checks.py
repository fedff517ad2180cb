"""Settings of recognition that no worker could follow, told when a process starts and not when a job fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from transcription.asr.engines.registry import ENGINES
from transcription.asr.engines.whisper_models import NAME
from transcription.lifecycle import retries

DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
# What CTranslate2 knows.
COMPUTE_TYPES = {"auto", "default", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16"}
COMPUTE_TYPES |= {"float16", "bfloat16", "float32"}
MOST_BEAM, MOST_SPEAKERS, LONGEST_SILENCE_S = 20, 100, 10.0


@register()
def check_recognition(**_kwargs: Any) -> list[CheckMessage]:
    return [*_choices(), *_numbers(), *_models(), *_retries()]


def _choices() -> Iterator[CheckMessage]:
    if not DEVICE.fullmatch(settings.ASR_DEVICE):
        yield _wrong("ASR_DEVICE", settings.ASR_DEVICE, "auto, cpu, cuda or cuda:1", "E001")
    if settings.ASR_COMPUTE_TYPE not in COMPUTE_TYPES:
        yield _wrong("ASR_COMPUTE_TYPE", settings.ASR_COMPUTE_TYPE, ", ".join(sorted(COMPUTE_TYPES)), "E002")
    engines = {"auto", *ENGINES, *settings.ASR_EXTRA_ENGINES}
    if settings.ASR_ENGINE not in engines:
        yield _wrong("ASR_ENGINE", settings.ASR_ENGINE, ", ".join(sorted(engines)), "E003")


def _numbers() -> Iterator[CheckMessage]:
    limits: dict[str, tuple[float, float]] = {
        "ASR_BEAM_SIZE": (1, MOST_BEAM),
        "ASR_VAD_MIN_SILENCE": (0.05, LONGEST_SILENCE_S),
        "ASR_BATCH_SIZE": (0, 256),
        "ASR_CPU_THREADS": (0, 1024),
        "ASR_CHUNK_SECONDS": (10, 3600),
        "ASR_MAX_LOADED_MODELS": (1, 100),
        "ASR_MIN_SPEAKERS": (0, MOST_SPEAKERS),
        "ASR_MAX_SPEAKERS": (0, MOST_SPEAKERS),
        "ASR_DIARIZATION_BATCH_SIZE": (1, 1024),
        "ASR_DIARIZATION_MAX_MINUTES": (1, 24 * 60),
        "ASR_DIARIZATION_RECYCLE_AFTER": (1, 100_000),
    }
    for name, (least, most) in limits.items():
        if not least <= getattr(settings, name) <= most:
            yield _wrong(name, getattr(settings, name), f"a number from {least:g} to {most:g}", "E004")
    if settings.ASR_MAX_SPEAKERS and settings.ASR_MIN_SPEAKERS > settings.ASR_MAX_SPEAKERS:
        hint = "Make ASR_MIN_SPEAKERS the smaller one, or leave one of them 0."
        yield Error("ASR_MIN_SPEAKERS is more than ASR_MAX_SPEAKERS.", hint=hint, id="transcription.E005")


def _models() -> Iterator[CheckMessage]:
    folder = Path(settings.ASR_MODEL_DIR)
    if folder.exists() and not folder.is_dir():
        yield _wrong("MODEL_DIR", folder, "a folder", "E006")
    for name in ("ASR_MODEL", "ASR_DIARIZATION_MODEL"):
        model = getattr(settings, name)
        if not (Path(model).is_absolute() or NAME.fullmatch(model)):
            yield _wrong(name, model, "a model's name, or a folder that begins with /", "E007")
    if settings.HF_TOKEN and not settings.HF_TOKEN.startswith("hf_"):
        hint = "Make one on huggingface.co under Settings, Access Tokens; a file with it goes into HF_TOKEN_FILE."
        yield Warning("HF_TOKEN does not look like a token: it begins with hf_.", hint=hint, id="transcription.W001")


def _retries() -> Iterator[CheckMessage]:
    for problem in retries.problems():
        hint = "As in default=3:60:300,large=2:120:300 (tries, seconds before the second, seconds at most)."
        yield Error(f"STEP_RETRY_POLICIES: {problem}", hint=hint, id="transcription.E008")


def _wrong(name: str, value: object, wanted: str, number: str) -> Error:
    return Error(f"{name} is “{value}”.", hint=f"It takes {wanted}.", id=f"transcription.{number}")
