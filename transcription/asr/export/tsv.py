"""Audacity label track: start, end (seconds, six decimals) and label, parted by tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """One label a segment."""
    for segment in transcript.segments:
        name = clean(transcript.name_of(segment.speaker)) if options.speakers else ""
        label = f"{name}{': ' if name else ''}{clean(segment.text)}"
        yield f"{segment.start_ms / 1000:.6f}\t{segment.end_ms / 1000:.6f}\t{label}\n"
