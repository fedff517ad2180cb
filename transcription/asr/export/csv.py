"""Comma-separated values (RFC 4180): a row for each segment, times in seconds."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript

COLUMNS = ("index", "start", "end", "speaker", "text")
_FORMULA = tuple("=+-@＝＋－＠")


class _Echo:
    """A file that hands each line back to the caller of `writerow`."""

    def write(self, line: str) -> str:
        return line


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """A header, then one line a segment. `bom` marks the file as UTF-8, without which Excel garbles other scripts."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    if options.bom:
        yield "\ufeff"
    yield _line(writer.writerow(COLUMNS))
    for index, segment in enumerate(transcript.segments):
        name = transcript.name_of(segment.speaker) if options.speakers else ""
        times = (f"{segment.start_ms / 1000:.3f}", f"{segment.end_ms / 1000:.3f}")
        yield _line(writer.writerow((index, *times, defuse(clean(name)), defuse(clean(segment.text)))))


def defuse(cell: str) -> str:
    """`cell` as text to every spreadsheet."""
    # SECURITY: a spreadsheet runs a cell that starts like a formula (OWASP: CSV injection). The apostrophe makes it
    # text. Tabs, line breaks and spaces in front are gone by now (`clean`); format characters may still hide the sign.
    visible = cell.lstrip("\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u2060\u2066\u2067\u2068")
    return f"'{cell}" if visible.startswith(_FORMULA) else cell


def _line(written: object) -> str:
    return str(written)
