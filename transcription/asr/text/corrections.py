"""What a person corrected in a line: which words were taken for which. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# More at once is a sentence told anew, and no word that was misheard.
MOST_WORDS = 3
LONGEST_LINE = 400
_WORD = re.compile(r"[^\W_](?:[\w'’\-.&+#]*[\w+#])?")


def corrections(before: str, after: str) -> Iterator[tuple[str, str]]:
    """(as heard, as corrected) of each short run of words that was exchanged between words that stayed.

    Punctuation, and a capital at the beginning of a line, are no corrections.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    if not old or not new or max(len(old), len(new)) > LONGEST_LINE:
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "replace" or max(b - a, d - c) > MOST_WORDS:
            continue
        said, written = " ".join(old[a:b]), " ".join(new[c:d])
        if a == 0 and said.casefold() == written.casefold():
            continue
        yield said, written
