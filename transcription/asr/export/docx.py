"""Word (Office Open XML) by python-docx: a title, then a paragraph each, in the direction of its own text."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from transcription.asr.export.common import blocks, first_strong, is_right_to_left
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document
    from docx.text.paragraph import Paragraph

    from transcription.asr.export.common import Block
    from transcription.asr.export.model import ExportOptions, ExportTranscript

_PIECE = 65_536
_A4_MM, _MARGIN_MM = (210, 297), 25
_GREY = "595959"


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[bytes]:
    """The file in pieces. The format keeps its table of contents at the end, so that all of it is made first."""
    document = _empty(transcript)
    for block in blocks(transcript, options):
        _add(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    buffer.seek(0)
    while piece := buffer.read(_PIECE):
        yield piece


def _empty(transcript: ExportTranscript) -> Document:
    """A4, with the title where there is one. Nothing tells which program or which person made it."""
    import docx
    from docx.shared import Mm

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(_A4_MM[0]), Mm(_A4_MM[1])
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(_MARGIN_MM)
    properties = document.core_properties
    title = clean(transcript.title)
    properties.title, properties.author, properties.comments = title[:255], "", ""
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)
    if title:
        heading = document.add_heading(level=1)
        _write(heading, title, right_to_left=_direct(heading, title))
    return document


def _add(document: Document, block: Block) -> None:
    """Time and name in a small line above, where wanted; the text below, on the same page as they."""
    if block.time or block.name:
        head = document.add_paragraph()
        head.paragraph_format.keep_with_next = True
        head.paragraph_format.space_after = 0
        right_to_left = _direct(head, block.text)
        if block.name:
            _write(head, f"{block.name}  " if block.time else block.name, right_to_left=right_to_left, bold=True)
        if block.time:
            _write(head, block.time, right_to_left=right_to_left, colour=_GREY)
    paragraph = document.add_paragraph()
    _write(paragraph, block.text, right_to_left=_direct(paragraph, block.text))


def _direct(paragraph: Paragraph, text: str) -> bool:
    """Make the paragraph run from right to left where `text` does (w:bidi); whether it does."""
    right_to_left = is_right_to_left(text)
    if right_to_left:
        properties = paragraph._p.get_or_add_pPr()
        # The schema fixes the order of these, and Word refuses a file that breaks it.
        properties.insert_element_before(_element("w:bidi"), *_AFTER_BIDI)
    return right_to_left


def _write(paragraph: Paragraph, text: str, *, right_to_left: bool, bold: bool = False, colour: str = "") -> None:
    """Stretches of one direction are runs of their own: Word chooses the font, and places signs, by the run (w:rtl)."""
    from docx.shared import RGBColor

    for is_rtl, stretch in _stretches(text, right_to_left):
        run = paragraph.add_run(stretch)
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        if bold:
            run.font.bold = run.font.cs_bold = True
        if is_rtl:
            run.font.rtl = True


def _stretches(text: str, right_to_left: bool) -> Iterator[tuple[bool, str]]:
    """(Whether it runs from right to left, words) in order; together they are `text`.

    What has no side of its own takes that of the paragraph.
    """
    base = "R" if right_to_left else "L"
    words = text.split(" ")
    spaced = [word if at == len(words) - 1 else f"{word} " for at, word in enumerate(words)]
    for side, group in groupby(spaced, lambda word: first_strong(word) or base):
        yield side == "R", "".join(group)


def _element(name: str) -> Any:
    from docx.oxml import OxmlElement

    return OxmlElement(name)


# What the schema puts behind w:bidi in w:pPr (ECMA-376 part 1, 17.3.1.26).
_AFTER_BIDI = (
    "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents",
    "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl", "w:divId",
    "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip
