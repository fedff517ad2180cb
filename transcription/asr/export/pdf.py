"""PDF by Typst (one wheel, nothing of the system): shaped Arabic, each paragraph in its own direction, tagged."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from transcription.asr.export.common import blocks, is_right_to_left
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript

_HERE = Path(__file__).parent
_PIECE = 65_536


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[bytes]:
    """The file in pieces. A page can only be laid out when all before it are, so that all of it is made first."""
    (document,) = _laid_out(transcript, options, "pdf")
    for start in range(0, len(document), _PIECE):
        yield document[start : start + _PIECE]


def first_page(transcript: ExportTranscript, options: ExportOptions) -> bytes:
    """The first page as a picture (SVG), its letters as shapes: it needs no fonts."""
    return _laid_out(transcript, options, "svg")[0]


def _laid_out(transcript: ExportTranscript, options: ExportOptions, format: Literal["pdf", "svg"]) -> list[bytes]:
    """A file, or a picture of each page."""
    import typst

    # SECURITY: what was said comes as data and is shown as it is; Typst never reads it as its own language.
    made = typst.compile(
        (_HERE / "page.typ").read_bytes(),
        font_paths=_fonts(),
        format=format,
        sys_inputs={"data": orjson.dumps(_document(transcript, options)).decode()},
        timestamp=datetime.now(UTC).replace(microsecond=0),
    )
    return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made or b"")]


def _document(transcript: ExportTranscript, options: ExportOptions) -> dict[str, Any]:
    title = clean(transcript.title)
    language = transcript.language or ""
    return {
        "title": title,
        "rtl": is_right_to_left(title),
        "language": language if language.isascii() and language.isalpha() and len(language) in (2, 3) else "en",
        "blocks": [asdict(block) for block in blocks(transcript, options)],
    }


@cache
def _fonts() -> Any:
    """Typst's own for Latin, Greek and Cyrillic, ours for Arabic, those of the system for everything else."""
    import typst

    return typst.Fonts(font_paths=[_HERE / "fonts"])
