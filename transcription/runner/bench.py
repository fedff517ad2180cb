"""How fast a model is on this machine, and how much memory it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from django.conf import settings

from config.common.clock import now
from media.audio.probe import probe
from transcription.asr import hub
from transcription.asr.engines import catalogue
from transcription.asr.engines.catalogue import Measured
from transcription.asr.options import Options
from transcription.asr.types import EngineError
from transcription.configuration import model_dir
from transcription.runner import engines, local

if TYPE_CHECKING:
    from transcription.asr.engines.base import Engine

MB = 1_000_000


def load(engine: str, model: str) -> tuple[Engine, float, int]:
    """The engine, the seconds that loading took, and the megabytes that this process grew by. Raises EngineError."""
    process = psutil.Process()
    before, began = process.memory_info().rss, time.monotonic()
    made = engines.load(engine, model)
    return made, time.monotonic() - began, max(0, process.memory_info().rss - before) // MB


def measure(engine: str, model: str, file: Path) -> Measured:
    """Recognize `file` once, in this process. Raises EngineError or MediaError."""
    options = Options(engine, model)
    before = psutil.Process().memory_info().rss
    made, _, _ = load(engine, model)
    began = time.monotonic()
    local.recognize(file, options, local.Silent())
    seconds = time.monotonic() - began
    grown = max(0, psutil.Process().memory_info().rss - before)
    return Measured(
        speed=round(probe(file).duration_ms / 1000 / seconds, 2),
        memory_mb=grown // MB,
        device=str(getattr(made, "device", "cpu")),
        compute_type=str(getattr(made, "compute_type", "")),
        at=now().isoformat(timespec="seconds"),
    )


def measure_apart(engine: str, model: str, file: Path) -> Measured:
    """The same in a process of its own, so that models do not share memory."""
    program = [sys.executable, str(settings.BASE_DIR / "manage.py"), "models", "bench", model]
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [*program, "--engine", engine, "--file", str(file), "--here"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MODEL_DIR": settings.ASR_MODEL_DIR},
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["The process died."])[-1]
        raise EngineError("model_broken", last.removeprefix("CommandError: "))
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def remember(model: str, found: Measured) -> None:
    """For the catalogue. Raises EngineError `model_folder_unwritable`."""
    try:
        catalogue.remember(model_dir(), model, found)
    except OSError as error:
        raise hub.unwritable(model_dir(), error) from error


def as_line(found: Measured) -> str:
    """For the process that asked."""
    return json.dumps(asdict(found))
