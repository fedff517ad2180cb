"""The shape of a recording for a waveform: a few thousand lows and highs, found in one pass."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

FIRST_BUCKET = 16  # samples; doubles whenever the points are used up
INT8_SCALE = 127


class Peaks(TypedDict):
    """`points`: low, high, low, high, ... from -127 to 127, each pair standing for `samples_per_point` samples."""

    version: int
    duration_ms: int
    sample_rate: int
    samples_per_point: int
    points: list[int]


class PeakCollector:
    """Takes mono blocks of shape (n,); holds at most `max_points` pairs whatever the length turns out to be."""

    def __init__(self, sample_rate: int = 16_000, max_points: int = 4000) -> None:
        if max_points < 2:  # noqa: PLR2004 - halving needs two
            raise ValueError("max_points must be at least 2")
        self._sample_rate = sample_rate
        self._max_points = max_points
        self._bucket = FIRST_BUCKET
        self._lows = np.empty(0, np.float32)
        self._highs = np.empty(0, np.float32)
        self._rest = np.empty(0, np.float32)
        self._samples = 0

    def add(self, block: NDArray[np.float32]) -> None:
        self._samples += block.shape[0]
        block = np.concatenate([self._rest, block])
        while self._lows.shape[0] + block.shape[0] // self._bucket > self._max_points:
            block = self._halve(block)
        whole = block.shape[0] // self._bucket * self._bucket
        buckets = block[:whole].reshape(-1, self._bucket)
        self._lows = np.concatenate([self._lows, buckets.min(axis=1)])
        self._highs = np.concatenate([self._highs, buckets.max(axis=1)])
        self._rest = block[whole:].copy()

    def _halve(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Join the pairs two by two. An odd one out goes back to the samples as its low and high."""
        odd = self._lows.shape[0] % 2
        if odd:
            last = np.full(self._bucket, self._highs[-1], np.float32)
            last[0] = self._lows[-1]
            block = np.concatenate([last, block])
            self._lows, self._highs = self._lows[:-1], self._highs[:-1]
        self._lows = self._lows.reshape(-1, 2).min(axis=1)
        self._highs = self._highs.reshape(-1, 2).max(axis=1)
        self._bucket *= 2
        return block

    def result(self) -> Peaks:
        lows, highs, rest = self._lows, self._highs, self._rest
        if rest.shape[0]:
            if lows.shape[0] == self._max_points:  # no point left: the rest joins the last one
                rest = np.append(rest, (lows[-1], highs[-1]))
                lows, highs = lows[:-1], highs[:-1]
            lows, highs = np.append(lows, rest.min()), np.append(highs, rest.max())
        pairs = np.stack([lows, highs], axis=1).ravel()
        scaled = np.rint(np.clip(pairs, -1.0, 1.0) * INT8_SCALE).astype(np.int8)
        return Peaks(
            version=1,
            duration_ms=self._samples * 1000 // self._sample_rate,
            sample_rate=self._sample_rate,
            samples_per_point=self._bucket,
            points=scaled.tolist(),
        )
