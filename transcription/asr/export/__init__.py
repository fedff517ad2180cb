"""Transcripts as files: one engine for the browser and the API, streamed."""

from transcription.asr.export.common import Block
from transcription.asr.export.model import (
    ExportOptions,
    ExportSegment,
    ExportTranscript,
    InvalidOption,
)
from transcription.asr.export.registry import (
    FORMATS,
    TEXT_FORMATS,
    Format,
    document_blocks,
    export,
    export_bytes,
    first_page,
    get_format,
)

__all__ = [
    "FORMATS",
    "TEXT_FORMATS",
    "Block",
    "ExportOptions",
    "ExportSegment",
    "ExportTranscript",
    "Format",
    "InvalidOption",
    "document_blocks",
    "export",
    "export_bytes",
    "first_page",
    "get_format",
]
