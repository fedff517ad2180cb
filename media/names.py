"""Names that people give, in one form."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 255
# Persian, Urdu and Indic words need them; every other invisible letter can make a name look like another one.
JOINERS = "\u200c\u200d"


def tidy(text: str) -> str:
    """Composed letters, single spaces, nothing invisible: one form for what looks the same."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_visible(letter) for letter in composed).split())


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in JOINERS:
        return letter
    return "" if unicodedata.category(letter) == "Cf" else " "


def clean_filename(filename: str) -> str:
    """The last part of a path, tidy, with at most 255 letters of which the extension is kept."""
    name = tidy(filename.replace("\\", "/").rstrip("/").rpartition("/")[2])
    stem, dot, extension = name.rpartition(".")
    if len(name) > LONGEST_NAME and dot and len(extension) < LONGEST_NAME // 2:
        return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"
    return name[:LONGEST_NAME]


def title_of(filename: str) -> str:
    """What a recording is called at first: its file's name without the extension."""
    return filename.rpartition(".")[0].strip() or filename
