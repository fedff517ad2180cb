"""Cutting a stream of audio into chunks at silences, and a chunk into pieces that fit a model's window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transcription.asr.types import SAMPLE_RATE, Chunk, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Detector = Callable[[Samples], Iterable[Span]]

SAMPLES_PER_MS = SAMPLE_RATE // 1000
DEFAULT_TARGET_MS = 300_000
SEARCH_SHARE = 0.3  # of a window, at its end: where the cut is looked for
MIN_SILENCE_MS = 100
QUIET_MS = 100
# What recognizers are given around speech, and what is too short to be a word.
SPEECH_PAD_MS, SHORTEST_SPEECH_MS = 300, 100
# What counts as calm: near the calmest there is, or below -60 dB.
CALM_FACTOR, CALM_ENERGY = 4.0, 1e-6


def find_speech(samples: Samples, *, start_ms: int = 0, min_silence_ms: int = 500) -> list[Span]:
    """Where somebody speaks, in the time in which the first sample is at `start_ms`.

    The one rule for all that is recognized: an engine that is called by itself hears the pieces that a job gives it.
    """
    from media.audio.vad import speech_spans

    rules = {"min_silence_ms": min_silence_ms, "min_speech_ms": SHORTEST_SPEECH_MS, "pad_ms": SPEECH_PAD_MS}
    found = speech_spans([samples], **rules)
    return [Span(start_ms + span.start_ms, start_ms + span.end_ms) for span in found]


def cut(
    blocks: Iterable[Samples],
    detect: Detector | None,
    *,
    start_ms: int = 0,
    target_ms: int = DEFAULT_TARGET_MS,
    channel: int | None = None,
) -> Iterator[Chunk]:
    """Chunks of at most `target_ms`, each yielded as soon as it is cut; together they are the input, sample by sample.

    `blocks`: mono float32 at 16 kHz, any lengths. `detect` finds speech in one window, in milliseconds from the
    window's start; None: no detection, chunks carry no speech. A cut lies in the middle of the longest silence in
    the last part of the window; where people never pause, at its quietest 100 ms. At most one window is held, and
    the detector hears the part behind a cut again, so that its state never depends on what was cut off.
    """
    window = target_ms * SAMPLES_PER_MS
    buffer = _Buffer(blocks)
    while buffer.fill(window + 1):
        samples = buffer.peek(window)
        spans = list(detect(samples)) if detect else []
        if buffer.length <= window:
            length_ms, length = -(-len(samples) // SAMPLES_PER_MS), len(samples)
        else:
            length_ms = _cut_point(samples, spans, detected=detect is not None)
            length = length_ms * SAMPLES_PER_MS
        speech = tuple(_inside(spans, 0, length_ms, shift=start_ms))
        buffer.drop(length)
        yield Chunk(samples[:length], start_ms, start_ms + length_ms, speech, channel)
        start_ms += length_ms


class _Buffer:
    """The part of the stream that is decoded and not yet cut off."""

    def __init__(self, blocks: Iterable[Samples]) -> None:
        self._blocks = iter(blocks)
        self._parts: list[Samples] = []
        self.length = 0

    def fill(self, count: int) -> bool:
        """Pull blocks until `count` samples are held or the stream ends. False when nothing is held."""
        while self.length < count and (block := next(self._blocks, None)) is not None:
            self._parts.append(block)
            self.length += len(block)
        return self.length > 0

    def peek(self, count: int) -> Samples:
        import numpy as np

        self._parts = [np.concatenate(self._parts)]
        return self._parts[0][:count]

    def drop(self, count: int) -> None:
        # A copy, so that the samples given away do not keep the whole window alive, nor the other way round.
        self._parts = [self._parts[0][count:].copy()]
        self.length -= count


def _inside(spans: Iterable[Span], start_ms: int, end_ms: int, *, shift: int = 0) -> Iterator[Span]:
    for span in spans:
        start, end = max(span.start_ms, start_ms), min(span.end_ms, end_ms)
        if start < end:
            yield Span(shift + start, shift + end)


def _cut_point(samples: Samples, spans: Sequence[Span], *, detected: bool) -> int:
    """Milliseconds from the window's start."""
    total = len(samples) // SAMPLES_PER_MS
    first = int(total * (1 - SEARCH_SHARE))
    pauses = _pauses(spans, first, total) if detected else []
    longest = max(pauses, key=lambda pause: pause.duration_ms, default=None)
    if longest is not None and longest.duration_ms >= MIN_SILENCE_MS:
        return calmest_ms(samples, longest.start_ms, longest.end_ms)
    return quietest_ms(samples, first, total)


