"""FFmpeg filter graphs: from a decoder's frames to float32 arrays of one rate, layout and, where asked, enhancement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

# Enhancement, after resampling, all streaming: rumble away, even loudness, broadband noise down.
# afftdn answers 25 ms late; `{lag}` samples are added behind and cut off in front, so that time stays.
FILTERS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "highpass": (("highpass", "f=80"),),
        "loudness": (("dynaudnorm", "f=250:g=15:p=0.9:m=15"),),
        "denoise": (("apad", "pad_len={lag}"), ("afftdn", "nr=12:tn=1"), ("atrim", "start_sample={lag}")),
    }
)
DENOISE_LAG_S = 0.025


@dataclass(frozen=True, slots=True)
class Recipe:
    """What should come out. `channels` None keeps the source's own; `channel` picks one, None mixes all."""

    sample_rate: int
    channels: int | None = 1
    channel: int | None = None
    filters: tuple[str, ...] = ()
    block_samples: int = 160_000


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
    for name in recipe.filters:
        for step, arguments in FILTERS[name]:
            yield step, arguments.format(lag=round(DENOISE_LAG_S * recipe.sample_rate))
    if recipe.filters:
        yield "aformat", wanted + (f":channel_layouts={layouts}" if layouts else "")


def _mix(count: int, channels: int) -> str:
    """Every channel weighs the same: a recorder's eight inputs are eight people, whatever the layout is called."""
    weight = 1 / count
    mixed = "+".join(f"{weight:.8f}*c{index}" for index in range(count))
    layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
    return "|".join([layout, *(f"c{index}={mixed}" for index in range(channels))])
