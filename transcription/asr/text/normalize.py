"""The one fold of text for search: `search_text` columns and queries both go through `search_fold`."""

from __future__ import annotations

import re
import unicodedata

from transcription.asr.text import arabic

_ARABIC = arabic.ArabicOptions(hamza=True, persian=True)

# Straight, typographic, modifier and accent characters that people type as an apostrophe. Dropped before NFKC, which
# would take the spacing accents apart into a space and a mark and so cut the word in two.
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘‛ʼʹʽʻʾʿ`´′＇՚", None))

# Latin letters with a stroke have no decomposition in Unicode.
_STROKED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
_COMBINING = re.compile("[\u0300-\u036f]")


def search_fold(text: str) -> str:
    """`text` reduced to what search compares: words of plain lower-case letters and digits, one space between.

    Case, compatibility forms (NFKC), accents of European letters, Arabic spelling variants, digits of every script,
    punctuation and invisible characters make no difference. Words keep together over an apostrophe: don't is dont.
    Idempotent.
    """
    # One round can make work for the next (a letter freed of its mark composes or casefolds anew).
    while (folded := _once(text)) != text:
        text = folded
    return text


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    if not text.isascii():
        text = _fold_letters(text)
    return " ".join("".join(map(_keep, text)).split())


def _fold_letters(text: str) -> str:
    text = _COMBINING.sub("", unicodedata.normalize("NFD", text)).translate(_STROKED)
    return arabic.normalize(text, _ARABIC)


def _keep(character: str) -> str:
    """The character itself, its ASCII digit, nothing for invisible ones, a space for anything that is no word."""
    if character.isalpha():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":
        return ""
    return character if category[0] in "LMN" else " "
