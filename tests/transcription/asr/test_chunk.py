"""Cutting audio: nothing lost, cut in silence, memory bounded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.asr.chunk import cut, pieces, quietest_ms, samples_of
from transcription.asr.types import Chunk, Span


def noise(ms: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(ms * 16) * 0.1).astype(np.float32)


def spans_of(loud: list[tuple[int, int]], total_ms: int) -> np.ndarray:
    audio = np.zeros(total_ms * 16, np.float32)
    for start, end in loud:
        audio[start * 16 : end * 16] = noise(end - start)
    return audio


def detect(window: np.ndarray) -> list[Span]:
    """Speech is where samples are not zero; silences under 20 ms do not count."""
    loud = np.concatenate([[0], np.flatnonzero(np.abs(window) > 1e-6), [len(window)]])
    if len(loud) == 2:
        return []
    inner = loud[1:-1]
    breaks = np.flatnonzero(np.diff(inner) > 320)
    starts, ends = [inner[0], *inner[breaks + 1]], [*inner[breaks], inner[-1]]
    return [Span(int(a) // 16, int(b) // 16 + 1) for a, b in zip(starts, ends, strict=True)]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 9_000), min_size=0, max_size=12),
    target_ms=st.integers(200, 1_500),
    start_ms=st.integers(0, 5_000),
    quiet=st.integers(0, 8),
    detected=st.booleans(),
)
def test_chunks_together_are_the_input(
    lengths: list[int], target_ms: int, start_ms: int, quiet: int, detected: bool
) -> None:
    blocks = [noise(1, i)[:0] if n == 0 else np.resize(noise(30, i), n) for i, n in enumerate(lengths)]
    if quiet < len(blocks):
        blocks[quiet][:] = 0
    chunks = list(cut(blocks, detect if detected else None, start_ms=start_ms, target_ms=target_ms))

    whole = np.concatenate([np.empty(0, np.float32), *blocks])
    assert np.array_equal(np.concatenate([np.empty(0, np.float32), *(chunk.samples for chunk in chunks)]), whole)
    clock = start_ms
    for chunk in chunks:
        assert chunk.start_ms == clock
        assert 0 < chunk.end_ms - chunk.start_ms <= target_ms + 1
        assert all(chunk.start_ms <= span.start_ms < span.end_ms <= chunk.end_ms for span in chunk.speech)
        clock = chunk.end_ms


def test_cut_lies_in_the_middle_of_the_longest_late_silence() -> None:
    audio = spans_of([(0, 3_000), (3_900, 7_600), (7_800, 8_600), (9_200, 9_500), (9_600, 14_000)], 14_000)
    first, second = cut([audio], detect, target_ms=10_000)
    assert first.end_ms == pytest.approx(8_900, abs=2)
    assert second.speech[0].start_ms == pytest.approx(9_200, abs=2)
    assert [span.start_ms for span in first.speech] == pytest.approx([0, 3_900, 7_800], abs=2)


def test_without_a_pause_the_quietest_moment_is_cut() -> None:
    audio = noise(12_000)
    audio[8_500 * 16 : 8_620 * 16] *= 0.01
    first, _ = cut([audio], lambda window: [Span(0, len(window) // 16)], target_ms=10_000)
    assert first.end_ms == pytest.approx(8_560, abs=15)
    assert quietest_ms(audio, 7_000, 10_000) == first.end_ms


def test_chunks_leave_as_soon_as_they_are_cut() -> None:
    pulled = 0

    def blocks() -> Iterator[np.ndarray]:
        nonlocal pulled
        for index in range(600):
            pulled += 1
            yield noise(1_000, index % 7)

    stream = cut(blocks(), None, target_ms=60_000)
    sizes = [(pulled, len(next(stream).samples)) for _ in range(3)]
    assert sizes[0][0] <= 61
    assert sizes[2][0] <= 3 * 61
    assert all(size <= 60_000 * 16 for _, size in sizes)


def chunk_with(speech: list[tuple[int, int]], start_ms: int = 0) -> Chunk:
    end = max((e for _, e in speech), default=1_000)
    spans = tuple(Span(start_ms + a, start_ms + b) for a, b in speech)
    return Chunk(noise(end), start_ms, start_ms + end, spans)


def test_pieces_join_neighbours_and_respect_the_limit() -> None:
    chunk = chunk_with([(0, 4_000), (4_500, 9_000), (9_200, 16_000), (19_000, 20_000)], start_ms=60_000)
    found = pieces(chunk, max_ms=15_000)
    assert found == [Span(60_000, 69_000), Span(69_200, 76_000), Span(79_000, 80_000)]
    assert len(samples_of(chunk, found[1])) == 6_800 * 16


@given(st.lists(st.tuples(st.integers(1, 40_000), st.integers(1, 3_000)), max_size=6), st.integers(1_000, 20_000))
@settings(max_examples=40, deadline=None)
def test_pieces_cover_the_speech_and_fit(lengths: list[tuple[int, int]], max_ms: int) -> None:
    clock, speech = 0, []
    for length, gap in lengths:
        speech.append((clock, clock + length))
        clock += length + gap
    found = pieces(chunk_with(speech), max_ms=max_ms)
    assert all(0 < piece.duration_ms <= max_ms for piece in found)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))
    assert sum(p.duration_ms for p in found) >= sum(length for length, _ in lengths)
