"""FFmpeg filter graphs: from a decoder's frames to float32 arrays of one rate, layout and, where asked, enhancement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from errno import EAGAIN
from types import MappingProxyType
from typing import TypeAlias, cast

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

from media.audio.frames import buffer_source, silence

Samples: TypeAlias = NDArray[np.float32]

# Enhancement, after resampling, all streaming, in this order whatever the order asked for: rumble and hum away, steady
# noise down, even loudness. Three sections make a Butterworth of the sixth order: 50 Hz falls by 30 dB, 60 Hz by 21 dB.
# afftdn answers 25 ms late; `{lag}` samples are added behind and cut off in front, so that time stays. Its own search
# for the noise (tn=1) finds none under speech, so `{floor}` is measured before. loudnorm hits its target more exactly
# than dynaudnorm, at 25 times the cost.
FILTERS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "highpass": tuple(("highpass", f"f=90:t=q:w={q}") for q in (0.5176, 0.7071, 1.9319)),
        "denoise": (("apad", "pad_len={lag}"), ("afftdn", "nr=12:nf={floor}"), ("atrim", "start_sample={lag}")),
        "loudness": (("dynaudnorm", "f=500:g=15:p=0.9:m=100:r=0.2"),),
    }
)
DENOISE_LAG_S = 0.025
LOWEST_FLOOR_DB, HIGHEST_FLOOR_DB = -80, -20  # what afftdn takes


@dataclass(frozen=True, slots=True)
class Recipe:
    """What should come out. `channels` None keeps the source's own; `channel` picks one, None mixes all.

    `noise_floor_db`: how loud the noise is that "denoise" takes away, in dBFS.
    """

    sample_rate: int
    channels: int | None = 1
    channel: int | None = None
    filters: tuple[str, ...] = ()
    block_samples: int = 160_000
    noise_floor_db: int = LOWEST_FLOOR_DB


def frame_kind(frame: AudioFrame) -> tuple[str, str, int]:
    """A graph is built for one kind of frame; another kind needs another graph."""
    return frame.format.name, frame.layout.name, frame.sample_rate


class Pipeline:
    """Frames of one kind in, arrays of shape (channels, n) out, the first sample at `first_index` of the output."""

    def __init__(self, template: AudioFrame, start_s: float, recipe: Recipe) -> None:
        self.kind = frame_kind(template)
        self._rate = template.sample_rate
        self._graph = _build(template, recipe)
        self._graph.set_audio_frame_size(recipe.block_samples)
        self._batch = max(1, recipe.block_samples * self._rate // recipe.sample_rate)
        self._waiting = 0
        self.first_index = self._align(template, start_s, recipe.sample_rate)

    def _align(self, template: AudioFrame, start_s: float, out_rate: int) -> int:
        """Start on a sample that both rates share, so that a later start gives the very samples of a full run."""
        step = self._rate // int(np.gcd(self._rate, out_rate))
        start = round(start_s * self._rate)
        lead = start % step
        for frame in silence(template, lead):
            self.push(frame)
        return (start - lead) * out_rate // self._rate

    def push(self, frame: AudioFrame) -> None:
        frame.pts = None
        self._graph.push(frame)
        self._waiting += frame.samples

    def ready(self) -> Iterator[Samples]:
        """Blocks that are full. Costs nothing until a block's worth of input is there."""
        if self._waiting >= self._batch:
            self._waiting %= self._batch
            yield from self._pull()

    def finish(self) -> Iterator[Samples]:
        """The rest. Nothing may be pushed afterwards."""
        self._graph.push(None)
        yield from self._pull()

    def _pull(self) -> Iterator[Samples]:
        while True:
            try:
                frame = self._graph.pull()
            except EOFError:
                return
            except av.error.FFmpegError as error:
                if error.errno == EAGAIN:
                    return
                raise
            yield _planes(cast(AudioFrame, frame))


def _planes(frame: AudioFrame) -> Samples:
    interleaved = cast(Samples, frame.to_ndarray())
    return np.ascontiguousarray(interleaved.reshape(-1, frame.layout.nb_channels).T)


def _build(frame: AudioFrame, recipe: Recipe) -> Graph:
    graph = Graph()
    nodes = [buffer_source(graph, frame)]
    nodes += [graph.add(name, arguments) for name, arguments in _steps(frame, recipe)]
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes)
    graph.configure()
    return graph


def _steps(frame: AudioFrame, recipe: Recipe) -> Iterator[tuple[str, str]]:
    count = frame.layout.nb_channels
    wanted = f"sample_rates={recipe.sample_rate}:sample_fmts=flt"
    layouts = {1: "mono", 2: "stereo"}.get(recipe.channels or 0)
    if recipe.channel is not None:
        if not 0 <= recipe.channel < count:
            raise ValueError(f"channel {recipe.channel} of {count}")
        yield "pan", f"mono|c0=c{recipe.channel}"
    elif recipe.channels is not None and count != recipe.channels:
        yield "pan", _mix(count, recipe.channels)
    elif recipe.channels is None:
        layouts = None
    yield "aformat", wanted + (f":channel_layouts={layouts}" if layouts else "")
    lag = round(DENOISE_LAG_S * recipe.sample_rate)
    for name in FILTERS:
        for step, arguments in FILTERS[name] if name in recipe.filters else ():
            yield step, arguments.format(lag=lag, floor=recipe.noise_floor_db)
    if recipe.filters:
        yield "aformat", wanted + (f":channel_layouts={layouts}" if layouts else "")


def described(filters: Collection[str]) -> dict[str, list[str]]:
    """What each of the filters does, in FFmpeg's words and in the order in which it is done."""
    words = {"lag": f"{DENOISE_LAG_S:g}s", "floor": "measured"}
    return {
        name: [f"{step}={arguments.format(**words)}" for step, arguments in steps]
        for name, steps in FILTERS.items()
        if name in filters
    }


def _mix(count: int, channels: int) -> str:
    """Every channel weighs the same: a recorder's eight inputs are eight people, whatever the layout is called."""
    weight = 1 / count
    mixed = "+".join(f"{weight:.8f}*c{index}" for index in range(count))
    layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
    return "|".join([layout, *(f"c{index}={mixed}" for index in range(channels))])
