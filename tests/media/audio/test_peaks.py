import json

import numpy as np
import pytest

from media.audio.peaks import PeakCollector
from tests.media.audio.makers import noise


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1_000, 6_405, 64_000, 64_001, 1_234_567])
@pytest.mark.parametrize("block", [7, 160_000])
def test_points_are_the_lows_and_highs_of_their_samples(count: int, block: int) -> None:
    if count > 100_000 and block < 100:
        block = 997
    samples = noise(count / 16_000 + 0.01, 16_000, 0.9)[:count]
    collector = PeakCollector(max_points=400)
    for start in range(0, count, block):
        collector.add(samples[start : start + block])
    peaks = collector.result()
    size = peaks["samples_per_point"]
    starts = range(0, count, size)[:400]
    pieces = [samples[start : start + size] for start in starts[:-1]] + [samples[starts[-1] :]]
    expected = [(round(float(piece.min()) * 127), round(float(piece.max()) * 127)) for piece in pieces]
    assert list(zip(peaks["points"][::2], peaks["points"][1::2], strict=True)) == expected
    assert len(expected) > 200 or size == 16
    assert peaks["duration_ms"] == count // 16
    assert json.loads(json.dumps(peaks)) == peaks


def test_full_scale_and_beyond_fit() -> None:
    collector = PeakCollector()
    collector.add(np.array([1.5, -1.5] * 8, np.float32))
    assert collector.result()["points"] == [-127, 127]


def test_nothing_has_no_points() -> None:
    assert PeakCollector().result()["points"] == []
