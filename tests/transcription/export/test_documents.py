"""Word and PDF, read back by programs that others wrote."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from tests.transcription.export.test_formats import NASTY, transcript
from transcription.asr.export import FORMATS, ExportOptions, ExportTranscript, InvalidOption, export, export_bytes
from transcription.asr.text.tokens import clean

ARABIC = "مرحبا بكم، نبدأ النسخة 2.0 من Tadwin (اليوم)."
LATIN = "We say مرحبا in Arabic."
poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")


def made(format: str, source: ExportTranscript | None = None, **options: Any) -> bytes:
    return b"".join(export_bytes(source or transcript(), format, ExportOptions(**options)))


def word(source: ExportTranscript | None = None, **options: Any) -> Document:
    return docx.Document(io.BytesIO(made("docx", source, **options)))


def is_rtl(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.find(qn("w:bidi")) is not None


def rtl_text(paragraph: Paragraph) -> list[str]:
    return [run.text for run in paragraph.runs if run.font.rtl]


class TestWord:
    def test_every_word_and_name_in_order(self) -> None:
        texts = [paragraph.text for paragraph in word(paragraphs=False).paragraphs]
        said = [clean(text) for text in NASTY if clean(text)]
        names = ["Bob", "Anna <A> & Co"]
        expected = [line for at, text in enumerate(said) for line in (names[at % 2], text)]
        assert texts == ["Team meeting", *expected]

    def test_each_paragraph_runs_in_its_own_direction(self) -> None:
        title, arabic, latin = word(
            transcript([ARABIC, LATIN], title="اجتماع"), speakers=False, paragraphs=False
        ).paragraphs
        assert [is_rtl(one) for one in (title, arabic, latin)] == [True, True, False]
        assert rtl_text(arabic) == ["مرحبا بكم، نبدأ النسخة 2.0 من ", "(اليوم)."]
        assert rtl_text(latin) == ["مرحبا "]
        assert arabic.text == ARABIC

    def test_the_direction_stands_where_the_schema_wants_it(self) -> None:
        paragraph = word(transcript([ARABIC]), timestamps=True).paragraphs[1]
        names = [child.tag for child in paragraph._p.get_or_add_pPr()]
        assert names.index(qn("w:keepNext")) < names.index(qn("w:bidi")) < names.index(qn("w:spacing"))

    def test_times_and_names_where_wanted(self) -> None:
        assert word(transcript(["Yes."]), timestamps=True).paragraphs[1].text == "Bob  00:00:00"
        assert [one.text for one in word(transcript(["Yes."]), speakers=False).paragraphs] == ["Team meeting", "Yes."]

    def test_nothing_tells_who_made_it(self) -> None:
        properties = word().core_properties
        assert (properties.title, properties.author, properties.last_modified_by) == ("Team meeting", "", "")

    def test_an_empty_transcript_is_a_document_too(self) -> None:
        assert [one.text for one in word(transcript([])).paragraphs] == ["Team meeting"]
        assert zipfile.ZipFile(io.BytesIO(made("docx", transcript([])))).testzip() is None


@poppler
class TestPdf:
    @staticmethod
    def read(tmp_path: Path, content: bytes) -> str:
        file = tmp_path / "a.pdf"
        file.write_bytes(content)
        read = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
        return read.translate(dict.fromkeys([0x202A, 0x202B, 0x202C]))  # the direction marks of pdftotext itself

    def test_what_was_said_is_shown_and_never_run(self, tmp_path: Path) -> None:
        nasty = '#let x = 1 *bold* _it_ $y$ <a> \\ // /* ` = - + @b "q" #read("/etc/passwd")'
        text = " ".join(self.read(tmp_path, made("pdf", transcript([nasty]))).split())
        assert nasty in text
        assert "Team meeting" in text and "Bob" in text

    def test_arabic_is_shaped_and_reads_from_the_right(self, tmp_path: Path) -> None:
        content = made("pdf", transcript(["مرحبا بكم في تدوين"]), speakers=False)
        assert "مرحبا بكم في تدوين" in self.read(tmp_path, content)
        fonts = subprocess.run(["pdffonts", str(tmp_path / "a.pdf")], capture_output=True, check=True).stdout.decode()
        assert "NotoNaskhArabic" in fonts
        boxes = subprocess.run(
            ["pdftotext", "-bbox", str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True
        ).stdout.decode()
        left = [
            float(line.split('xMin="')[1].split('"')[0])
            for line in boxes.splitlines()
            if "<word" in line and "م" in line
        ]
        # A4 is 595 points wide: the first word of a line from the right stands in the right half.
        assert left and max(left) > 450

    def test_times_and_names_where_wanted(self, tmp_path: Path) -> None:
        assert "00:00:00" in self.read(tmp_path, made("pdf", transcript(["Yes."]), timestamps=True))
        plain = self.read(tmp_path, made("pdf", transcript(["Yes."]), speakers=False))
        assert "Bob" not in plain and "00:00" not in plain

    def test_an_empty_transcript_is_a_document_too(self, tmp_path: Path) -> None:
        assert "Team meeting" in self.read(tmp_path, made("pdf", transcript([])))


def test_a_document_is_no_text() -> None:
    with pytest.raises(InvalidOption):
        export(transcript(), "pdf")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_as_bytes(format: str) -> None:
    assert made(format)


def test_nothing_heavy_is_loaded_before_a_document_is_asked_for() -> None:
    program = "import sys, transcription.asr.export; print(*[n for n in ('docx', 'lxml', 'typst') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
