"""What is known about models before one is loaded: size, memory, speed and quality, each from a source that is named.

Where no source was found the figure is None; `manage.py models bench` measures on the machine itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

MEASURED = "measured.json"
OPENAI = "README of openai/whisper (memory and speed of its own implementation on an A100; CTranslate2 needs less)"
CARDS = "model cards of openai/whisper-* on Hugging Face: word error rate on LibriSpeech test-clean"
DISTIL = "model card of distil-whisper/distil-large-v3.5: short recordings of kinds that were not trained on"
DISTIL_SPEED = "README of distil-whisper on Hugging Face: parameters, and latency relative to large-v3"
ARABIC = "model card of zainab11/whisper-small-ar-fleurs: FLEURS ar_eg, 427 recordings, text normalized"
OURS = "docs/benchmarks.md: 25 clips of real English, digits counted as words; size of its files in the wheel"
MOONSHINE = "paper of Moonshine, arXiv 2410.15608: 27 million parameters"
FILES = "size of model.bin in the repository"


@dataclass(frozen=True, slots=True)
class Known:
    """`parameters`: millions. `disk_mb`, `memory_gb`: on a GPU, in half precision. `speed`: as a multiple of large-v3.

    `error_en`, `error_ar`: word error rates in percent; two compare only where `sources` names the same recordings.
    """

    parameters: int
    disk_mb: int
    memory_gb: float | None = None
    speed: float | None = None
    error_en: float | None = None
    error_ar: float | None = None
    sources: tuple[str, ...] = (FILES,)


_CARDS = (FILES, OPENAI, CARDS)
_LARGE = Known(1550, 3090, 10, 1, sources=(FILES, OPENAI))
_TURBO = Known(809, 1620, 6, 8, 7.3, 10.1, (FILES, OPENAI, DISTIL, ARABIC))
KNOWN: dict[str, Known] = {
    "tiny": Known(39, 75, 1, 10, 7.5, sources=_CARDS),
    "tiny.en": Known(39, 75, 1, 10, sources=(FILES, OPENAI)),
    "base": Known(74, 145, 1, 7, 5.0, sources=_CARDS),
    "base.en": Known(74, 145, 1, 7, sources=(FILES, OPENAI)),
    "small": Known(244, 484, 2, 4, 3.4, 28.0, (FILES, OPENAI, CARDS, ARABIC)),
    "small.en": Known(244, 484, 2, 4, sources=(FILES, OPENAI)),
    "medium": Known(769, 1530, 5, 2, 2.9, sources=_CARDS),
    "medium.en": Known(769, 1530, 5, 2, sources=(FILES, OPENAI)),
    # The card of large-v2 had these errors too, until somebody saw that they are the first one's.
    "large-v1": Known(1550, 3090, 10, 1, 3.0, sources=_CARDS),
    "large-v2": _LARGE,
    "large-v3": _LARGE,
    "large": _LARGE,
    "large-v3-turbo": _TURBO,
    "turbo": _TURBO,
    "distil-small.en": Known(166, 332, speed=5.6, sources=(FILES, DISTIL_SPEED)),
    "distil-medium.en": Known(394, 789, speed=6.8, sources=(FILES, DISTIL_SPEED)),
    "distil-large-v2": Known(756, 1510, speed=5.8, sources=(FILES, DISTIL_SPEED)),
    "distil-large-v3": Known(756, 1510, speed=6.3, error_en=7.5, sources=(FILES, DISTIL_SPEED, DISTIL)),
    "distil-large-v3.5": Known(756, 1510, error_en=7.1, sources=(FILES, DISTIL)),
    "moonshine-tiny-en": Known(27, 44, error_en=2.5, sources=(MOONSHINE, OURS)),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What `manage.py models bench` found on this machine. `speed`: seconds of sound in a second."""

    speed: float
    memory_mb: int
    device: str
    compute_type: str
    at: str


def measured(model_dir: Path) -> dict[str, Measured]:
    """By model's name; empty where nobody measured, or somebody spoilt the file by hand."""
    try:
        return {name: Measured(**row) for name, row in json.loads((model_dir / MEASURED).read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(model_dir: Path, name: str, found: Measured) -> None:
    """Keep the newest measurement of a model beside the models."""
    path = model_dir / MEASURED
    rows = {known: asdict(row) for known, row in {**measured(model_dir), name: found}.items()}
    model_dir.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(rows, indent=2, sort_keys=True), encoding="utf-8")
    partial.rename(path)
