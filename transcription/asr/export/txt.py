"""Plain text: a paragraph or a line each, with time and name in front where wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transcription.asr.export.common import clock, lines_or_paragraphs, text_of
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """Blocks parted by an empty line (paragraphs) or lines."""
    between = "\n\n" if options.paragraphs else "\n"
    first = True
    for block in lines_or_paragraphs(transcript, options):
        time = f"[{clock(block[0].start_ms)}] " if options.timestamps else ""
        name = clean(transcript.name_of(block[0].speaker)) if options.speakers else ""
        yield f"{'' if first else between}{time}{name}{': ' if name else ''}{text_of(block)}"
        first = False
    if not first:
        yield "\n"
