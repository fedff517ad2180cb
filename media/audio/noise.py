"""Noise and speech of a recording: the floor for noise reduction, and what the quality report says of both."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media.audio.graph import HIGHEST_FLOOR_DB, LOWEST_FLOOR_DB
from media.audio.spans import Span
from media.audio.vad import SAMPLE_RATE, speech_spans

NOISE_SAMPLE_MS = 60_000
QUIETEST_PERCENT = 5
ABOVE_FLOOR_DB = 4  # the quietest moments of steady noise lie a little under its mean

FRAME_MS = 20
FRAME = SAMPLE_RATE * FRAME_MS // 1000
LISTENED_MS = 300_000  # the model of speech costs more than all else: of longer recordings, blocks evenly spread
PAUSE_MS = 200  # shortest pause, and how far from speech a frame must lie to count as noise
FEWEST_FRAMES = 25  # half a second; with less there is nothing to tell
QUIETEST_SPEECH_PERCENT = 10  # without pauses the noise is what the gaps inside words let through
MOST_SNR_DB = 60.0  # noise gates leave digital silence between words
FAINTEST = 1e-12

Samples = NDArray[np.float32]
Powers = NDArray[np.float64]


def noise_floor(blocks: Iterable[Samples]) -> int:
    """How loud the noise is in dBFS, by the quietest moments of blocks of shape (1, n); digital silence is none."""
    powers = np.concatenate([np.zeros(0), *(_powers(block[0]) for block in blocks)])
    powers = powers[powers > FAINTEST]
    if not len(powers):
        return LOWEST_FLOOR_DB
    floor = _decibels(float(np.percentile(powers, QUIETEST_PERCENT))) + ABOVE_FLOOR_DB
    return round(min(max(floor, LOWEST_FLOOR_DB), HIGHEST_FLOOR_DB))


@dataclass(frozen=True, slots=True)
class SpeechLevels:
    """`speech_share`: of the time listened to, 0 to 1, None where there was none.

    `snr_db`: how far speech lies above steady noise, up to `MOST_SNR_DB`; None without half a second of speech.
    """

    speech_share: float | None
    snr_db: float | None


class SpeechMeter:
    """Takes the mono blocks of a recording of `duration_ms` at 16 kHz; listens to at most about `LISTENED_MS`."""

    def __init__(self, duration_ms: int) -> None:
        self._every = max(1, math.ceil(duration_ms / LISTENED_MS))
        self._blocks = 0
        self._speech: list[Powers] = []
        self._pauses: list[Powers] = []
        self._frames = 0

    def add(self, block: Samples) -> None:
        """Blocks of a few seconds: each is listened to alone, or not at all."""
        if self._blocks % self._every == 0:
            self._listen(block)
        self._blocks += 1

    def result(self) -> SpeechLevels:
        speech, pauses = (np.concatenate([np.zeros(0), *parts]) for parts in (self._speech, self._pauses))
        share = len(speech) / self._frames if self._frames else None
        return SpeechLevels(share, _snr(speech, pauses) if len(speech) >= FEWEST_FRAMES else None)

    def _listen(self, block: Samples) -> None:
        powers = _powers(block)
        spans = list(speech_spans([block], min_silence_ms=PAUSE_MS))
        speech = _covered(len(powers), spans, 0)
        self._frames += len(powers)
        self._speech.append(powers[speech])
        self._pauses.append(powers[~_covered(len(powers), spans, PAUSE_MS)])


def _snr(speech: Powers, pauses: Powers) -> float:
    """The median of the pauses, so that a door or a cough is no noise. Speech holds the noise too: it is subtracted."""
    if len(pauses) >= FEWEST_FRAMES:
        noise = float(np.median(pauses))
    else:
        noise = float(np.percentile(speech, QUIETEST_SPEECH_PERCENT))
    voice = max(float(speech.mean()) - noise, FAINTEST)
    return min(_decibels(voice) - _decibels(noise), MOST_SNR_DB)


def _powers(samples: Samples) -> Powers:
    """The mean power of each whole frame."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.square(whole, dtype=np.float64).mean(axis=1))


def _covered(frames: int, spans: Iterable[Span], margin_ms: int) -> NDArray[np.bool_]:
    covered = np.zeros(frames, np.bool_)
    for span in spans:
        covered[max(0, span.start_ms - margin_ms) // FRAME_MS : -(-(span.end_ms + margin_ms) // FRAME_MS)] = True
    return covered


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, FAINTEST))
