"""Transcripts as files: one engine for the browser and the API, streamed."""

from transcription.asr.export.model import (
    ExportOptions,
    ExportSegment,
    ExportTranscript,
    InvalidOption,
)
from transcription.asr.export.registry import FORMATS, TEXT_FORMATS, Format, export, export_bytes, get_format

__all__ = [
    "FORMATS",
    "TEXT_FORMATS",
    "ExportOptions",
    "ExportSegment",
    "ExportTranscript",
    "Format",
    "InvalidOption",
    "export",
    "export_bytes",
    "get_format",
]
