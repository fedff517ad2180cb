"""How the words of a line are drawn: thousands on a page, for which a template's loop is too slow."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from transcription.asr.types import Word

register = template.Library()


@register.filter
def words(pieces: Iterable[tuple[str, Word | None]], details: bool = False) -> SafeString:
    """Each word with its times in seconds, and with `details` how sure it is; what is between them as it is."""
    drawn = (escape(text) if word is None else _word(text, word, details) for text, word in pieces)
    # SECURITY: every text is escaped, the rest are numbers.
    return mark_safe("".join(drawn))  # noqa: S308 - above


def _word(text: str, word: Word, details: bool) -> str:
    sure = "" if word.confidence is None or not details else f' data-c="{word.confidence:.4g}"'
    guessed = " data-i" if word.interpolated and details else ""
    times = f'data-s="{word.start_ms / 1000:.3f}" data-e="{word.end_ms / 1000:.3f}"'
    return f'<span class="w" {times}{sure}{guessed}>{escape(text)}</span>'
