"""A recording as a stream of float32 samples, and back into FLAC. Memory does not grow with the length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from media.audio.frames import timed_frames
from media.audio.graph import FILTERS, Pipeline, Recipe, Samples, frame_kind
from media.audio.noise import NOISE_SAMPLE_MS, noise_floor
from media.audio.source import audio_stream, open_source

SAMPLE_RATE = 16_000
BLOCK_MS = 10_000
FULL_SCALE = 32_767

Progress = Callable[[int], None]


def decode(
    path: str | Path,
    *,
    start_ms: int = 0,
    end_ms: int | None = None,
    channel: int | None = None,
    sample_rate: int = SAMPLE_RATE,
    filters: Iterable[str] = (),
    block_ms: int = BLOCK_MS,
) -> Iterator[Samples]:
    """Mono blocks, shape (n,), in [-1, 1], of up to `block_ms`; the first sample is the one at `start_ms`.

    `channel` None mixes all channels evenly, an index takes that one alone. `filters` are names out of `FILTERS`.
    Raises `MediaError` for a file that cannot be used, `ValueError` for a channel or filter that does not exist.
    """
    filters = tuple(filters)
    if unknown := set(filters) - set(FILTERS):
        raise ValueError(f"unknown filters: {', '.join(sorted(unknown))}")
    recipe = Recipe(sample_rate, 1, channel, filters, _samples(block_ms, sample_rate))
    return (block[0] for block in _run(path, recipe, start_ms, end_ms))


def decode_channels(
    path: str | Path,
    *,
    start_ms: int = 0,
    end_ms: int | None = None,
    sample_rate: int = SAMPLE_RATE,
    block_ms: int = BLOCK_MS,
) -> Iterator[Samples]:
    """All channels side by side: blocks of shape (channels, n). Else as `decode`.

    The first frame decides how many channels there are; a later part with another number is mixed and repeated.
    """
    recipe = Recipe(sample_rate, None, None, (), _samples(block_ms, sample_rate))
    return _run(path, recipe, start_ms, end_ms)


def decode_stereo(path: str | Path, channels: int, sample_rate: int, block_ms: int = BLOCK_MS) -> Iterator[Samples]:
    """Blocks of shape (channels, n) with 1 or 2 channels, other numbers mixed evenly: what a player needs."""
    return _run(path, Recipe(sample_rate, channels, None, (), _samples(block_ms, sample_rate)), 0, None)


def _samples(milliseconds: int, sample_rate: int) -> int:
    return milliseconds * sample_rate // 1000


def _run(path: str | Path, recipe: Recipe, start_ms: int, end_ms: int | None) -> Iterator[Samples]:
    first = _samples(start_ms, recipe.sample_rate)
    last = None if end_ms is None else _samples(end_ms, recipe.sample_rate)
    if "denoise" in recipe.filters:
        recipe = replace(recipe, noise_floor_db=_noise_floor(path, recipe, start_ms, end_ms))
    with open_source(path) as container:
        index = None
        for at, block in _blocks(container, audio_stream(container), recipe, start_ms / 1000):
            index = at if index is None else index
            begin, end = max(0, first - index), block.shape[1] if last is None else last - index
            if block[:, begin:end].shape[1] and end > 0:
                yield block[:, begin:end]
            index += block.shape[1]
            if last is not None and index >= last:
                return


def _noise_floor(path: str | Path, recipe: Recipe, start_ms: int, end_ms: int | None) -> int:
    """Of the first minute of what will be decoded, read once more than needed for the sound itself."""
    heard_ms = start_ms + NOISE_SAMPLE_MS
    return noise_floor(_run(path, replace(recipe, filters=()), start_ms, min(end_ms or heard_ms, heard_ms)))


def _blocks(
    container: InputContainer, stream: AudioStream, recipe: Recipe, start_s: float
) -> Iterator[tuple[int, Samples]]:
    """Blocks, each with the output index of its pipeline's first sample. A change of format starts a new pipeline."""
    pipeline: Pipeline | None = None
    for time_s, frame in timed_frames(container, stream, start_s):
        if pipeline is None or pipeline.kind != frame_kind(frame):
            if pipeline is not None:
                yield from ((pipeline.first_index, block) for block in pipeline.finish())
            elif recipe.channels is None:
                recipe = _keep_channels(recipe, frame)
            pipeline = Pipeline(frame, time_s, recipe)
        pipeline.push(frame)
        for block in pipeline.ready():
            yield pipeline.first_index, block
    if pipeline is not None:
        yield from ((pipeline.first_index, block) for block in pipeline.finish())


def _keep_channels(recipe: Recipe, frame: AudioFrame) -> Recipe:
    return Recipe(recipe.sample_rate, frame.layout.nb_channels, None, recipe.filters, recipe.block_samples)


def to_int16(block: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Float samples in [-1, 1] as 16-bit ones; what lies outside is clipped."""
    return np.rint(np.clip(block, -1.0, 1.0) * FULL_SCALE).astype(np.int16)


def write_flac(
    path: str | Path,
    blocks: Iterable[Samples],
    sample_rate: int = SAMPLE_RATE,
    *,
    on_progress: Progress | None = None,
) -> int:
    """Write mono blocks of shape (n,) as 16-bit FLAC. Returns the length in milliseconds."""
    done = 0
    with av.open(str(path), mode="w", format="flac") as container:
        stream = container.add_stream("flac", rate=sample_rate, layout="mono", format="s16")
        for block in blocks:
            frame = AudioFrame.from_ndarray(to_int16(block)[np.newaxis], format="s16", layout="mono")
            frame.sample_rate = sample_rate
            frame.pts = done
            container.mux(stream.encode(frame))
            done += block.shape[0]
            if on_progress:
                on_progress(done * 1000 // sample_rate)
        container.mux(stream.encode(None))
    return done * 1000 // sample_rate
