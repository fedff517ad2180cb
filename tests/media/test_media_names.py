"""Names in one form."""

from __future__ import annotations

import pytest

from media.names import clean_filename, tidy, title_of


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("  a \n b ", "a b"),
        ("cafe\u0301", "café"),
        ("\u202egnp.exe", "gnp.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200b\x00", ""),
    ],
)
def test_tidy(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@pytest.mark.parametrize(
    ("filename", "cleaned"),
    [
        ("C:\\Users\\me\\a.wav", "a.wav"),
        ("../../etc/passwd", "passwd"),
        ("اجتماع.mp3", "اجتماع.mp3"),
        ("a" * 300 + ".mp3", "a" * 251 + ".mp3"),
        ("a" * 300, "a" * 255),
        ("/", ""),
    ],
)
def test_clean_filename(filename: str, cleaned: str) -> None:
    assert clean_filename(filename) == cleaned


@pytest.mark.parametrize(("filename", "title"), [("a.b.mp3", "a.b"), (".mp3", ".mp3"), ("نشرة", "نشرة")])
def test_title(filename: str, title: str) -> None:
    assert title_of(filename) == title
