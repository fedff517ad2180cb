"""Better times for words that an engine heard, from an aligner that knows the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcription.asr.chunk import samples_of
from transcription.asr.types import Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from transcription.asr.align.base import Aligner, Placed
    from transcription.asr.types import Chunk

# Lines that are aligned together: an edge between two is better found than assumed.
GROUP_MS, GROUP_GAP_MS = 25_000, 2_000
# A model's memory grows with the square of it; no recognizer writes such a line.
LONGEST_MS = 60_000
# How far the engine's edges may be off.
PAD_MS = 300


@dataclass(frozen=True, slots=True)
class Retimed:
    """`languages`: those in which at least one line got new times."""

    segments: tuple[Segment, ...]
    languages: tuple[str, ...]


def retime(
    chunk: Chunk, segments: Sequence[Segment], aligner_of: Callable[[str], Aligner | None], *, beat: Callable[[], None]
) -> Retimed:
    """The same words with new times, where there is an aligner for their language and they fit the sound.

    `segments` in order of time, in recording time. `beat` is called between two calls of the model and may raise.
    """
    result: list[Segment] = []
    languages: dict[str, None] = {}
    groups = list(_groups(segments))
    for index, group in enumerate(groups):
        placed = None
        aligner = aligner_of(group[0].language) if group[0].language else None
        if aligner is not None:
            beat()
            before = groups[index - 1][-1].end_ms if index else chunk.start_ms
            after = groups[index + 1][0].start_ms if index + 1 < len(groups) else chunk.end_ms
            placed = _placed(chunk, group, aligner, Span(before, after))
            if placed:
                languages[str(group[0].language)] = None
        result += placed or group
    return Retimed(tuple(result), tuple(languages))


def _groups(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Neighbouring lines in one language, as many as the model hears at once."""
    group: list[Segment] = []
    for segment in segments:
        if group and not (
            segment.language == group[-1].language
            and segment.start_ms - group[-1].end_ms <= GROUP_GAP_MS
            and segment.end_ms - group[0].start_ms <= GROUP_MS
        ):
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def _placed(chunk: Chunk, group: Sequence[Segment], aligner: Aligner, room: Span) -> list[Segment] | None:
    """`room`: what lies between the neighbours' lines; their words must not be heard here."""
    first, last = group[0].start_ms, group[-1].end_ms
    start = max(chunk.start_ms, min(first, max(room.start_ms, first - PAD_MS)))
    end = min(chunk.end_ms, max(last, min(room.end_ms, last + PAD_MS)))
    words = [_words(segment) for segment in group]
    if not start < end <= start + LONGEST_MS or not all(words):
        return None
    found = aligner.align(samples_of(chunk, Span(start, end)), [word.text for own in words for word in own])
    if found is None:
        return None
    times = iter(found)
    return [
        _with(segment, own, [next(times) for _ in own], start, end) for segment, own in zip(group, words, strict=True)
    ]


def _words(segment: Segment) -> Sequence[Word]:
    if segment.words:
        return segment.words
    return [Word(text, segment.start_ms, segment.end_ms, speaker=segment.speaker) for text in segment.text.split()]


def _with(segment: Segment, words: Sequence[Word], places: Sequence[Placed], offset_ms: int, limit_ms: int) -> Segment:
    timed = tuple(
        replace(
            word,
            start_ms=min(offset_ms + place.span.start_ms, limit_ms),
            end_ms=min(offset_ms + place.span.end_ms, limit_ms),
            interpolated=place.is_guess,
        )
        for word, place in zip(words, places, strict=True)
    )
    return replace(segment, words=timed, start_ms=timed[0].start_ms, end_ms=timed[-1].end_ms)
