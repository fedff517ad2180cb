"""Words as subtitles need them: what is drawn, how wide it is, how good a place to break comes after it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcription.asr.types import Word

if TYPE_CHECKING:
    from transcription.asr.types import Segment

# Kana and Han are written without spaces: any of these characters may start a line.
_UNSPACED = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_PIECE = re.compile(rf"[{_UNSPACED}][^\s\w]*|[^\s{_UNSPACED}]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")

_SENTENCE_END = re.compile(r"[.!?…؟۔。！？][\"'”’»)\]」』]*$")
_CLAUSE_END = re.compile(r"[,;:،؛、，；：–—][\"'”’»)\]」』]*$")
_TITLES = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e.", "no."})

# Words that belong to the next one. Other languages rely on punctuation and pauses alone.
_ENGLISH = """a an the this that of to in on at by for from with as and or but nor so if than my your his her its our
their i we he she they is are was were am be not no very"""
_ARABIC = "في من على إلى الى عن مع أو او ثم أن ان إن لا ما لم لن قد هذا هذه كل بعد قبل بين"
_LEANING = frozenset(f"{_ENGLISH} {_ARABIC}".split())


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a subtitle. `glued`: no space before it. `break_cost`: of a break after it, see `break_cost`."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None
    glued: bool
    width: int
    break_cost: int


def make_token(text: str, start_ms: int, end_ms: int, speaker: str | None, *, glued: bool = False) -> Token:
    """A token with its width and break cost worked out."""
    return Token(text, start_ms, end_ms, speaker, glued, display_width(text), break_cost(text))


def clean(text: str) -> str:
    """`text` on one line, single spaces, without control characters."""
    return " ".join(_CONTROL.sub("", text).split())


def stretches(text: str) -> list[tuple[int, int]]:
    """[start, end) of what is written together, and of each character of scripts without spaces; all but spaces."""
    return [piece.span() for piece in _PIECE.finditer(text)]


def is_unspaced(character: str) -> bool:
    """Of a script that is written without spaces."""
    return bool(_UNSPACED_START.match(character))


def display_width(text: str) -> int:
    """Columns `text` takes: combining marks none, East Asian wide characters two, others one."""
    if text.isascii():
        return len(text)
    return sum(_column(character) for character in text)


def break_cost(text: str) -> int:
    """How bad a break after this word is: 0 at a sentence's end to 30 where it tears two words that belong together."""
    lowered = text.casefold()
    if lowered in _LEANING or lowered in _TITLES:
        return 30
    if _SENTENCE_END.search(text):
        return 0
    return 6 if _CLAUSE_END.search(text) else 18


def tokens_of(segment: Segment) -> list[Token]:
    """The words of a segment in order, spaced as in its text; parts of one written word ("well" "-known") joined.

    The text is what the user sees, so where the words do not spell it, its own words are used, with times in
    proportion to their length. The segment's speaker goes before that of a word, which may be stale after an edit.
    """
    words = [word for word in segment.words if clean(word.text)]
    glued = _glue(clean(segment.text) or " ".join(clean(word.text) for word in words), words)
    if glued is None:
        words, glued = _spread(segment)
    tokens: list[Token] = []
    for word, glue in zip(words, glued, strict=True):
        text, speaker = clean(word.text), segment.speaker or word.speaker
        if glue and tokens[-1].speaker == speaker and not _UNSPACED_START.match(text):
            last = tokens.pop()
            tokens.append(make_token(last.text + text, last.start_ms, word.end_ms, speaker, glued=last.glued))
        else:
            tokens.append(make_token(text, word.start_ms, word.end_ms, speaker, glued=glue))
    return tokens


def _column(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _glue(text: str, words: list[Word]) -> list[bool] | None:
    """For each word whether it follows the one before without a space, or None where the words do not spell `text`."""
    glued, at = [], 0
    for word in words:
        spaced = at < len(text) and text[at] == " "
        at += spaced
        piece = clean(word.text)
        if not text.startswith(piece, at):
            return None
        glued.append(at > 0 and not spaced)
        at += len(piece)
    return glued if at == len(text) else None


def _spread(segment: Segment) -> tuple[list[Word], list[bool]]:
    """Words cut out of the segment's text, timed in proportion to their length; and whether each is glued."""
    text = clean(segment.text)
    pieces = list(_PIECE.finditer(text))
    duration = max(0, segment.end_ms - segment.start_ms)

    def at(index: int) -> int:
        return segment.start_ms + duration * index // len(text)

    words = [Word(piece[0], at(piece.start()), at(piece.end()), interpolated=True) for piece in pieces]
    return words, [piece.start() > 0 and text[piece.start() - 1] != " " for piece in pieces]
