"""Short names for addresses, from names in any script."""

from __future__ import annotations

import secrets
import unicodedata

from django.utils.text import slugify

MAX_LENGTH = 40
FALLBACK = "team"
# A reading aid for addresses, not a scholarly romanization: short vowels are not written in Arabic and stay out.
ARABIC = str.maketrans(
    {
        "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ٱ": "a", "ء": "", "ؤ": "u", "ئ": "i", "ى": "a", "ة": "a",
        "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z",
        "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q",
        "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "y",
        "پ": "p", "چ": "ch", "ژ": "zh", "گ": "g", "ڤ": "v", "ک": "k", "ی": "y",
        "ـ": "", "،": " ", "؛": " ",
        **{chr(ord("٠") + digit): str(digit) for digit in range(10)},
    }
)  # fmt: skip
# Words that addresses of ours use, or that would look like ours.
RESERVED = frozenset({"admin", "api", "app", "new", "settings", "support", "system", "tadwin", "www"})


def base_slug(name: str) -> str:
    """A slug of at most 40 letters out of `name`: romanized where that is easy, `team-<hash>` where it is not."""
    readable = unicodedata.normalize("NFC", name).translate(ARABIC)
    slug = slugify(readable)[:MAX_LENGTH].strip("-_")
    return slug if slug and slug not in RESERVED else with_suffix(slug or FALLBACK)


def with_suffix(slug: str) -> str:
    """`slug` with four random hex digits, for when the plain one is taken."""
    return f"{slug}-{secrets.token_hex(2)}"
