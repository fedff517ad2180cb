"""Times for the words of an edited line: unchanged words keep theirs, new ones are interpolated and marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

from transcription.asr.segments import spread
from transcription.asr.text.normalize import search_fold
from transcription.asr.text.tokens import stretches
from transcription.asr.types import Span, Word
from transcription.editing.lines import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Token:
    """What is written together, with the words that were heard in it: none, one, or several ("well" "-known").

    `whole`: the word of which this token is only a part, `number` of `count`.
    """

    text: str
    words: tuple[Word, ...] = ()
    whole: Word | None = None
    number: int = 0
    count: int = 1


def retimed(text: str, words: Sequence[Word], new_text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words of `new_text`, which takes the place of `text`, between `start_ms` and `end_ms`.

    Words that are said the same, whatever their case, marks and diacritics, keep their times. Where words were
    replaced the new ones share the time of the old, and where some were put in, the pause in which they stand.
    """
    old, spans = timed_tokens(text, words), stretches(new_text)
    new = [new_text[a:b] for a, b in spans]
    found: list[Word] = []
    at_old = at_new = 0
    for old_from, old_to, new_from, new_to in _equal_blocks(old, new):
        following = next(_words(old[old_from:]), None)
        until = following.start_ms if following else end_ms
        found += _replaced(old[at_old:old_from], new[at_new:new_from], _end(found, start_ms), until)
        found += _kept(old[old_from:old_to], new_text, spans[new_from:new_to])
        at_old, at_new = old_to, new_to
    found += _replaced(old[at_old:], new[at_new:], _end(found, start_ms), end_ms)
    return in_order(found, start_ms, end_ms)


