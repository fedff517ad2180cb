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
# The languages of Whisper, as it writes them; the same test compares these.
LANGUAGES = frozenset({
    "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de", "el",
    "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht", "hu", "hy",
    "id", "is", "it", "ja", "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi",
    "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru",
    "sa", "sd", "si", "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl",
    "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "yue", "zh",
})  # fmt: skip
MODEL_FILES = ("config.json", "model.bin", "tokenizer.json")
# What is fetched of a repository: these, and what some models have besides.
FETCHED_FILES = (*MODEL_FILES, "preprocessor_config.json", "vocabulary.*")
# Beside them in the models' folder: models of another kind, see `align.models`.
ALIGNMENT = "alignment"
# SECURITY: a name can come from a request; it must not climb out of the models' folder.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def is_model(folder: Path) -> bool:
    """Whether the folder holds a converted Whisper model with everything needed to load it offline."""
    return not lacking(folder)


def lacking(folder: Path) -> list[str]:
    """The files that a model's folder should have and has not."""
    return [name for name in MODEL_FILES if not (folder / name).is_file()]


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


def download(name: str, model_dir: Path, *, token: str = "", endpoint: str = "") -> Path:
    """Fetch a model of the library, or any repository of converted ones, into `model_dir/<name>`; that folder.

    `endpoint`: another hub than the public one. Raises EngineError.
    """
    if not _is_on_the_hub(name):
        raise missing(name, download_allowed=True)
    folder = model_dir / name
    hub.download(repository(name), folder, files=FETCHED_FILES, token=token, endpoint=endpoint)
    if not is_model(folder):
        raise EngineError("model_broken", f"“{repository(name)}” holds no Whisper model in CTranslate2's format.")
    return folder


def own_models(model_dir: Path) -> list[str]:
    """Names of the folders in `model_dir`, and one below, that hold models which the library has no name for."""
    if not model_dir.is_dir():
        return []
    names = (folder.relative_to(model_dir).as_posix() for folder in _folders(model_dir) if is_model(folder))
    return sorted(name for name in names if name not in REPOSITORIES and NAME.fullmatch(name))


def incomplete(model_dir: Path) -> list[Path]:
    """Folders that somebody took for models: the weights are there, and another file that is needed is not."""
    return sorted(folder for folder in _folders(model_dir) if lacking(folder) and (folder / "model.bin").is_file())


def _folders(model_dir: Path) -> list[Path]:
    found = [*model_dir.glob("*/"), *model_dir.glob("[!.]*/*/")]
    return [folder for folder in found if folder.parent.name != ALIGNMENT]


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


def translates(name_or_folder: str) -> bool:
    """Turbo models were not taught to: they write down what is said in the language it is said in."""
    return not is_english_only(name_or_folder) and "turbo" not in Path(name_or_folder).name


def missing(name: str, *, download_allowed: bool) -> EngineError:
    """The error for a model that is not here, with what to do about it.

    SECURITY: members of every organization read it, so it names the setting and not the folder.
    """
    if not _is_on_the_hub(name) and not Path(name).is_absolute():
        names = ", ".join(sorted(REPOSITORIES))
        return EngineError("model_missing", f"There is no Whisper model called “{name}”. Known names: {names}.")
    step = (
        "Check the network of the worker, then try again."
        if download_allowed
        else "Put a converted model into MODEL_DIR on the worker, or set ASR_ALLOW_DOWNLOAD there."
    )
    return EngineError("model_missing", f"The Whisper model “{name}” is not on this machine. {step}")


def _is_on_the_hub(name: str) -> bool:
    return name in REPOSITORIES or ("/" in name and NAME.fullmatch(name) is not None)
