"""Folders of models as an operator fills them, and the command that tends them."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from transcription.asr.engines.whisper_models import MODEL_FILES


def fill(folder: Path, name: str, size: int = 3) -> Path:
    """A folder that looks like a model; `size` bytes of it are a hole and take no room."""
    (folder / name).mkdir(parents=True)
    for file in MODEL_FILES:
        (folder / name / file).write_bytes(b"{}")
    os.truncate(folder / name / "model.bin", size)
    return folder / name


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("models", *arguments, stdout=out)
    return out.getvalue()
