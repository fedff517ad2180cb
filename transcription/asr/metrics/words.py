"""Word and character error rates, with the two texts aligned word by word.

Rate: (substitutions + insertions + deletions) / words of the reference, over an alignment with the fewest errors
(Levenshtein); it can exceed 1. Characters are counted the same way, one space between words.
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rapidfuzz.distance import Levenshtein

from transcription.asr.text import arabic
from transcription.asr.text.numbers import MAX_CARDINAL_DIGITS, ONES, cardinal, spoken_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Kind = Literal["equal", "substitute", "insert", "delete"]
APOSTROPHES = "'’‘ʼ"
YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Folding:
    """What makes no difference between two words. `numbers`: English digits count as the words they are said with."""

    case: bool = True
    punctuation: bool = True
    numbers: bool = False
    arabic: arabic.ArabicOptions | None = field(default_factory=arabic.ArabicOptions)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Folding:
        """The inverse of `to_json`. Raises TypeError on unknown names."""
        options = data.get("arabic", {})
        return cls(**{**data, "arabic": None if options is None else arabic.ArabicOptions(**options)})


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is written, and as it is compared."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One place of the alignment. `reference` is empty for an insertion, `hypothesis` for a deletion."""

    kind: Kind
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors against `total` units of the reference."""

    total: int
    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0

    @property
    def errors(self) -> int:
        return self.substitutions + self.insertions + self.deletions

    @property
    def rate(self) -> float:
        """Raises ValueError where the reference is empty: there is no rate then."""
        if not self.total:
            raise ValueError("the reference is empty")
        return self.errors / self.total

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.total + other.total,
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    words: Counts
    characters: Counts
    alignment: tuple[Pair, ...]


def compare(reference: str, hypothesis: str, folding: Folding | None = None) -> Comparison:
    """`hypothesis` (what was recognized) against `reference` (what was said)."""
    folding = folding or Folding()
    said, heard = list(tokens(reference, folding)), list(tokens(hypothesis, folding))
    if folding.numbers:
        # Only the other text tells whether 1999 was a year, a number or four digits.
        said, heard = list(tokens(reference, folding, heard)), list(tokens(hypothesis, folding, said))
    alignment = tuple(_align(said, heard))
    letters = [" ".join(token.key for token in side) for side in (said, heard)]
    return Comparison(_counts(alignment, len(said)), _characters(*letters), alignment)


def tokens(text: str, folding: Folding, other: Sequence[Token] = ()) -> Iterator[Token]:
    """The words of a text. What folds to nothing, a lone dash, is no word.

    A number is the words it is said with, read in that way which is found in `other`, the text it is compared with.
    """
    context = _Context.of(other)
    for written in text.split():
        words = _spoken(written, context) if folding.numbers else None
        if words:
            yield from (Token(word, word) for word in words)
        else:
            yield from _parts(written, folding, context)


def _parts(written: str, folding: Folding, context: _Context) -> Iterator[Token]:
    """ "re-enter" is two words where punctuation makes no difference, as in "re enter"."""
    pieces = "".join(" " if _divides(character) else character for character in written).split()
    divided = folding.punctuation and len(pieces) > 1
    for piece in pieces if divided else [written]:
        words = _spoken(piece, context) if folding.numbers and divided else None
        if words:
            yield from (Token(word, word) for word in words)
        elif key := fold(piece, folding):
            yield Token(piece, "zero" if folding.numbers and key == "oh" else key)


def _divides(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character in "/…"


@dataclass(frozen=True, slots=True)
class _Context:
    """The other text, to look readings up in."""

    text: str
    words: frozenset[str]

    @classmethod
    def of(cls, other: Sequence[Token]) -> _Context:
        keys = [token.key for token in other]
        return cls(f" {' '.join(keys)} ", frozenset(keys))

    def agrees(self, reading: Sequence[str]) -> float:
        """1 where the reading stands there word by word, else less, the more of its words are missing."""
        if f" {' '.join(reading)} " in self.text:
            return 1.0
        return 0.9 * sum(word in self.words for word in reading) / len(reading)


def _spoken(written: str, context: _Context) -> list[str] | None:
    bare = arabic.ascii_digits(written.strip("\"'“”‘’()[]!?;").rstrip(".,:"))
    usual = spoken_number(bare)
    if not usual:
        return None
    readings = [usual, *_other_readings(bare)]
    return max(readings, key=context.agrees)  # the first of equals: the usual one


def _other_readings(bare: str) -> list[list[str]]:
    """Digit by digit, as one number, and in two halves as years are said."""
    if not bare.isascii() or not bare.isdigit() or len(bare) == 1:
        return []
    found = [[ONES[int(digit)] for digit in bare]]
    if len(bare) <= MAX_CARDINAL_DIGITS:
        found.append(cardinal(int(bare)))
    if len(bare) == YEAR_DIGITS:
        halves = (bare[:2], bare[2:])
        found.append(
            [
                word
                for half in halves
                for word in (["zero", ONES[int(half[1])]] if half[0] == "0" else cardinal(int(half)))
            ]
        )
    return found


def fold(word: str, folding: Folding) -> str:
    """The word with everything taken away that makes no difference."""
    word = unicodedata.normalize("NFKC", word)
    if folding.arabic is not None:
        word = arabic.normalize(word, folding.arabic)
    if folding.case:
        word = word.casefold()
    if folding.punctuation:
        word = "".join(character for character in word if _is_kept(character))
    return word


def _is_kept(character: str) -> bool:
    """Letters, digits and marks; an apostrophe goes, so that "dont" is "don't"."""
    return character not in APOSTROPHES and unicodedata.category(character)[0] in "LNM"


def _align(said: Sequence[Token], heard: Sequence[Token]) -> Iterator[Pair]:
    operations = Levenshtein.opcodes([token.key for token in said], [token.key for token in heard])
    for operation in operations:
        ours = said[operation.src_start : operation.src_end]
        theirs = heard[operation.dest_start : operation.dest_end]
        match operation.tag:
            case "equal":
                yield from (Pair("equal", a.text, b.text) for a, b in zip(ours, theirs, strict=True))
            case "replace":
                yield from (Pair("substitute", a.text, b.text) for a, b in zip(ours, theirs, strict=True))
            case "delete":
                yield from (Pair("delete", a.text, "") for a in ours)
            case "insert":
                yield from (Pair("insert", "", b.text) for b in theirs)


def _counts(alignment: Iterable[Pair], total: int) -> Counts:
    kinds = [pair.kind for pair in alignment]
    return Counts(total, kinds.count("substitute"), kinds.count("insert"), kinds.count("delete"))


def _characters(reference: str, hypothesis: str) -> Counts:
    counts = {"replace": 0, "insert": 0, "delete": 0}
    for operation in Levenshtein.editops(reference, hypothesis):
        counts[operation.tag] += 1
    return Counts(len(reference), counts["replace"], counts["insert"], counts["delete"])