def _pauses(spans: Sequence[Span], start_ms: int, end_ms: int) -> list[Span]:
    inside = list(_inside(spans, start_ms, end_ms))
    edges = [start_ms, *(edge for span in inside for edge in (span.start_ms, span.end_ms)), end_ms]
    return [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def quietest_ms(samples: Samples, start_ms: int, end_ms: int) -> int:
    """The middle of the 100 ms with the least energy between two times, all from the samples' start."""
    import numpy as np

    part = samples[start_ms * SAMPLES_PER_MS : end_ms * SAMPLES_PER_MS]
    hop = 10 * SAMPLES_PER_MS
    frames = len(part) // hop
    width = QUIET_MS // 10
    if frames <= width:
        return (start_ms + end_ms) // 2
    energy = np.square(part[: frames * hop], dtype=np.float64).reshape(frames, hop).sum(axis=1)
    sums = np.convolve(energy, np.ones(width), mode="valid")
    best = start_ms + int(sums.argmin()) * 10
    # The pause may be shorter than 100 ms and lie at one side: its middle, not that of what is around it.
    return calmest_ms(samples, best, best + QUIET_MS)


def calmest_ms(samples: Samples, start_ms: int, end_ms: int) -> int:
    """The calm 10 ms between two times that are nearest to the middle; detectors miss soft speech, and tones."""
    import numpy as np

    hop = 10 * SAMPLES_PER_MS
    part = samples[start_ms * SAMPLES_PER_MS : end_ms * SAMPLES_PER_MS]
    frames = len(part) // hop
    if not frames:
        return (start_ms + end_ms) // 2
    energy = np.square(part[: frames * hop], dtype=np.float64).reshape(frames, hop).sum(axis=1)
    calm = np.flatnonzero(energy <= CALM_FACTOR * energy.min() + CALM_ENERGY * hop)
    nearest = start_ms + 5 + 10 * int(calm[np.abs(calm - (frames - 1) / 2).argmin()])
    middle = (start_ms + end_ms) // 2
    return middle if abs(nearest - middle) <= 5 else nearest  # noqa: PLR2004 - half of 10 ms


def pieces(chunk: Chunk, *, max_ms: int, gap_ms: int = 1_000) -> list[Span]:
    """The chunk's speech in spans of at most `max_ms`, in recording time, for models with a fixed window.

    Neighbours at most `gap_ms` apart are joined while they fit: context makes recognition better. A longer
    stretch of speech is cut at its quietest points. A chunk without speech spans has no pieces.
    """
    joined: list[Span] = []
    for span in chunk.speech:
        if joined and span.end_ms - joined[-1].start_ms <= max_ms and span.start_ms - joined[-1].end_ms <= gap_ms:
            joined[-1] = Span(joined[-1].start_ms, span.end_ms)
        else:
            joined.extend(_fitting(chunk, span, max_ms))
    return joined


def _fitting(chunk: Chunk, span: Span, max_ms: int) -> Iterator[Span]:
    start = span.start_ms
    while span.end_ms - start > max_ms:
        middle, limit = start + max_ms // 2 - chunk.start_ms, start + max_ms - chunk.start_ms
        edge = chunk.start_ms + quietest_ms(chunk.samples, middle, limit)
        yield Span(start, edge)
        start = edge
    yield Span(start, span.end_ms)


def samples_of(chunk: Chunk, span: Span) -> Samples:
    """The chunk's samples within `span`, which is in recording time."""
    first, last = ((edge - chunk.start_ms) * SAMPLES_PER_MS for edge in (span.start_ms, span.end_ms))
    return chunk.samples[max(0, first) : max(0, last)]
