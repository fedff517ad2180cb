"""Models on this machine's disk: fetched by the operator, and removed again."""

from __future__ import annotations

import shutil
from pathlib import Path

from transcription.asr import hub
from transcription.asr.diarize import pyannote_models
from transcription.asr.engines import whisper_models
from transcription.asr.engines.whisper_models import NAME, find_model
from transcription.asr.types import EngineError
from transcription.configuration import model_dir, pyannote_config

PYANNOTE = "pyannote"


def download(name: str, *, token: str, endpoint: str = "") -> Path:
    """Fetch a model of the catalogue, any repository of converted Whisper models, or `pyannote`; where it lies now.

    Raises EngineError.
    """
    if name == PYANNOTE:
        config = pyannote_config()
        return pyannote_models.find_pipeline(config) or pyannote_models.download(config, endpoint=endpoint)
    return whisper_models.download(name, model_dir(), token=token, endpoint=endpoint)


def remove(name: str) -> Path:
    """Delete a model from the models' folder; what was deleted.

    Raises EngineError `model_missing` or `model_folder_unwritable`.
    """
    found = pyannote_models.find_pipeline(pyannote_config()) if name == PYANNOTE else find_model(name, model_dir())
    found = found or _unfinished(name)
    # SECURITY: only what lies in our folder is ours to delete, whatever a name or a link says.
    if found is None or not found.resolve().is_relative_to(model_dir().resolve()):
        raise EngineError("model_missing", f"There is no model “{name}” in {model_dir()}.")
    place = _whole(found)
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise hub.unwritable(model_dir(), error) from error
    return place


def _unfinished(name: str) -> Path | None:
    """What a download left that broke off; another one would go on there."""
    folder = model_dir() / name
    return folder if NAME.fullmatch(name) and (folder / ".cache" / "huggingface").is_dir() else None


def _whole(folder: Path) -> Path:
    """In the hub's layout a snapshot is only links: the repository's folder holds the bytes."""
    cached = [parent for parent in folder.parents if parent.name.startswith("models--")]
    return cached[0] if cached else folder
