"""What a recognition engine is. A new one: see "Add an engine" in CONTRIBUTING.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from transcription.asr.options import Options
    from transcription.asr.types import Chunk, Context, Recognition


Hints = Literal["none", "prompt", "terms"]


@dataclass(frozen=True, slots=True)
class Provides:
    """What an engine can do, asked before a job is accepted, so that a refusal comes at once and with a reason.

    `diarization`: it tells speakers apart itself. `remote`: it takes a recording whole, as a file (`Chunk.file`).
    `mixed_languages`: it takes "multi" as language and tells for each segment which one it is in.
    `hints`: what it does with a job's vocabulary. "none": nothing; "prompt": reads as much of it as its prompt holds;
    "terms": listens for a number of terms.
    """

    languages: frozenset[str] | None  # None: any
    word_times: bool
    confidence: bool
    translation: bool
    detects_language: bool
    diarization: bool = False
    remote: bool = False
    mixed_languages: bool = False
    hints: Hints = "none"


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How to load an engine. Two equal configurations share one loaded model.

    `model`: a known name or a folder. `model_dir`: where models are kept, None for the library's own cache.
    `device`: "auto", "cpu", "cuda" or "cuda:1". `compute_type`: "auto" or one of CTranslate2's types.
    `cpu_threads`: 0 leaves it to the runtime. `batch_size`: windows decoded side by side; "auto" fits the device.
    `token`: the hub's, for models that may be downloaded. `base_url` and `api_key`: for engines that are services
    elsewhere; an empty address means their own.
    """

    model: str
    model_dir: Path | None = None
    device: str = "auto"
    compute_type: str = "auto"
    cpu_threads: int = 0
    batch_size: int | Literal["auto"] = "auto"
    download_allowed: bool = False
    token: str = field(default="", repr=False)
    base_url: str = ""
    api_key: str = field(default="", repr=False)


class Engine(Protocol):
    """Turns one chunk of audio into segments with words. Instances live as long as the process and own the model.

    `name` and `provides` belong to the class, and its module imports no runtime: the web process asks them.
    Made by `Class(config)`, which loads the model.
    """

    name: ClassVar[str]
    provides: ClassVar[Provides]

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Segments of `source` in recording time. Raises `EngineError`, and lets `Stopped` pass through."""

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        """(ISO 639-1 code, probability in [0, 1]), or None where the engine cannot tell."""


@runtime_checkable
class Bare(Protocol):
    """An engine whose recognizer can be heard without what we do around it: `evaluate --bare` compares with that."""

    def transcribe_bare(self, samples: NDArray[np.float32], options: Options) -> str:
        """The text of a whole recording, shape (n,), by one call as the recognizer's makers mean it to be used."""


def tells_speakers(provides: Provides, options: Options) -> bool:
    """Whether the engine is left to tell speakers apart itself: it can, and the job names no method of ours."""
    return provides.diarization and options.diarization.enabled and options.diarization.method == "auto"
