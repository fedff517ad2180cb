"""The pipelines of pyannote.audio: which one is used, where it lies, and what is missing. Loads no runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from transcription.asr import hub
from transcription.asr.types import EngineError

COMMUNITY = "pyannote/speaker-diarization-community-1"
FILES = ("config.yaml", "embedding/*", "plda/*", "segmentation/*")
CONFIG = "config.yaml"


@dataclass(frozen=True, slots=True)
class PyannoteConfig:
    """How to run the pipeline. `model`: a repository's name or a folder; `model_dir`: where folders are looked for.

    `threads`: 0 leaves it to torch. `longest_ms`: the memory that is needed grows with the square of the length. After
    `recycle_after` recordings, or above `most_memory_mb` (0: no limit), the process is replaced.
    """

    model: str = COMMUNITY
    model_dir: Path | None = None
    token: str = field(default="", repr=False)
    download_allowed: bool = False
    device: str = "auto"
    threads: int = 0
    batch_size: int = 32
    longest_ms: int = 3 * 3_600_000
    recycle_after: int = 20
    most_memory_mb: int = 4_096


def is_installed() -> bool:
    """Whether pyannote.audio and torch are there; loads neither."""
    return (
        find_spec("torch") is not None and find_spec("pyannote") is not None and find_spec("pyannote.audio") is not None
    )


def find_pipeline(config: PyannoteConfig, *, hub_cache: Path | None = None) -> Path | None:
    """The pipeline's folder on this machine, or None. Looks into folders only.

    Looked for: an absolute path itself; `model_dir/<name>` and `model_dir/<last part of the name>`; the hub's caches.
    """
    if Path(config.model).is_absolute():
        candidates = [Path(config.model)]
    else:
        base = config.model_dir
        candidates = [base / config.model, base / Path(config.model).name] if base else []
        for cache in filter(None, (base, hub_cache or hub.default_cache())):
            candidates.extend(hub.snapshots(cache, config.model))
    return next((folder for folder in candidates if (folder / CONFIG).is_file()), None)


def missing(config: PyannoteConfig) -> str | None:
    """What this machine lacks for the method, as a sentence that says what to do; None where nothing is."""
    if not is_installed():
        return "pyannote.audio is not installed on this worker. Install it: make setup-diarization."
    if find_pipeline(config) or (config.download_allowed and config.token and not Path(config.model).is_absolute()):
        return None
    if Path(config.model).is_absolute():
        return f"There is no pipeline in {config.model}: the folder must hold {CONFIG}. Check ASR_DIARIZATION_MODEL."
    if not config.token:
        return (
            f"The pipeline “{config.model}” is not on this machine. Accept its terms on its page, set HF_TOKEN, then: "
            "manage.py models download pyannote."
        )
    return f"The pipeline “{config.model}” is not on this machine. Fetch it: manage.py models download pyannote."


def fetch(config: PyannoteConfig) -> Path:
    """The pipeline's folder, downloaded where that is allowed. Raises EngineError."""
    found = find_pipeline(config)
    if found is not None and is_installed():
        return found
    if (lack := missing(config)) is not None:
        raise EngineError("diarization_unavailable", lack)
    return download(config)


def download(config: PyannoteConfig, *, endpoint: str = "") -> Path:
    """Fetch the pipeline into `model_dir`, with the token. Raises EngineError."""
    folder = (config.model_dir or Path.cwd()) / Path(config.model).name
    hub.download(config.model, folder, files=FILES, token=config.token, endpoint=endpoint)
    return folder
