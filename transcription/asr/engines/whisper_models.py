"""Where Whisper models lie on this machine. Reads folders only: no network, no runtime."""

from __future__ import annotations

import re
from pathlib import Path

from transcription.asr import hub
from transcription.asr.types import EngineError

# The names that faster-whisper knows; a test compares them with its own table.
REPOSITORIES = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
MODEL_FILES = ("config.json", "model.bin", "tokenizer.json")
# SECURITY: a name can come from a request; it must not climb out of the models' folder.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def is_model(folder: Path) -> bool:
    """Whether the folder holds a converted Whisper model with everything needed to load it offline."""
    return all((folder / name).is_file() for name in MODEL_FILES)


def find_model(name_or_folder: str, model_dir: Path | None = None, *, hub_cache: Path | None = None) -> Path | None:
    """The folder of a model that is on this machine, or None.

    Looked for: an absolute path itself; `model_dir/<name>`; `model_dir` and `hub_cache` (the Hugging Face cache of
    this user when None) in the hub's layout.
    """
    if Path(name_or_folder).is_absolute():
        return Path(name_or_folder) if is_model(Path(name_or_folder)) else None
    if not NAME.fullmatch(name_or_folder):
        return None
    candidates = [model_dir / name_or_folder] if model_dir else []
    for cache in filter(None, (model_dir, hub_cache or hub.default_cache())):
        candidates.extend(hub.snapshots(cache, repository(name_or_folder)))
    return next(filter(is_model, candidates), None)


def own_models(model_dir: Path) -> list[str]:
    """Names of the folders in `model_dir`, and one below, that hold models which the library has no name for."""
    if not model_dir.is_dir():
        return []
    folders = [*model_dir.glob("*/"), *model_dir.glob("[!.]*/*/")]
    names = (folder.relative_to(model_dir).as_posix() for folder in folders if is_model(folder))
    return sorted(name for name in names if name not in REPOSITORIES and NAME.fullmatch(name))


def size_of(folder: Path) -> int:
    """Bytes on disk of a model's folder, links into the hub's cache followed."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def repository(name: str) -> str:
    """The hub's repository for a short name; names with a slash are repositories already."""
    return REPOSITORIES.get(name, name)


def is_english_only(name_or_folder: str) -> bool:
    """By the naming customs of Whisper models (`small.en`, `distil-large-v3`), for a refusal before one is loaded."""
    name = Path(name_or_folder).name
    return name.endswith(".en") or name.startswith("distil-")


def missing(name: str, model_dir: Path | None, *, download_allowed: bool) -> EngineError:
    """The error for a model that is not here, with what to do about it."""
    known = name in REPOSITORIES or "/" in name
    if not known and not Path(name).is_absolute():
        names = ", ".join(sorted(REPOSITORIES))
        return EngineError("model_missing", f"There is no Whisper model called “{name}”. Known names: {names}.")
    where = f" into {model_dir}" if model_dir else ""
    step = (
        "Check the network of the worker, then try again."
        if download_allowed
        else f"Put a converted model{where or ' on the worker'}, or allow downloads in the settings."
    )
    return EngineError("model_missing", f"The Whisper model “{name}” is not on this machine. {step}")
