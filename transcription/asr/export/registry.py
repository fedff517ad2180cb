"""The one export engine: formats by name. A new format is a module with `render` and a line here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcription.asr.export import csv, docx, json, md, pdf, srt, tsv, txt, vtt
from transcription.asr.export.common import Block, blocks
from transcription.asr.export.model import ExportOptions, ExportTranscript, InvalidOption
from transcription.asr.text.display import shown_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Render = Callable[[ExportTranscript, ExportOptions], Iterator[str]]
    RenderBytes = Callable[[ExportTranscript, ExportOptions], Iterator[bytes]]

_PIECE = 32_768
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Format:
    """`content_type` is that of the bytes after encoding as UTF-8; `extension` has no dot.

    A format of text has `render`; one that is a file of its own (docx, pdf) has `render_bytes`.
    """

    name: str
    content_type: str
    extension: str
    render: Render | None = None
    render_bytes: RenderBytes | None = None


FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format("txt", "text/plain; charset=utf-8", "txt", txt.render),
        Format("md", "text/markdown; charset=utf-8", "md", md.render),
        Format("srt", "application/x-subrip; charset=utf-8", "srt", srt.render),
        Format("vtt", "text/vtt; charset=utf-8", "vtt", vtt.render),
        Format("json", "application/json", "json", json.render),
        Format("csv", "text/csv; charset=utf-8", "csv", csv.render),
        Format("tsv", "text/tab-separated-values; charset=utf-8", "tsv", tsv.render),
        Format("docx", DOCX, "docx", render_bytes=docx.render),
        Format("pdf", "application/pdf", "pdf", render_bytes=pdf.render),
    )
}
# Those that are text, and are written while the transcript is read.
TEXT_FORMATS: dict[str, Format] = {name: format for name, format in FORMATS.items() if format.render}


def get_format(name: str) -> Format:
    """Raises `InvalidOption` for a format that does not exist."""
    try:
        return FORMATS[name]
    except KeyError:
        raise InvalidOption("format", f"There is no such format. Use one of: {', '.join(FORMATS)}.") from None


def export(transcript: ExportTranscript, format: str, options: ExportOptions | None = None) -> Iterator[str]:
    """A text format in pieces of some 32,000 characters. Raises `InvalidOption` at once for an unknown or other one."""
    render = get_format(format).render
    if render is None:
        raise InvalidOption("format", f"This format is no text. Use one of: {', '.join(TEXT_FORMATS)}.")
    options = options or ExportOptions()
    return _batched(render(_shown(transcript, options), options))


def export_bytes(transcript: ExportTranscript, format: str, options: ExportOptions | None = None) -> Iterator[bytes]:
    """Any format as the bytes of a file, in pieces. Raises `InvalidOption` at once for an unknown one.

    docx and pdf are laid out whole before the first piece comes.
    """
    chosen = get_format(format)
    if chosen.render_bytes is not None:
        options = options or ExportOptions()
        return chosen.render_bytes(_shown(transcript, options), options)
    return (piece.encode() for piece in export(transcript, format, options))


def document_blocks(transcript: ExportTranscript, options: ExportOptions) -> Iterator[Block]:
    """The paragraphs of a docx or pdf, each with its time, name and direction."""
    return blocks(_shown(transcript, options), options)


def first_page(transcript: ExportTranscript, options: ExportOptions) -> bytes:
    """The first page of a pdf as a picture (SVG)."""
    return pdf.first_page(_shown(transcript, options), options)


def _shown(transcript: ExportTranscript, options: ExportOptions) -> ExportTranscript:
    """The transcript as its reader wants to see Arabic."""
    display = options.display
    if display.changes_nothing:
        return transcript
    return replace(transcript, segments=(shown_segment(segment, display) for segment in transcript.segments))


def _batched(pieces: Iterator[str]) -> Iterator[str]:
    """Fewer, larger pieces: each one costs a write to the client."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)
