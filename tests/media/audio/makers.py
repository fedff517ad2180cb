"""Real files, made where a test needs them: every format we accept, and broken ones."""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"
RATE = 48_000


@dataclass(frozen=True, slots=True)
class Format:
    """How to make one kind of file, and what `probe` should call it."""

    suffix: str
    muxer: str
    encoder: str
    container: str
    codec: str
    rate: int = RATE
    channels: int = 2
    sample_format: str = "fltp"
    picture: str | None = None


FORMATS = (
    Format("wav", "wav", "pcm_s16le", "wav", "pcm_s16le", sample_format="s16"),
    Format("mp3", "mp3", "libmp3lame", "mp3", "mp3"),
    Format("flac", "flac", "flac", "flac", "flac", sample_format="s16"),
    Format("m4a", "ipod", "aac", "mp4", "aac"),
    Format("aac", "adts", "aac", "adts", "aac"),
    Format("ogg", "ogg", "libopus", "ogg", "opus", sample_format="flt"),
    Format("oga", "ogg", "flac", "ogg", "flac", sample_format="s16"),
    Format("opus", "opus", "libopus", "ogg", "opus", sample_format="flt"),
    Format("webm", "webm", "libopus", "webm", "opus", sample_format="flt"),
    Format("wma", "asf", "wmav2", "asf", "wmav2"),
    Format("aiff", "aiff", "pcm_s16be", "aiff", "pcm_s16be", sample_format="s16"),
    Format("amr", "amr", "libopencore_amrnb", "amr", "amr_nb", rate=8000, channels=1, sample_format="s16"),
    Format("mp4", "mp4", "aac", "mp4", "aac", picture="mpeg4"),
    Format("mov", "mov", "aac", "mov", "aac", picture="mpeg4"),
    Format("mkv", "matroska", "aac", "matroska", "aac", picture="mpeg4"),
    Format("avi", "avi", "libmp3lame", "avi", "mp3", picture="mpeg4"),
)


def by_suffix(suffix: str) -> Format:
    return next(format for format in FORMATS if format.suffix == suffix)


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0, level: float = 0.5) -> NDArray[np.float32]:
    """A sine, shape (n,)."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(seconds: float, rate: int = RATE, level: float = 0.3) -> NDArray[np.float32]:
    """Low noise, shape (n,): no two moments alike, so a shift of one sample shows."""
    rough = np.random.default_rng(7).standard_normal(round(seconds * rate))
    smooth = np.convolve(rough, np.hanning(32), mode="same")
    return np.asarray(level * smooth / np.abs(smooth).max(), np.float32)


def encode(path: Path, format: Format, samples: NDArray[np.float32], tags: dict[str, str] | None = None) -> Path:
    """Write `samples`, shape (n,) for all channels alike or (channels, n), as `format`."""
    channels = np.atleast_2d(samples)
    if channels.shape[0] != format.channels:
        channels = np.repeat(channels[:1], format.channels, axis=0)
    with av.open(str(path), mode="w", format=format.muxer) as container:
        container.metadata.update(tags or {})
        layout = "mono" if format.channels == 1 else "stereo"
        sound = container.add_stream(format.encoder, rate=format.rate, layout=layout, format=format.sample_format)
        cast(AudioStream, sound).bit_rate = 12_200 if format.encoder == "libopencore_amrnb" else 128_000
        picture = container.add_stream(format.picture, rate=10) if format.picture else None
        for packet in _pictures(cast(VideoStream, picture), channels.shape[1] / format.rate) if picture else ():
            container.mux(packet)
        for frame in frames(channels, format.rate, format.sample_format):
            container.mux(cast(AudioStream, sound).encode(frame))
        container.mux(cast(AudioStream, sound).encode(None))
    return path


def frames(channels: NDArray[np.float32], rate: int, sample_format: str, size: int = 960) -> Iterator[AudioFrame]:
    layout = "mono" if channels.shape[0] == 1 else "stereo"
    if sample_format.startswith("s16"):
        channels = np.rint(channels * 32767).astype(np.int16)
    for start in range(0, channels.shape[1], size):
        piece = channels[:, start : start + size]
        if not sample_format.endswith("p"):
            piece = piece.T.reshape(1, -1)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(piece), format=sample_format, layout=layout)
        frame.sample_rate, frame.pts = rate, start
        yield frame


def _pictures(stream: VideoStream, seconds: float) -> Iterator[av.Packet[VideoStream]]:
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    for index in range(round(seconds * 10)):
        frame = VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([index % 256]) * plane.buffer_size)
        frame.pts = index
        yield from stream.encode(frame)
    yield from stream.encode(None)


def wav(path: Path, samples: NDArray[np.float32], rate: int = 16_000) -> Path:
    """A 16-bit WAV from mono (n,) or (channels, n), by the standard library alone."""
    channels = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(channels.T * 32767).astype("<i2").tobytes())
    return path


def silent_video(path: Path, seconds: float = 1.0) -> Path:
    """A video without any sound."""
    with av.open(str(path), mode="w", format="mp4") as container:
        for packet in _pictures(container.add_stream("mpeg4", rate=10), seconds):
            container.mux(packet)
    return path


def png(path: Path) -> Path:
    with av.open(str(path), mode="w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        container.mux(stream.encode(VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def unknown_codec(path: Path) -> Path:
    """A well-formed WAV whose samples are in a format that nobody knows (tag 0xBEEF)."""
    data = bytes(4000)
    header = struct.pack("<HHIIHH", 0xBEEF, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def silent_amr(path: Path, frames: int = 50) -> Path:
    """AMR narrow-band by hand: the magic, then 20 ms frames of mode 0 (4.75 kbit/s, 12 bytes) with zero bits."""
    path.write_bytes(b"#!AMR\n" + (b"\x04" + bytes(12)) * frames)
    return path


def with_gap(path: Path, first_s: float, gap_s: float, second_s: float) -> Path:
    """Matroska whose timestamps jump: sound, nothing for `gap_s`, sound."""
    rate = 16_000
    with av.open(str(path), mode="w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout="mono", format="s16")
        for frame in frames(np.atleast_2d(tone(first_s + second_s, rate)), rate, "s16"):
            if cast(int, frame.pts) >= first_s * rate:
                frame.pts = cast(int, frame.pts) + round(gap_s * rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def without_duration(path: Path, seconds: float) -> Path:
    """WebM as a browser's MediaRecorder writes it: to a pipe, so with no duration and no index."""
    format = by_suffix("webm")
    with path.open("wb") as file:
        pipe = _Pipe(file.write)
        with av.open(pipe, mode="w", format="webm", options={"live": "1"}) as container:
            stream = container.add_stream("libopus", rate=RATE, layout="mono", format="flt")
            for frame in frames(np.atleast_2d(noise(seconds)), RATE, format.sample_format):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


class _Pipe:
    def __init__(self, write: object) -> None:
        self.write = write
