"""Settings of recognition are judged when a process starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from transcription.checks import check_recognition

ROOT = Path(__file__).resolve().parents[2]


def ids() -> list[str]:
    return [str(message.id).removeprefix("transcription.") for message in check_recognition()]


def test_the_defaults_are_fine() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ASR_DEVICE", "gpu", "E001"),
        ("ASR_COMPUTE_TYPE", "float8", "E002"),
        ("ASR_ENGINE", "wisper", "E003"),
        ("ASR_BEAM_SIZE", 0, "E004"),
        ("ASR_ENGINE", "assemblyai", "E003"),
        ("ASR_VAD_MIN_SILENCE", 0.0, "E004"),
        ("ASR_IDLE_UNLOAD_SECONDS", -1, "E004"),
        ("ASR_DIARIZATION_MAX_MEMORY_MB", -1, "E004"),
        ("ASR_CPU_THREADS", -1, "E004"),
        ("ASR_DIARIZATION_BATCH_SIZE", 0, "E004"),
        ("ASR_MAX_SPEAKERS", 1_000, "E004"),
        ("ASR_MODEL", "../../etc", "E007"),
        ("ASR_DIARIZATION_MODEL", "a b", "E007"),
        ("HF_TOKEN", "secret", "W001"),
        ("STEP_RETRY_POLICIES", {"large": "3:60:300"}, "E008"),
        ("STEP_RETRY_POLICIES", {"default": "3:60:300", "huge": "3:60:300"}, "E008"),
        ("STEP_RETRY_POLICIES", {"default": "three"}, "E008"),
        ("STEP_RETRY_POLICIES", {"default": "3:60:5"}, "E008"),
        ("ASR_EXTRA_ENGINES", {"mine": "no.such.Engine"}, "E009"),
        ("ASR_SERVICES", {"assemblyai": {"api_key": "key", "base_url": "api.eu.assemblyai.com"}}, "E010"),
        ("STEP_HEARTBEAT_SECONDS", 20.0, "E011"),
    ],
)
def test_what_no_worker_could_follow_is_told(settings: Any, name: str, value: object, found: str) -> None:
    setattr(settings, name, value)
    assert ids() == [found]


def test_good_values_pass(settings: Any) -> None:
    settings.ASR_DEVICE, settings.ASR_COMPUTE_TYPE = "cuda:1", "int8_float16"
    settings.ASR_MODEL, settings.ASR_DIARIZATION_MODEL = "large-v3-turbo", "/srv/models/own"
    settings.ASR_MIN_SPEAKERS, settings.ASR_MAX_SPEAKERS, settings.HF_TOKEN = 2, 4, "hf_abc"
    assert ids() == []


def test_numbers_of_speakers_must_agree(settings: Any) -> None:
    settings.ASR_MIN_SPEAKERS, settings.ASR_MAX_SPEAKERS = 4, 2
    assert ids() == ["E005"]


def test_the_models_folder_is_a_folder(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.ASR_MODEL_DIR = str(tmp_path / "file")
    assert ids() == ["E006"]


@pytest.mark.parametrize("command", [("manage.py", "up", "--port", "1"), ("-m", "celery", "-A", "config", "worker")])
def test_neither_the_whole_nor_a_worker_starts_with_them(command: tuple[str, ...]) -> None:
    """Celery itself runs the checks, and throws away what they say."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "ASR_DEVICE": "gpu"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "ASR_DEVICE is “gpu”" in done.stderr
    assert "It takes auto, cpu, cuda or cuda:1." in done.stderr
