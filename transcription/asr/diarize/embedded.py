"""Who speaks when, by voice, with no torch and no download: voice vectors of short windows, clustered."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcription.asr.diarize.base import TURN_GAP_MS, joined, speaker_names
from transcription.asr.diarize.checkpoint import MODEL_ID, load_weights
from transcription.asr.diarize.clustering import MOST_VOICES, Voices, cluster
from transcription.asr.diarize.voices import WINDOW_MS, WINDOW_SAMPLES, VoiceEncoder, unit
from transcription.asr.types import SAMPLE_RATE, Diarization, Span, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from transcription.asr.diarize.voices import Floats
    from transcription.asr.options import DiarizationOptions
    from transcription.asr.types import Chunk

STEP_MS = 400
GRID_MS = 50
VOTE_SPREAD_MS = 450.0
SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(slots=True)
class _Heard:
    """All windows so far: a region is one stretch of speech and owns `counts[i]` windows in a row."""

    regions: list[Span] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    windows: list[Span] = field(default_factory=list)
    vectors: list[Floats] = field(default_factory=list)


def diarize(
    chunks: Iterable[Chunk],
    options: DiarizationOptions,
    *,
    cache_dir: Path,
    on_progress: Callable[[int], None] | None = None,
) -> Diarization:
    """Turns of the voices in a stream of chunks that carry their speech.

    Holds one chunk and 1 KB for each 0.4 s of speech. `cache_dir` keeps the converted weights. `on_progress` gets
    the recording time reached. Raises EngineError `diarization_unavailable` where the weights are not installed.
    """
    encoder = VoiceEncoder(load_weights(cache_dir))
    heard = _Heard()
    for chunk in chunks:
        _listen(chunk, encoder, heard)
        if on_progress:
            on_progress(chunk.end_ms)
    if not heard.windows:
        return Diarization((), "embedded", model=MODEL_ID)
    vectors = np.concatenate(heard.vectors)
    fewest, most = bounds(options)
    return _diarization(heard, vectors, cluster(vectors, fewest=fewest, most=most))


def bounds(options: DiarizationOptions) -> tuple[int, int]:
    """(fewest, most) speakers allowed."""
    if options.speakers:
        return options.speakers, options.speakers
    fewest = options.min_speakers or 1
    return fewest, max(fewest, options.max_speakers or MOST_VOICES)


def _listen(chunk: Chunk, encoder: VoiceEncoder, heard: _Heard) -> None:
    windows: list[Span] = []
    for region in chunk.speech:
        cut = list(windows_of(region))
        heard.regions.append(region)
        heard.counts.append(len(cut))
        windows += cut
    if windows:
        heard.windows += windows
        heard.vectors.append(encoder.embed(np.stack([_window_samples(chunk, window) for window in windows])))


def windows_of(region: Span) -> Iterator[Span]:
    """Overlapping windows over a region; the last one ends with it. A short region is one short window."""
    spare = max(0, region.duration_ms - WINDOW_MS)
    for index in range(-(-spare // STEP_MS) + 1):
        start = region.start_ms + min(index * STEP_MS, spare)
        yield Span(start, min(region.end_ms, start + WINDOW_MS))


def _window_samples(chunk: Chunk, window: Span) -> Floats:
    first, last = ((edge - chunk.start_ms) * SAMPLES_PER_MS for edge in (window.start_ms, window.end_ms))
    samples = chunk.samples[first:last]
    if len(samples) == WINDOW_SAMPLES:
        return samples
    return np.resize(samples if len(samples) else np.zeros(1, np.float32), WINDOW_SAMPLES)  # repeated until it is full


def _diarization(heard: _Heard, vectors: Floats, voices: Voices) -> Diarization:
    scores = vectors @ voices.centers.T
    raw: list[tuple[int, int, int]] = []  # start, end, voice
    at = 0
    for region, count in zip(heard.regions, heard.counts, strict=True):
        raw.extend(_vote(region, heard.windows[at : at + count], scores[at : at + count]))
        at += count
    names = speaker_names(voice for _, _, voice in raw)
    turns = joined((Turn(start, end, names[voice]) for start, end, voice in raw), gap_ms=TURN_GAP_MS)
    embeddings = {name: _voice_vector(vectors, voices, voice) for voice, name in names.items()}
    return Diarization(tuple(turns), "embedded", embeddings, MODEL_ID)


def _vote(region: Span, windows: list[Span], scores: Floats) -> Iterator[tuple[int, int, int]]:
    """(start, end, voice) over a region: every 50 ms the windows around vote, the nearer the louder."""
    times = np.arange(region.start_ms, region.end_ms, GRID_MS)
    starts, ends = (np.array([getattr(w, edge) for w in windows]) for edge in ("start_ms", "end_ms"))
    inside = (times[:, None] >= starts) & (times[:, None] < ends)
    distance = (times[:, None] - (starts + ends) / 2) / VOTE_SPREAD_MS
    winners: NDArray[np.int64] = ((inside * np.exp(-np.square(distance))) @ scores).argmax(axis=1)
    changes = [0, *(np.flatnonzero(np.diff(winners)) + 1).tolist(), len(times)]
    for first, last in pairwise(changes):
        end = region.end_ms if last == len(times) else int(times[last])
        yield int(times[first]), end, int(winners[first])


def _voice_vector(vectors: Floats, voices: Voices, voice: int) -> tuple[float, ...]:
    members = vectors[voices.labels == voice]
    center = unit(members.mean(axis=0)) if len(members) else voices.centers[voice]
    return tuple(round(float(value), 5) for value in center)
