"""From what was heard in each chunk to one list of segments whose times can be relied on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from transcription.asr.segments import spread
from transcription.asr.types import Notice, Recognition, Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def join(recognitions: Iterable[Recognition], duration_ms: int) -> tuple[Segment, ...]:
    """All segments in order of time, each inside the recording, none lost. Recognitions come in the chunks' order.

    Within a chunk times never go back, and a word ends before the next begins; chunks of different channels may
    overlap. Segments without words get words with times spread over them, marked as interpolated.
    """
    segments = [segment for recognition in recognitions for segment in _tidy(recognition.segments, duration_ms)]
    return tuple(sorted(segments, key=lambda segment: segment.start_ms))


def _tidy(segments: Sequence[Segment], duration_ms: int) -> list[Segment]:
    result: list[Segment] = []
    floor = 0
    for segment in segments:
        words = _monotone(segment.words or _guessed(segment), floor, duration_ms)
        start = _between(segment.start_ms, floor, words[0].start_ms if words else duration_ms)
        end = _between(segment.end_ms, words[-1].end_ms if words else start, duration_ms)
        result.append(replace(segment, start_ms=start, end_ms=end, words=words))
        floor = words[-1].start_ms if words else start
    return result


def _guessed(segment: Segment) -> tuple[Word, ...]:
    tokens = segment.text.split()
    if not tokens:
        return ()
    span = Span(segment.start_ms, max(segment.end_ms, segment.start_ms + 1))
    places = zip(tokens, spread(tokens, [span]), strict=True)
    return tuple(Word(token, at.start_ms, at.end_ms, None, segment.speaker, interpolated=True) for token, at in places)


def _monotone(words: Sequence[Word], floor: int, duration_ms: int) -> tuple[Word, ...]:
    starts: list[int] = []
    for word in words:
        floor = _between(word.start_ms, floor, duration_ms)
        starts.append(floor)
    limits = [*starts[1:], duration_ms]
    return tuple(
        replace(word, start_ms=start, end_ms=_between(word.end_ms, start, limit))
        for word, start, limit in zip(words, starts, limits, strict=True)
    )


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def warnings_of(recognitions: Iterable[Recognition]) -> tuple[Notice, ...]:
    """Every distinct warning once, in the order of first appearance."""
    return tuple(dict.fromkeys(notice for recognition in recognitions for notice in recognition.warnings))


def language_of(recognitions: Iterable[Recognition]) -> tuple[str | None, float | None]:
    """The language in which most was said, and the mean confidence of the chunks that tell one."""
    spoken: dict[str, int] = defaultdict(int)
    confidences: dict[str, list[float]] = defaultdict(list)
    for recognition in recognitions:
        if recognition.language:
            spoken[recognition.language] += sum(segment.end_ms - segment.start_ms for segment in recognition.segments)
            if recognition.language_confidence is not None:
                confidences[recognition.language].append(recognition.language_confidence)
    if not spoken:
        return None, None
    language = max(spoken, key=spoken.__getitem__)
    known = confidences[language]
    return language, round(sum(known) / len(known), 4) if known else None
