"""Reference texts out of files: plain text, SubRip and WebVTT subtitles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Literal

Format = Literal["txt", "srt", "vtt"]
FORMATS: tuple[Format, ...] = ("txt", "srt", "vtt")
TIMING = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}")
TAG = re.compile(r"</?[^<>\n]*>|\{\\[^}]*\}")
OTHER_BLOCKS = ("WEBVTT", "NOTE", "STYLE", "REGION")


def format_of(filename: str) -> Format | None:
    """By the ending of a file's name; None for others."""
    ending = filename.rpartition(".")[2].lower()
    return next((format for format in FORMATS if format == ending), None)


def decode_text(data: bytes) -> str:
    """UTF-8 or UTF-16 with its mark. Raises ValueError for anything else."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding)


def read_reference(text: str, format: Format = "txt") -> str:
    """What is said, without the numbers, times, styles and notes of subtitles."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if format == "txt":
        return text.strip()
    said = [" ".join(_cue(block)) for block in re.split(r"\n\s*\n", text)]
    return "\n".join(line for line in said if line)


def without_names(text: str, names: Iterable[str]) -> str:
    """Without the names that begin lines (`Nadia: Good morning.`), as files that came from here have them."""
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"^[ \t]*(?:{known}):[ \t]*", "", text, flags=re.MULTILINE | re.IGNORECASE) if known else text


def _cue(block: str) -> list[str]:
    """The lines under a block's times; none where it is no cue."""
    lines = block.strip().split("\n")
    if lines[0].startswith(OTHER_BLOCKS):
        return []
    for number, line in enumerate(lines):
        if TIMING.match(line):
            return [html.unescape(TAG.sub("", text)).strip() for text in lines[number + 1 :] if text.strip()]
    return []
