from __future__ import annotations

import pytest

from transcription.asr.metrics.reference import decode_text, format_of, read_reference

SRT = """\ufeff1\r
00:00:01,000 --> 00:00:02,500\r
<i>Hello</i> there,\r
{\\an8}everybody.\r
\r
2
00:01:00,000 --> 00:01:02,000
Room 12 is at 10:30.
"""
VTT = """WEBVTT - a title
Kind: captions

NOTE
nobody says this

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start position:0%
<v Alice>Fish &amp; <c.loud>chips</c></v>

01:00:01.000 --> 01:00:02.000
مرحبا بكم
"""


def test_subtitles_lose_their_numbers_times_and_styles() -> None:
    assert read_reference(SRT, "srt") == "Hello there, everybody.\nRoom 12 is at 10:30."
    assert read_reference(VTT, "vtt") == "Fish & chips\nمرحبا بكم"


def test_plain_text_stays() -> None:
    assert read_reference(" 1\n00:00:01,000 --> x \n", "txt") == "1\n00:00:01,000 --> x"


@pytest.mark.parametrize("text", ["", "just words", "1\n2\n3", "-->"])
def test_what_is_no_subtitle_has_no_text(text: str) -> None:
    assert read_reference(text, "srt") == ""


def test_formats_by_name() -> None:
    assert [format_of(name) for name in ("a.SRT", "b.vtt", "c.txt", "d.docx", "txt")] == [
        "srt",
        "vtt",
        "txt",
        None,
        "txt",
    ]


def test_encodings() -> None:
    assert decode_text("قال".encode("utf-8-sig")) == decode_text("قال".encode("utf-16")) == "قال"
    with pytest.raises(ValueError):
        decode_text(b"\xff\x00\xff")
