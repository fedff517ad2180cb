"""Arabic normalization: small pure steps and one function that applies those chosen.

Letters that writers and recognizers use interchangeably are made equal, for search and for error rates. Nothing
here is meant to be shown to a reader. Character names and ranges: Unicode 15, blocks Arabic and Arabic Extended-A.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ALEF = str.maketrans(dict.fromkeys("أإآٱٲٳٵ", "ا"))
_YAA = str.maketrans({"ى": "ي"})
_TAA_MARBUTA = str.maketrans({"ة": "ه"})
_HAMZA = str.maketrans({"ؤ": "و", "ئ": "ي", "ء": None})
_PERSIAN = str.maketrans({"ک": "ك", "ی": "ي", "ہ": "ه", "ۀ": "ه"})
_TATWEEL = str.maketrans({"ـ": None})
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_TO_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_PUNCTUATION = str.maketrans("،؛؟٪٫٬۔", ",;?%.,.")

# Honorifics and small marks, harakat with the combining hamzas, dagger alef, Quranic annotation (with its end of ayah
# and sajdah signs), and the marks of Arabic Extended-A.
_DIACRITICS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0898-\u089f\u08ca-\u08ff]")


_PLAIN_WORD = re.compile(r"\S+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_ARABIC_LETTER = re.compile("[\u0620-\u064a\u0671-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9]")


@dataclass(frozen=True, slots=True)
class ArabicOptions:
    """Which steps `normalize` takes. The defaults are the usual ones for comparing Arabic text."""

    alef: bool = True
    yaa: bool = True
    taa_marbuta: bool = True
    hamza: bool = False
    persian: bool = False
    tatweel: bool = True
    diacritics: bool = True
    digits: bool = True
    punctuation: bool = True


def unify_alef(text: str) -> str:
    """Alef with hamza, madda or wasla -> bare alef."""
    return text.translate(_ALEF)


def unify_yaa(text: str) -> str:
    """Alef maqsura -> yaa."""
    return text.translate(_YAA)


def unify_taa_marbuta(text: str) -> str:
    """Taa marbuta -> haa."""
    return text.translate(_TAA_MARBUTA)


def unify_hamza(text: str) -> str:
    """Hamza on waw or yaa -> its bare carrier; a hamza on the line is dropped."""
    return text.translate(_HAMZA)


def unify_persian(text: str) -> str:
    """Persian and Urdu kaf, yaa and haa -> the Arabic letters that keyboards mix them with."""
    return text.translate(_PERSIAN)


def strip_tatweel(text: str) -> str:
    """Without the stroke that only stretches a word."""
    return text.translate(_TATWEEL)


def strip_diacritics(text: str) -> str:
    """Without harakat, tanween, shadda, sukun and Quranic marks."""
    return _DIACRITICS.sub("", text)


def ascii_digits(text: str) -> str:
    """Arabic-Indic and Persian digits -> 0 to 9."""
    return text.translate(_DIGITS)


def arabic_digits(text: str) -> str:
    """0 to 9 -> Arabic-Indic digits, in words without Latin letters: K8s stays K8s. For display only."""
    return _PLAIN_WORD.sub(lambda word: word[0] if _LATIN.search(word[0]) else word[0].translate(_TO_ARABIC), text)


def has_arabic(text: str) -> bool:
    """Whether a letter of the Arabic script is in it."""
    return _ARABIC_LETTER.search(text) is not None


def ascii_punctuation(text: str) -> str:
    """Arabic comma, semicolon, question mark, percent, decimal and thousands signs, full stop -> ASCII."""
    return text.translate(_PUNCTUATION)


_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("tatweel", strip_tatweel),
    ("diacritics", strip_diacritics),
    ("alef", unify_alef),
    ("yaa", unify_yaa),
    ("taa_marbuta", unify_taa_marbuta),
    ("hamza", unify_hamza),
    ("persian", unify_persian),
    ("digits", ascii_digits),
    ("punctuation", ascii_punctuation),
)
DEFAULT = ArabicOptions()


def normalize(text: str, options: ArabicOptions = DEFAULT) -> str:
    """`text` after the chosen steps, in Unicode form NFC. Idempotent; other scripts only change to NFC."""
    steps = [step for name, step in _STEPS if getattr(options, name)]
    # Removing a mark can bring a letter and a combining hamza together, which NFC then joins into a letter that an
    # earlier step would have folded: go round until nothing changes (almost always one extra round).
    while (folded := _once(text, steps)) != text:
        text = folded
    return text


def _once(text: str, steps: list[Callable[[str], str]]) -> str:
    text = unicodedata.normalize("NFC", text)
    for step in steps:
        text = step(text)
    return text
