"""Operations on segments that several stages need: find words in the text, split, and cut into sentences."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from transcription.asr.types import Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SENTENCE_ENDS = (".", "?", "!", "…", "؟", "۔", "。", "？", "！")
QUESTION_ENDS = ("?", "؟", "？")
CLOSING_MARKS = "\"'”’)]»」"
ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e.", "no.", "jr.", "sr."}
)


def mean_confidence(words: Iterable[Word]) -> float | None:
    """The mean over the words that have a confidence; None where none has."""
    known = [word.confidence for word in words if word.confidence is not None]
    return round(sum(known) / len(known), 4) if known else None


def said_by(segment: Segment, speaker: str) -> Segment:
    """The segment with all its words given to one speaker."""
    return replace(segment, speaker=speaker, words=tuple(replace(word, speaker=speaker) for word in segment.words))


def word_offsets(text: str, words: Sequence[Word]) -> list[int] | None:
    """Where each word starts in `text`, or None where the words are not in it in this order."""
    offsets, position = [], 0
    for word in words:
        found = text.find(word.text, position)
        if found < 0:
            return None
        offsets.append(found)
        position = found + len(word.text)
    return offsets


def split(segment: Segment, cuts: Iterable[int]) -> tuple[Segment, ...]:
    """Cut before the words at the indices `cuts`.

    The text is sliced, not joined from words, so that scripts without spaces keep their shape. Each part is as
    long as its words and carries their confidence; the first keeps the segment's start, the last its end.
    """
    words = segment.words
    inside = sorted({cut for cut in cuts if 0 < cut < len(words)})
    if not inside:
        return (segment,)
    bounds = [0, *inside, len(words)]
    parts = [
        replace(segment, text=text, words=words[first:last], confidence=mean_confidence(words[first:last]))
        for (first, last), text in zip(pairwise(bounds), _texts(segment, bounds), strict=True)
    ]
    return tuple(_bounded(part, segment, index, len(parts)) for index, part in enumerate(parts))


def _texts(segment: Segment, bounds: Sequence[int]) -> list[str]:
    offsets = word_offsets(segment.text, segment.words)
    if offsets is None:
        return [" ".join(word.text for word in segment.words[a:b]) for a, b in pairwise(bounds)]
    edges = [0, *(offsets[index] for index in bounds[1:-1]), len(segment.text)]
    return [segment.text[a:b].strip() for a, b in pairwise(edges)]


def _bounded(part: Segment, whole: Segment, index: int, count: int) -> Segment:
    start = whole.start_ms if index == 0 else part.words[0].start_ms
    end = whole.end_ms if index == count - 1 else part.words[-1].end_ms
    return replace(part, start_ms=start, end_ms=max(start, end))


def ends_sentence(text: str) -> bool:
    """Whether a word closes a sentence: a full stop that is no abbreviation's, a question or exclamation mark."""
    bare = text.rstrip(CLOSING_MARKS)
    return bare.endswith(SENTENCE_ENDS) and bare.lower() not in ABBREVIATIONS


def questions_in(text: str) -> Iterator[str]:
    """The sentences that end with a question mark."""
    sentence: list[str] = []
    for word in text.split():
        sentence.append(word)
        if not ends_sentence(word):
            continue
        if word.rstrip(CLOSING_MARKS).endswith(QUESTION_ENDS):
            yield " ".join(sentence)
        sentence = []


def sentence_cuts(words: Sequence[Word], *, pause_ms: int = 2_000) -> list[int]:
    """Indices of the words that begin a new sentence, or come after a pause longer than `pause_ms`."""
    return [
        index
        for index, (before, after) in enumerate(pairwise(words), start=1)
        if ends_sentence(before.text) or after.start_ms - before.end_ms > pause_ms
    ]


def into_sentences(segment: Segment, *, pause_ms: int = 2_000) -> tuple[Segment, ...]:
    """The segment split into sentences."""
    return split(segment, sentence_cuts(segment.words, pause_ms=pause_ms))


def spread(tokens: Sequence[str], speech: Sequence[Span]) -> list[Span]:
    """A time for each token in proportion to its length, over the speech and never over the silences between.

    Raises ValueError when there is no speech to spread over.
    """
    total = sum(span.duration_ms for span in speech)
    if total <= 0:
        raise ValueError("no speech to spread words over")
    weights = [len(token) + 1.5 for token in tokens]  # a word's fixed cost besides its letters
    whole, done, edges = sum(weights), 0.0, [0]
    for weight in weights:
        done += weight
        edges.append(round(total * done / whole))
    return [Span(_on_clock(a, speech, ends=False), _on_clock(b, speech, ends=True)) for a, b in pairwise(edges)]


def _on_clock(spoken_ms: int, speech: Sequence[Span], *, ends: bool) -> int:
    """The time at which `spoken_ms` of speech are over; at the edge of a silence, before it where a word `ends`."""
    for span in speech:
        if spoken_ms < span.duration_ms or (ends and spoken_ms == span.duration_ms):
            return span.start_ms + spoken_ms
        spoken_ms -= span.duration_ms
    return speech[-1].end_ms
