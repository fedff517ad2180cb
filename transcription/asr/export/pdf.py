"""PDF by Typst (one wheel, nothing of the system): shaped Arabic, each paragraph in its own direction, tagged."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from transcription.asr.export.common import clock, is_right_to_left, lines_or_paragraphs, text_of
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript
    from transcription.asr.types import Segment

_HERE = Path(__file__).parent
_PIECE = 65_536


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[bytes]:
    """The file in pieces. A page can only be laid out when all before it are, so that all of it is made first."""
    import typst

    blocks = [_block(block, transcript, options) for block in lines_or_paragraphs(transcript, options)]
    # SECURITY: what was said comes as data and is shown as it is; Typst never reads it as its own language.
    document = typst.compile(
        (_HERE / "page.typ").read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"data": orjson.dumps(_document(transcript, blocks)).decode()},
        timestamp=datetime.now(UTC).replace(microsecond=0),
    )
    if not isinstance(document, bytes):
        raise TypeError("Typst gave no PDF.")
    for start in range(0, len(document), _PIECE):
        yield document[start : start + _PIECE]


def _document(transcript: ExportTranscript, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    title = clean(transcript.title)
    language = transcript.language or ""
    return {
        "title": title,
        "rtl": is_right_to_left(title),
        "language": language if language.isascii() and language.isalpha() and len(language) in (2, 3) else "en",
        "blocks": blocks,
    }


def _block(block: list[Segment], transcript: ExportTranscript, options: ExportOptions) -> dict[str, Any]:
    text = text_of(block)
    return {
        "rtl": is_right_to_left(text),
        "time": clock(block[0].start_ms) if options.timestamps else "",
        "name": clean(transcript.name_of(block[0].speaker)) if options.speakers else "",
        "text": text,
    }


@cache
def _fonts() -> Any:
    """Typst's own for Latin, Greek and Cyrillic, ours for Arabic, those of the system for everything else."""
    import typst

    return typst.Fonts(font_paths=[_HERE / "fonts"])
