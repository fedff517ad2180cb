"""Doubts about what an engine wrote: text that was probably never said. Flags only; no word is taken away.

Recognizers invent text over silence, fall into loops, and repeat the credits of the videos they were trained on.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from transcription.asr.text.normalize import search_fold
from transcription.asr.text.numbers import ONES
from transcription.asr.text.phrases import ANYWHERE, WHOLE
from transcription.asr.types import Flag, Segment, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transcription.asr.types import Span

# How often words must come one after another to be a loop, by how many words come again. People do say "no, no, no".
REPEATS = {1: 7, 2: 5, 3: 4, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3}
SAME_LINES = 4
SHORTEST_SAME_LINE = 2
# Whisper's own limit (openai/whisper, transcribe.py); it holds for texts of some length only.
COMPRESSION_LIMIT = 2.4
COMPRESSION_LETTERS = 120
BYTE_VALUES = 256
# Nobody keeps this up over a line; fast readers reach 6 words and 25 letters a second.
FASTEST_WORDS, FASTEST_LETTERS = 10.0, 50.0
RATE_WORDS = 6
# One word in so many seconds is a word spread over something else.
SLOWEST_WORD_MS = 6_000
# Detectors and recognizers place edges differently.
EDGE_MS = 300
HEARD_SHARE = 0.1
SHORTEST_SILENT_MS = 200

REPEATED = Flag("repeated_words", gettext_noop("The same words come again and again: the recognizer may be in a loop."))
SILENT = Flag("silence", gettext_noop("No speech was heard where this text stands."))
COMPRESSES = Flag("compression", gettext_noop("The text repeats itself far more than speech does."))
PHRASE = Flag("known_phrase", gettext_noop("Recognizers often invent this phrase where nobody speaks."))
TOO_FAST = Flag("word_rate", gettext_noop("More words than anybody can say in this time."))
TOO_SLOW = Flag("word_rate", gettext_noop("Very few words for so much time: they may stand for something else."))
FLAGS = (REPEATED, SILENT, COMPRESSES, PHRASE, TOO_FAST, TOO_SLOW)
NUMBERS = frozenset(ONES) | {"oh"}


def flag_silence(segments: Iterable[Segment], speech: Sequence[Span]) -> tuple[Segment, ...]:
    """Those in whose time no `speech` was found get a flag. Both in recording time."""
    return tuple(_with(segment, [SILENT] if _in_silence(segment, speech) else []) for segment in segments)


def flag_text(segments: Iterable[Segment], language: str | None) -> tuple[Segment, ...]:
    """Flags by what the text says and how fast. `segments`: in order of time; `language`: for those without their own.

    Lines that repeat are looked for within each speaker, as channels may be interleaved.
    """
    segments = tuple(segments)
    looping = _looping_lines(segments)
    return tuple(
        _with(segment, _doubts(segment, segment.language or language, looping=index in looping))
        for index, segment in enumerate(segments)
    )


def _with(segment: Segment, flags: Iterable[Flag]) -> Segment:
    """The same with the flags it does not have yet."""
    new = tuple(flag for flag in flags if flag not in segment.flags)
    return replace(segment, flags=(*segment.flags, *new)) if new else segment


def _in_silence(segment: Segment, speech: Sequence[Span]) -> bool:
    length = segment.end_ms - segment.start_ms
    if length < SHORTEST_SILENT_MS or not segment.text.strip():
        return False
    heard = sum(
        max(0, min(span.end_ms + EDGE_MS, segment.end_ms) - max(span.start_ms - EDGE_MS, segment.start_ms))
        for span in speech
    )
    return heard < HEARD_SHARE * length


def _doubts(segment: Segment, language: str | None, *, looping: bool) -> list[Flag]:
    words = search_fold(segment.text).split()
    found = [REPEATED] if looping or is_loop(words) else []
    if compression(segment.text) > COMPRESSION_LIMIT:
        found.append(COMPRESSES)
    if is_known_phrase(words, language):
        found.append(PHRASE)
    return [*found, *_rate(segment, words)]


def is_loop(words: Sequence[str]) -> bool:
    """Whether some words follow themselves too often; digits that are read out may."""
    for size, times in REPEATS.items():
        run = 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            again = words[at - size + 1 : at + 1]
            if run >= size * (times - 1) and not all(word.isdigit() or word in NUMBERS for word in again):
                return True
    return False


def _looping_lines(segments: Sequence[Segment]) -> set[int]:
    """Indices of lines that say the same as their neighbours, SAME_LINES or more in a row."""
    by_speaker: dict[str | None, list[int]] = defaultdict(list)
    for index, segment in enumerate(segments):
        by_speaker[segment.speaker].append(index)
    return {index for own in by_speaker.values() for index in _same_in_a_row(segments, own)}


def _same_in_a_row(segments: Sequence[Segment], indices: Sequence[int]) -> Iterable[int]:
    run: list[int] = []
    text = ""
    for index in [*indices, None]:
        folded = "" if index is None else search_fold(segments[index].text)
        if folded != text or index is None:
            if len(run) >= SAME_LINES and len(text.split()) >= SHORTEST_SAME_LINE:
                yield from run
            run, text = [], folded
        if index is not None:
            run.append(index)


def compression(text: str) -> float:
    """How many times smaller zlib makes the text; 0 for short ones, where that says nothing.

    A letter is a byte here whatever its script: in UTF-8 Arabic would compress twice as well as English.
    """
    if len(text) < COMPRESSION_LETTERS:
        return 0.0
    alphabet = {letter: number for number, letter in enumerate(dict.fromkeys(text))}
    fits = len(alphabet) <= BYTE_VALUES
    raw = bytes(alphabet[letter] for letter in text) if fits else text.encode("utf-16-le")
    return len(raw) / len(zlib.compress(raw))


def is_known_phrase(words: Sequence[str], language: str | None) -> bool:
    """Credits are suspicious wherever they stand; politeness only where it is all that a line says."""
    text = f" {' '.join(words)} "
    if any(f" {phrase} " in text for phrase in ANYWHERE):
        return True
    return text.strip() in WHOLE.get(language or "", frozenset())


def _rate(segment: Segment, words: Sequence[str]) -> list[Flag]:
    length = segment.end_ms - segment.start_ms
    if not words:
        return []
    if len(words) >= RATE_WORDS:
        letters = sum(map(len, words))
        if len(words) * 1000 > FASTEST_WORDS * length or letters * 1000 > FASTEST_LETTERS * length:
            return [TOO_FAST]
    return [TOO_SLOW] if length > SLOWEST_WORD_MS * len(words) else []
