"""Settings of recognition that no worker could follow, told when a process starts and not when a job fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from transcription.asr.engines.registry import describe
from transcription.asr.engines.whisper_models import NAME
from transcription.asr.options import MOST_SPEAKERS
from transcription.lifecycle import retries
from transcription.services import engines

# The tag by which `up` and the workers ask for these alone: the other checks cost seconds.
RECOGNITION = "recognition"
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
ADDRESS = re.compile(r"https?://[^/\s]")
# What CTranslate2 knows.
COMPUTE_TYPES = {"auto", "default", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16"}
COMPUTE_TYPES |= {"float16", "bfloat16", "float32"}
MOST_BEAM, LONGEST_SILENCE_S = 20, 10.0


@register(RECOGNITION)
def check_recognition(**_kwargs: Any) -> list[CheckMessage]:
    return [*_choices(), *_classes(), *_numbers(), *_models(), *_retries()]


def _choices() -> Iterator[CheckMessage]:
    if not DEVICE.fullmatch(settings.ASR_DEVICE):
        yield _wrong("ASR_DEVICE", settings.ASR_DEVICE, "auto, cpu, cuda or cuda:1", "E001")
    if settings.ASR_COMPUTE_TYPE not in COMPUTE_TYPES:
        yield _wrong("ASR_COMPUTE_TYPE", settings.ASR_COMPUTE_TYPE, ", ".join(sorted(COMPUTE_TYPES)), "E002")
    if settings.ASR_ENGINE not in {"auto", *engines.known()}:
        names = ", ".join(sorted({"auto", *engines.known()}))
        wanted = f"{names}; assemblyai with ASSEMBLYAI_API_KEY, fake with ASR_FAKE_ENGINE"
        yield _wrong("ASR_ENGINE", settings.ASR_ENGINE, wanted, "E003")


def _classes() -> Iterator[CheckMessage]:
    """Engines of the operator's own, and the addresses of services."""
    for name, path in settings.ASR_EXTRA_ENGINES.items():
        try:
            describe(name, {name: path})
        except Exception as error:  # whatever their module raises when it is imported
            hint = f"Importing it says: {error}. Check the path, and that web and workers have the package."
            yield Error(f"ASR_EXTRA_ENGINES: “{path}” of “{name}” is no engine.", hint=hint, id="transcription.E009")
    for name, service in settings.ASR_SERVICES.items():
        if service["base_url"] and not ADDRESS.match(service["base_url"]):
            yield _wrong(
                f"{name.upper()}_BASE_URL", service["base_url"], "an address that begins with https://", "E010"
            )


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
        "ASR_DIARIZATION_MAX_MEMORY_MB": (0, 1_000_000),
        "ASR_IDLE_UNLOAD_SECONDS": (0, 86_400),
        "STEP_LEASE_SECONDS": (0.1, 3600),
        "STEP_MAX_LOST_LEASES": (1, 1000),
    }
    for name, (least, most) in limits.items():
        if not least <= getattr(settings, name) <= most:
            yield _wrong(name, getattr(settings, name), f"a number from {least:.12g} to {most:.12g}", "E004")
    if settings.STEP_HEARTBEAT_SECONDS * 2 > settings.STEP_LEASE_SECONDS:
        hint = "Make STEP_HEARTBEAT_SECONDS half of STEP_LEASE_SECONDS at most, or steps go to two workers at once."
        yield Error("A worker's lease ends before its next sign of life.", hint=hint, id="transcription.E011")
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
