"""A copy that every browser plays and seeks in, where the recording itself is not one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from media.audio.decode import Progress, decode_stereo
from media.audio.graph import Samples
from media.audio.probe import Probe, Video
from media.audio.source import audio_stream, open_source

# What Chromium, Firefox and Safari all play.
PLAYABLE_PCM = frozenset({"pcm_u8", "pcm_s16le"})
PLAYABLE_PIXELS = frozenset({"yuv420p", "yuvj420p"})
AAC_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
BIT_RATE_A_CHANNEL = 64_000
STEREO = 2
PROGRESS_S = 30
FASTSTART = {"movflags": "+faststart"}  # the index first, so that playing starts before the file is there


class PlaybackPlan(StrEnum):
    NONE = "none"
    REMUX = "remux"
    ENCODE = "encode"


def playback_plan(probe: Probe) -> PlaybackPlan:
    """What a browser needs: nothing, the same packets in an MP4, or its sound encoded anew."""
    if _plays_as_it_is(probe):
        return PlaybackPlan.NONE
    return PlaybackPlan.REMUX if probe.codec == "aac" else PlaybackPlan.ENCODE


def _plays_as_it_is(probe: Probe) -> bool:
    if probe.container == "mp4":
        return probe.codec == "aac" and (probe.video is None or _plays(probe.video))
    if probe.container == "wav":
        return probe.codec in PLAYABLE_PCM and probe.channels <= STEREO
    return (probe.container, probe.codec) == ("mp3", "mp3")


def _plays(video: Video) -> bool:
    return video.codec == "h264" and video.pixel_format in PLAYABLE_PIXELS


def make_playback(path: str | Path, out_path: str | Path, probe: Probe, *, on_progress: Progress | None = None) -> str:
    """Write an MP4 to `out_path` and return its media type. Keeps the picture only where it need not be encoded.

    Raises `MediaError` as `decode` does; what `on_progress` raises passes through.
    """
    if playback_plan(probe) is PlaybackPlan.REMUX:
        try:
            return _remux(path, out_path, probe, on_progress)
        except av.error.FFmpegError:  # packets that an MP4 will not hold, such as ones without timestamps
            pass
    _encode(path, out_path, probe, on_progress)
    return "audio/mp4"


def _encode(path: str | Path, out_path: str | Path, probe: Probe, on_progress: Progress | None) -> None:
    # A stereo call keeps its sides, eight inputs do not.
    channels = STEREO if probe.channels == STEREO else 1
    rate = next((rate for rate in AAC_RATES if rate >= probe.sample_rate), AAC_RATES[-1])
    layout = "stereo" if channels == STEREO else "mono"
    with av.open(str(out_path), mode="w", format="mp4", options=FASTSTART) as output:
        stream = output.add_stream("aac", rate=rate, layout=layout, format="fltp")
        stream.bit_rate = BIT_RATE_A_CHANNEL * channels
        done = 0
        for block in decode_stereo(path, channels, rate):
            output.mux(stream.encode(_frame(block, rate, layout, done)))
            done += block.shape[1]
            if on_progress:
                on_progress(done * 1000 // rate)
        output.mux(stream.encode(None))


def _frame(block: Samples, rate: int, layout: str, pts: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=layout)
    frame.sample_rate = rate
    frame.pts = pts
    return frame


def _remux(path: str | Path, out_path: str | Path, probe: Probe, on_progress: Progress | None) -> str:
    with open_source(path) as source, av.open(str(out_path), mode="w", format="mp4", options=FASTSTART) as output:
        video = _video_stream(source) if probe.video and _plays(probe.video) else None
        streams: list[Stream] = [audio_stream(source), *([video] if video else [])]
        _copy(source, output, streams, on_progress)
    return "video/mp4" if video else "audio/mp4"


def _video_stream(source: InputContainer) -> VideoStream | None:
    return next((stream for stream in source.streams.video if stream.codec_context.name == "h264"), None)


def _copy(source: InputContainer, output: OutputContainer, streams: list[Stream], on_progress: Progress | None) -> None:
    copies = {stream.index: output.add_stream_from_template(stream) for stream in streams}
    for packet in _reported(source.demux(streams), streams[0], on_progress):
        if packet.dts is not None:
            packet.stream = copies[packet.stream_index]
            output.mux(packet)


def _reported(
    packets: Iterable[av.Packet[Stream]], sound: Stream, on_progress: Progress | None
) -> Iterator[av.Packet[Stream]]:
    """The packets, with word of how far the sound has come every 30 s of it."""
    reported = 0
    for packet in packets:
        at = int(packet.pts * packet.time_base) if packet.pts is not None and packet.stream is sound else 0
        yield packet
        if on_progress and at >= reported + PROGRESS_S:
            reported = at
            on_progress(at * 1000)
