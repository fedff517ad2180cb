"""Text files in the place of recordings, for trying the service without sound: read, and their length told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".txt"
MAX_SCRIPT_BYTES = 1_000_000
WORD_MS = 400
"""How long a word takes to say."""


def read_script(path: Path) -> str | None:
    """The text of a UTF-8 text file of at most 1 MB; None for anything else."""
    with path.open("rb") as file:
        data = file.read(MAX_SCRIPT_BYTES + 1)
    if len(data) > MAX_SCRIPT_BYTES or b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def script_duration_ms(text: str) -> int:
    """How long the text takes to say."""
    return len(text.split()) * WORD_MS
