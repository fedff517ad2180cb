"""What a glossary puts right after recognition: named words become others, everything else stays as it was heard."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcription.asr.segments import mean_confidence, spread, word_offsets
from transcription.asr.text.arabic import strip_diacritics, strip_tatweel
from transcription.asr.types import Span, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transcription.asr.types import Segment

    Pair = tuple[str, str]
    Rules = dict[str, list[tuple[tuple[str, ...], str]]]


@dataclass(frozen=True, slots=True)
class Change:
    """Where something was put right: when it is heard, the words of the recognizer, and what stands there now."""

    start_ms: int
    said: str
    written: str


def replaced(segments: Iterable[Segment], pairs: Sequence[Pair]) -> tuple[tuple[Segment, ...], tuple[Change, ...]]:
    """The segments with every (said, written) of `pairs` carried out, and what was changed.

    Whole words are compared, without case, tatweel, diacritics and the punctuation around them; the longest match
    wins, then the first of `pairs`. What was written is not looked at again. Words keep their times: one for one each
    its own, else the new words share the time of the old ones and are marked as interpolated.
    """
    rules = _rules(pairs)
    if not rules:
        return tuple(segments), ()
    changes: list[Change] = []
    return tuple(_put_right(segment, rules, changes) for segment in segments), tuple(changes)


def key_of(word: str) -> str:
    """What of a word is compared."""
    folded = strip_tatweel(strip_diacritics(unicodedata.normalize("NFC", word))).casefold()
    start, end = _core(folded)
    return folded[start:end]


def _rules(pairs: Iterable[Pair]) -> Rules:
    """By their first word, the longest first; of equally long ones the first stays first."""
    found: Rules = defaultdict(list)
    for said, written in pairs:
        keys = tuple(filter(None, map(key_of, said.split())))
        if keys and written.strip():
            found[keys[0]].append((keys, written.strip()))
    for rules in found.values():
        rules.sort(key=lambda rule: -len(rule[0]))
    return dict(found)


def _put_right(segment: Segment, rules: Rules, changes: list[Change]) -> Segment:
    keys = [key_of(word.text) for word in segment.words]
    edits: list[tuple[int, int, tuple[Word, ...]]] = []
    at = 0
    while at < len(keys):
        match = _match(keys, at, rules)
        if match is None:
            at += 1
            continue
        length, written = match
        old = segment.words[at : at + length]
        new = _words(old, written)
        if _text(new) != _text(old):
            edits.append((at, at + length, new))
            changes.append(Change(old[0].start_ms, _text(old), _text(new)))
        at += length
    return _edited(segment, edits) if edits else segment


def _match(keys: Sequence[str], at: int, rules: Rules) -> tuple[int, str] | None:
    """(number of words, what to write) of the rule that fits from word `at` on."""
    for wanted, written in rules.get(keys[at], ()):
        if tuple(keys[at : at + len(wanted)]) == wanted:
            return len(wanted), written
    return None


def _words(old: Sequence[Word], written: str) -> tuple[Word, ...]:
    """`written` in the place of the `old` words, with the punctuation that stood around them."""
    before = old[0].text[: _core(old[0].text)[0]]
    after = old[-1].text[_core(old[-1].text)[1] :]
    tokens = (before + written + ("" if after and written.endswith(after) else after)).split()
    if len(tokens) == len(old):
        return tuple(replace(word, text=token) for word, token in zip(old, tokens, strict=True))
    start, end = old[0].start_ms, max(old[-1].end_ms, old[0].start_ms)
    guessed = len(tokens) > 1 or any(word.interpolated for word in old)
    places = spread(tokens, [Span(start, max(end, start + 1))]) if len(tokens) > 1 else [Span(start, end)]
    return tuple(
        Word(token, place.start_ms, place.end_ms, mean_confidence(old), old[0].speaker, interpolated=guessed)
        for token, place in zip(tokens, places, strict=True)
    )


def _edited(segment: Segment, edits: Sequence[tuple[int, int, tuple[Word, ...]]]) -> Segment:
    words: list[Word] = []
    at = 0
    for first, last, new in edits:
        words += [*segment.words[at:first], *new]
        at = last
    words += segment.words[at:]
    return replace(segment, words=tuple(words), text=_rewritten(segment, edits) or _text(words))


def _rewritten(segment: Segment, edits: Sequence[tuple[int, int, tuple[Word, ...]]]) -> str:
    """The line with only the edited words exchanged; empty where its words are not found in it."""
    offsets = word_offsets(segment.text, segment.words)
    if offsets is None:
        return ""
    parts: list[str] = []
    at = 0
    for first, last, new in edits:
        parts += [segment.text[at : offsets[first]], _text(new)]
        at = offsets[last - 1] + len(segment.words[last - 1].text)
    return "".join([*parts, segment.text[at:]])


def _text(words: Iterable[Word]) -> str:
    return " ".join(word.text for word in words)


def _core(word: str) -> tuple[int, int]:
    """Where the word lies between the punctuation around it; (0, 0) where it is nothing else."""
    inside = [index for index, letter in enumerate(word) if _counts(letter)]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _counts(letter: str) -> bool:
    """Letters, digits, their marks, and the signs that names are made of: C++, C#, 5 %."""
    return unicodedata.category(letter)[0] in "LNM" or letter in "+#%&@$€£"
