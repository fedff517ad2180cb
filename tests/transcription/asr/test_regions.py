"""Which language is spoken where: the rules, with made answers of a model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from transcription.asr.regions import Region, main_language, regions
from transcription.asr.types import Chunk, Span

Answer = tuple[str, float]


def told(answers: list[Answer], *spans: tuple[int, int], offset_ms: int = 0) -> list[Region]:
    """Regions of a chunk with that speech (in seconds), whose stretches are heard as `answers`, one after another."""
    left: Iterator[Answer] = iter(answers)
    speech = tuple(Span(offset_ms + start * 1000, offset_ms + end * 1000) for start, end in spans)
    length = spans[-1][1] if spans else 1
    chunk = Chunk(np.zeros(length * 16_000, np.float32), offset_ms, offset_ms + length * 1000, speech)

    def hear(samples: NDArray[np.float32]) -> Answer:
        assert len(samples) <= 10 * 16_000
        return next(left)

    found = regions(chunk, hear, window_ms=30_000, gap_ms=2_000)
    assert next(left, None) is None, "every stretch is asked for"
    return found


def places(found: list[Region]) -> list[tuple[str, list[tuple[int, int]]]]:
    return [(one.language, [(w.start_ms // 1000, w.end_ms // 1000) for w in one.windows]) for one in found]


def test_neighbours_in_one_language_are_one_region() -> None:
    found = told([("en", 0.9), ("en", 0.8), ("ar", 0.9), ("en", 0.7)], (0, 3), (4, 7), (8, 11), (12, 15))
    assert places(found) == [("en", [(0, 7)]), ("ar", [(8, 11)]), ("en", [(12, 15)])]
    assert found[0].confidence == pytest.approx(0.85)


def test_times_are_those_of_the_recording() -> None:
    found = told([("en", 0.9), ("ar", 0.9)], (0, 3), (4, 7), offset_ms=300_000)
    assert places(found) == [("en", [(300, 303)]), ("ar", [(304, 307)])]


@pytest.mark.parametrize("doubtful", [("fr", 0.4), ("en", 0.3)])
def test_who_is_not_sure_speaks_as_before(doubtful: Answer) -> None:
    assert places(told([("ar", 0.9), doubtful, ("ar", 0.9)], (0, 3), (4, 7), (8, 11))) == [("ar", [(0, 11)])]


def test_a_short_word_is_no_change_of_language() -> None:
    spans = [Span(0, 3_000), Span(3_500, 4_300), Span(5_000, 8_000)]
    answers = iter([("ar", 0.9), ("en", 0.99), ("ar", 0.9)])
    chunk = Chunk(np.zeros(8 * 16_000, np.float32), 0, 8_000, tuple(spans))
    found = regions(chunk, lambda _: next(answers), window_ms=30_000, gap_ms=2_000)
    assert [(one.language, one.windows) for one in found] == [("ar", (Span(0, 8_000),))]


def test_a_beginning_that_is_not_sure_goes_with_what_follows() -> None:
    assert places(told([("fr", 0.2), ("ar", 0.9)], (0, 3), (4, 7))) == [("ar", [(0, 7)])]


def test_where_nothing_is_sure_the_likeliest_counts() -> None:
    found = told([("fr", 0.3), ("ar", 0.45), ("ar", 0.4)], (0, 3), (4, 7), (8, 11))
    assert places(found) == [("ar", [(0, 11)])]


def test_long_speech_is_asked_in_parts_and_heard_in_windows() -> None:
    found = told([("en", 0.9)] * 7, (0, 40))
    assert len(found) == 1
    windows = found[0].windows
    assert (windows[0].start_ms, windows[-1].end_ms) == (0, 40_000)
    assert all(window.duration_ms <= 30_000 for window in windows)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(windows))


def test_silence_has_no_regions() -> None:
    assert told([]) == []
    assert main_language([]) == (None, None)


def test_the_main_language_is_that_in_which_most_is_said() -> None:
    found = told([("en", 0.6), ("ar", 0.9), ("en", 0.8)], (0, 3), (4, 9), (10, 13))
    assert main_language(found) == ("en", 0.7)