def parted(text: str, words: Sequence[Word], at: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words before and behind the character `at` of a text that they spell, and none of them over that place."""
    found = _places(text, words) or []
    count = sum(start < at for start, _end in found)
    return tuple(words[:count]), tuple(words[count:])


def moved(words: Sequence[Word], start_ms: int, end_ms: int, *, by_ms: int | None = None) -> tuple[Word, ...]:
    """The words of a line whose times changed to [start_ms, end_ms]; `by_ms`: the line was shifted as a whole.

    Words that are still inside stay. One that is cut is shortened; several that fell outside share what is left on
    their side.
    """
    if by_ms is not None:
        shifted = [replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms) for word in words]
        return in_order(shifted, start_ms, end_ms)
    before = sum(word.start_ms < start_ms for word in words)
    head, rest = list(words[:before]), list(words[before:])
    beyond = next((at for at, word in enumerate(rest) if word.end_ms > end_ms), len(rest))
    middle, tail = rest[:beyond], rest[beyond:]
    head_end = head[-1].end_ms if head and head[-1].end_ms > start_ms else _start(middle, end_ms)
    tail_start = tail[0].start_ms if tail and tail[0].start_ms < end_ms else _end(middle, start_ms)
    if head and tail and not middle:
        return in_order(_squeezed([*head, *tail], start_ms, end_ms), start_ms, end_ms)
    return in_order(
        [*_squeezed(head, start_ms, head_end), *middle, *_squeezed(tail, tail_start, end_ms)], start_ms, end_ms
    )


def in_order(words: Iterable[Word], start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The same words within [start_ms, end_ms], none beginning before the one before it has ended.

    Whatever is in order already stays as it is.
    """
    found: list[Word] = []
    floor = start_ms
    for word in words:
        start = min(max(word.start_ms, floor), end_ms)
        end = min(max(word.end_ms, start), end_ms)
        is_kept = (start, end) == (word.start_ms, word.end_ms)
        found.append(word if is_kept else replace(word, start_ms=start, end_ms=end, interpolated=True))
        floor = end
    return tuple(found)


def spread_over(texts: Sequence[str], start_ms: int, end_ms: int) -> list[Word]:
    """New words, each with its share of the time."""
    if not texts:
        return []
    end_ms = max(start_ms, end_ms)
    spans = spread(texts, [Span(start_ms, end_ms)]) if end_ms > start_ms else [Span(start_ms, start_ms)] * len(texts)
    return [
        Word(text, span.start_ms, span.end_ms, CERTAIN, None, interpolated=True)
        for text, span in zip(texts, spans, strict=True)
    ]


def timed_tokens(text: str, words: Sequence[Word]) -> list[Token]:
    """The tokens of a line with their words; its words alone, where they do not spell its text.

    A word that was heard over several tokens is cut in proportion to their length.
    """
    places = _places(text, words)
    if places is None:
        return [Token(word.text.strip(), (word,)) for word in words]
    found, first = list[Token](), 0
    for start, end in stretches(text):
        while first < len(words) and places[first][1] <= start:
            first += 1
        last = first
        while last < len(words) and places[last][0] < end:
            last += 1
        inside = [
            _part(word, place, start, end) for word, place in zip(words[first:last], places[first:last], strict=True)
        ]
        token = Token(text[start:end], tuple(inside))
        found.append(_numbered(token, text, words[first], places[first], start) if last == first + 1 else token)
    return found


def _numbered(token: Token, text: str, word: Word, place: tuple[int, int], start: int) -> Token:
    """The token as a part of its one word, where that goes over several tokens."""
    first, last = place
    count = len(stretches(text[first:last]))
    if count == 1:
        return token
    return replace(token, whole=word, number=len(stretches(text[first:start])), count=count)


def _places(text: str, words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """[start, end) of each word in `text`, or None where they are not in it in this order."""
    found: list[tuple[int, int]] = []
    at = 0
    for word in words:
        wanted = word.text.strip()
        start = text.find(wanted, at) if wanted else -1
        if start < 0:
            return None
        at = start + len(wanted)
        found.append((start, at))
    return found


def _part(word: Word, place: tuple[int, int], start: int, end: int) -> Word:
    """What of a word stands in the characters [start, end)."""
    first, last = place
    if first >= start and last <= end:
        return word
    text, length = word.text.strip(), word.end_ms - word.start_ms
    cut = slice(max(start - first, 0), min(end, last) - first)
    begins = word.start_ms + length * cut.start // len(text)
    ends = word.start_ms + length * cut.stop // len(text)
    return replace(word, text=text[cut], start_ms=begins, end_ms=ends, interpolated=True)


def _equal_blocks(old: Sequence[Token], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    keys = [_key(token.text) for token in old], [_key(text) for text in new]
    for step in Indel.opcodes(*keys):
        if step.tag == "equal":
            yield step.src_start, step.src_end, step.dest_start, step.dest_end


def _key(text: str) -> str:
    """By what two tokens are said the same; what has no letters is compared as it is written."""
    return search_fold(text) or text


def _kept(old: Sequence[Token], text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Word]:
    """The words of tokens that are still said the same, as `text` writes them at `spans`."""
    at = 0
    while at < len(old):
        token, (start, end) = old[at], spans[at]
        last = at + token.count - 1
        if token.whole and token.number == 0 and last < len(old) and text[start : spans[last][1]] == _bare(token.whole):
            yield token.whole
            at += token.count
        else:
            yield from _rewritten(token, text[start:end])
            at += 1


def _bare(word: Word) -> str:
    return word.text.strip()


def _rewritten(token: Token, text: str) -> tuple[Word, ...]:
    """The words of a token that is still said the same, in the new writing."""
    if token.text == text or not token.words:
        return token.words
    first, last = token.words[0], token.words[-1]
    return (replace(first, text=text, end_ms=last.end_ms),)


def _replaced(old: Sequence[Token], new: Sequence[str], after_ms: int, until_ms: int) -> list[Word]:
    gone = list(_words(old))
    return spread_over(new, gone[0].start_ms, gone[-1].end_ms) if gone else spread_over(new, after_ms, until_ms)


def _squeezed(words: Sequence[Word], start_ms: int, end_ms: int) -> list[Word]:
    """Words with new times; a single one is only shortened."""
    if len(words) == 1:
        return [replace(words[0], start_ms=start_ms, end_ms=max(start_ms, end_ms))]
    spans = spread_over([word.text for word in words], start_ms, end_ms)
    return [
        replace(word, start_ms=new.start_ms, end_ms=new.end_ms, interpolated=True)
        for word, new in zip(words, spans, strict=True)
    ]


def _words(tokens: Iterable[Token]) -> Iterator[Word]:
    return (word for token in tokens for word in token.words)


def _start(words: Sequence[Word], otherwise: int) -> int:
    return words[0].start_ms if words else otherwise


def _end(words: Sequence[Word], otherwise: int) -> int:
    return words[-1].end_ms if words else otherwise


def are_in_order(words: Sequence[Word], start_ms: int, end_ms: int) -> bool:
    """Whether times never go back, inside the line."""
    times = [start_ms, *(time for word in words for time in (word.start_ms, word.end_ms)), end_ms]
    return all(before <= after for before, after in pairwise(times))
