"""Decoded frames on the recording's own timeline: gaps filled with silence, damage skipped, any start reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.filter.context import FilterContext

from media.audio.source import nothing_heard, packets

DRIFT_S = 0.1  # smaller disagreements of timestamps are jitter, as FFmpeg's aresample has it
LONGEST_GAP_S = 1800.0  # a longer jump is a clock that was set, not sound that is missing
REPEAT_S = 1.0  # a repeated packet goes back by little; further back, two files glued together start counting anew
PREROLL_S = 1.0  # decoders need some packets before they are right again
SILENCE_PIECE_S = 1.0
# SECURITY: a header that claims 1 Hz would turn a small file into days of sound, in one piece.
LOWEST_RATE = 1_000

# Their packets carry no time of their own: a seek lands near, never on, the sample. Packets are counted instead.
COUNTED = frozenset({"mp3", "aac", "amr", "asf"})


@dataclass(slots=True)
class Clock:
    """Follows time, in seconds, by counting samples, and compares it with the timestamps of the file."""

    tick_s: float
    container_start_s: float | None
    counted: bool = False
    origin_s: float | None = None
    position_s: float | None = 0.0
    rate: int = 0

    def start(self, frame: AudioFrame) -> None:
        """Put zero at the start of the container where sound sets in later than, say, the picture."""
        self.rate = frame.sample_rate
        if frame.pts is None:
            return
        first = frame.pts * self.tick_s
        late = first - self.container_start_s if self.container_start_s is not None else 0.0
        self.origin_s = first - late if DRIFT_S < late <= LONGEST_GAP_S else first

    def time_of(self, pts: int | None) -> float | None:
        return None if pts is None or self.origin_s is None else pts * self.tick_s - self.origin_s

    def gap_before(self, frame: AudioFrame, length_s: float) -> float:
        """Seconds missing before `frame`; negative where the whole frame lies in time already covered."""
        time = self.time_of(frame.pts)
        if self.position_s is None:  # after a jump: nothing is placed before the first timestamp tells where we are
            self.position_s = time
        if self.position_s is None:
            return -length_s
        gap = 0.0 if time is None else time - self.position_s
        if abs(gap) <= max(DRIFT_S, length_s if gap < 0 else 0.0):
            return 0.0
        recounted = self.counted and frame.sample_rate != self.rate  # by the rate of the first part
        if gap > LONGEST_GAP_S or gap < -REPEAT_S or recounted:
            self.origin_s = (self.origin_s or 0.0) + gap
            return 0.0
        return gap


def clock_for(container: InputContainer, stream: AudioStream) -> Clock:
    start = container.start_time
    return Clock(
        tick_s=float(stream.time_base) if stream.time_base else 0.0,
        container_start_s=None if start is None else start / av.time_base,
        counted=container.format.name in COUNTED,
    )


def timed_frames(
    container: InputContainer, stream: AudioStream, start_s: float = 0.0
) -> Iterator[tuple[float, AudioFrame]]:
    """Frames with their start in seconds from the start of the recording, without holes and in order.

    The first frame lies at or, by up to about a second, before `start_s`. Raises `MediaError` when nothing decodes.
    """
    clock = clock_for(container, stream)
    for frame in _frames(container, stream, clock, start_s):
        length_s = frame.samples / frame.sample_rate
        gap = clock.gap_before(frame, length_s)
        if gap < 0:
            continue
        position = clock.position_s or 0.0
        for filling in silence(frame, round(gap * frame.sample_rate)):
            yield position, filling
            position += filling.samples / frame.sample_rate
        yield position, frame
        clock.position_s = position + length_s


def _frames(container: InputContainer, stream: AudioStream, clock: Clock, start_s: float) -> Iterator[AudioFrame]:
    seen = 0
    source = packets(container, stream)
    for packet in source:
        seen += packet.size > 0
        frames = decode_packet(packet)
        if not frames:
            continue
        clock.start(frames[0])
        if start_s <= PREROLL_S or clock.origin_s is None:
            yield from frames
        else:
            source = _from(container, stream, source, clock, start_s - PREROLL_S)
        break
    else:
        raise nothing_heard(container, stream, seen)
    for packet in source:
        yield from decode_packet(packet)


def _from(
    container: InputContainer,
    stream: AudioStream,
    source: Iterator[av.Packet[AudioStream]],
    clock: Clock,
    target_s: float,
) -> Iterator[av.Packet[AudioStream]]:
    """Packets from `target_s` on: by seeking where that is exact, else by reading past the ones before."""
    clock.position_s = None
    if container.format.name not in COUNTED:
        try:
            container.seek(int((target_s + (clock.origin_s or 0.0)) / clock.tick_s), stream=stream)
            source = packets(container, stream)
        except av.error.FFmpegError:
            pass
    stream.codec_context.flush_buffers()
    for packet in source:
        time = clock.time_of(packet.pts)
        if time is not None and time >= target_s:
            yield packet
            break
    yield from source


def decode_packet(packet: av.Packet[AudioStream]) -> list[AudioFrame]:
    """The frames in `packet`, none where it is damaged."""
    try:
        return [frame for frame in packet.decode() if frame.samples and frame.sample_rate >= LOWEST_RATE]
    except av.error.FFmpegError:
        return []


def silence(like: AudioFrame, samples: int) -> Iterator[AudioFrame]:
    """`samples` of silence in frames of the very format, layout and rate of `like`, at most a second each.

    Made by a filter graph, because PyAV 18 crashes when it touches the planes of planar frames with 8 channels.
    """
    if samples <= 0:
        return
    graph = Graph()
    nodes = [
        buffer_source(graph, like),
        graph.add("volume", "volume=0"),
        graph.add("apad", f"whole_len={samples}"),
        graph.add("atrim", f"end_sample={samples}"),
        graph.add("aformat", f"sample_fmts={like.format.name}"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes)
    graph.configure()
    graph.set_audio_frame_size(min(samples, round(SILENCE_PIECE_S * like.sample_rate)))
    pts, like.pts = like.pts, None
    graph.push(like)
    graph.push(None)
    like.pts = pts
    with suppress(EOFError):
        while True:
            yield cast(AudioFrame, graph.pull())


def buffer_source(graph: Graph, like: AudioFrame) -> FilterContext:
    """Where frames such as `like` enter `graph`."""
    return graph.add(
        "abuffer",
        sample_rate=str(like.sample_rate),
        sample_fmt=like.format.name,
        channel_layout=like.layout.name,
        time_base=f"1/{like.sample_rate}",
    )
