"""Where alignment models lie on this machine: a folder for each language. Reads folders only: no runtime.

A model is a folder with `model.bin`, `config.json` and the letters' numbers in `vocab.json`; docs/models.md tells how
to make one.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

FOLDER = "alignment"
MODEL_FILES = ("model.bin", "config.json", "vocab.json")
LANGUAGE = re.compile("[a-z]{2,3}")
# The language that PocketSphinx aligns, out of its wheel.
BUILT_IN = "en"


def find_model(language: str, model_dir: Path) -> Path | None:
    """The folder of a language's model, or None."""
    # SECURITY: a language can come from a service's answer; it must not climb out of the models' folder.
    if not LANGUAGE.fullmatch(language):
        return None
    folder = model_dir / FOLDER / language
    return None if lacking(folder) else folder


def folders(model_dir: Path) -> list[Path]:
    """Those that are called like a language, whole or not."""
    return sorted(folder for folder in (model_dir / FOLDER).glob("*/") if LANGUAGE.fullmatch(folder.name))


def lacking(folder: Path) -> list[str]:
    """The files that a model's folder should have and has not."""
    return [name for name in MODEL_FILES if not (folder / name).is_file()]


def languages(model_dir: Path) -> list[str]:
    """Those in which the words of a known text can be found on this machine."""
    found = {folder.name for folder in folders(model_dir) if not lacking(folder)}
    return sorted(found | ({BUILT_IN} if has_built_in() else set()))


def has_built_in() -> bool:
    return find_spec("pocketsphinx") is not None
