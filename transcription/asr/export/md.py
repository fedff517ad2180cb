"""Markdown (CommonMark): title, names in bold, times as code, a heading every ten minutes when times are on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from transcription.asr.export.common import clock, lines_or_paragraphs, text_of
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript

_SECTION_MS = 600_000
_SPECIAL = re.compile(r"([\\`*_\[\]#|~$])")
# What makes a list or a heading of a line: a bullet, a number with a point, a rule of equals signs.
_LINE_START = re.compile(r"^(\d+)?([-+.)=])")


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """The title, then a block for each paragraph (or segment)."""
    if title := escape(clean(transcript.title)):
        yield f"# {title}\n"
    section = -1
    for block in lines_or_paragraphs(transcript, options):
        start_ms = max(0, block[0].start_ms)
        if options.timestamps and transcript.duration_ms > _SECTION_MS and start_ms // _SECTION_MS > section:
            section = start_ms // _SECTION_MS
            yield f"\n## {clock(section * _SECTION_MS)}\n"
        time = f"`{clock(start_ms)}` " if options.timestamps else ""
        name = escape(clean(transcript.name_of(block[0].speaker))) if options.speakers else ""
        yield f"\n{time}{f'**{name}:** ' if name else ''}{escape(text_of(block))}\n"


def escape(text: str) -> str:
    """`text` (one line) so that Markdown shows it as it is, and so that no HTML in it comes alive."""
    # SECURITY: Markdown passes HTML through; a spoken or typed <script> must stay text.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
