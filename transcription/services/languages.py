"""Languages of speech, for menus and labels. Pure."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from transcription.asr.options import MULTI
from transcription.asr.text.dialects import DIALECTS

# Codes as recognizers write them (ISO 639-1). The menu is short on purpose; the API takes every code an engine knows.
LANGUAGES: Final[dict[str, str | Promise]] = {
    "ar": gettext_lazy("Arabic"),
    "en": gettext_lazy("English"),
    "zh": gettext_lazy("Chinese"),
    "nl": gettext_lazy("Dutch"),
    "fr": gettext_lazy("French"),
    "de": gettext_lazy("German"),
    "he": gettext_lazy("Hebrew"),
    "hi": gettext_lazy("Hindi"),
    "id": gettext_lazy("Indonesian"),
    "it": gettext_lazy("Italian"),
    "ja": gettext_lazy("Japanese"),
    "ko": gettext_lazy("Korean"),
    "fa": gettext_lazy("Persian"),
    "pl": gettext_lazy("Polish"),
    "pt": gettext_lazy("Portuguese"),
    "ru": gettext_lazy("Russian"),
    "es": gettext_lazy("Spanish"),
    "tr": gettext_lazy("Turkish"),
    "uk": gettext_lazy("Ukrainian"),
    "ur": gettext_lazy("Urdu"),
}
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur", "ps", "sd", "yi"})


def language_name(code: str | None) -> str:
    """The language in the reader's own; the code itself where we have no name for it."""
    if not code:
        return _("Unknown language")
    if code == "auto":
        return _("Detect language")
    if code == MULTI:
        return _("Several languages")
    return str(LANGUAGES.get(code, code))


def dialect_name(code: str) -> str:
    """The dialect in the reader's language; the code itself where there is no such dialect."""
    known = DIALECTS.get(code)
    if known is None:
        return code
    return known.name_ar if get_language() == "ar" else known.name


def direction(code: str | None) -> str:
    """`rtl` or `ltr` of a known language, else `auto`: let each line decide."""
    if not code or code in ("auto", MULTI):
        return "auto"
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"
