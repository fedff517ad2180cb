"""What a file is: its real length, its sound, its picture, its tags. The header is checked against the packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from media.audio.errors import MediaError
from media.audio.frames import Clock, clock_for, decode_packet
from media.audio.source import audio_stream, declared_seconds, nothing_heard, open_source, packets, read_head

CONTAINERS = {"aac": "adts", "matroska,webm": "matroska", "mov,mp4,m4a,3gp,3g2,mj2": "mp4"}
HEADERLESS = frozenset({"mp3", "aac", "amr"})  # the length in their header is a guess from the bit rate, or missing
TAIL_S = 2.0
PROGRESS_S = 30.0
MOST_TAGS = 50
LONGEST_KEY = 64
LONGEST_VALUE = 500
TECHNICAL_TAGS = frozenset(
    {
        "duration",
        "language",
        "major_brand",
        "minor_version",
        "compatible_brands",
        "creation_time",
        "encoder",
        "handler_name",
        "vendor_id",
    }
)
EARLIEST_YEAR = 1971  # cameras without a clock write the zero of theirs: 1904 or 1970


@dataclass(frozen=True, slots=True)
class Video:
    """`frame_rate` in frames a second, None where it varies or is unknown."""

    width: int
    height: int
    frame_rate: float | None
    codec: str
    pixel_format: str | None


@dataclass(frozen=True, slots=True)
class Probe:
    """`duration_ms` is where the sound ends, counted from the start of the recording: what `decode` gives, to a packet.

    `container`: mp3 wav flac adts ogg matroska webm asf aiff amr mp4 mov avi. `codec` and `Video.codec`: FFmpeg's
    names. `bit_rate` in bits a second, of the sound where known. `created_at` is aware, in UTC.
    """

    duration_ms: int
    container: str
    codec: str
    bit_rate: int | None
    sample_rate: int
    channels: int
    video: Video | None = None
    created_at: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)


def probe(
    path: str | Path,
    max_duration_ms: int | None = None,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> Probe:
    """Examine `path`. Raises `MediaError` for a file that cannot be used or is longer than `max_duration_ms`."""
    with open_source(path) as container:
        stream = audio_stream(container)
        frame, clock = _first_frame(container, stream)
        seconds = _end(container, stream, clock, on_progress)
        duration_ms = max(1, round(seconds * 1000))
        if max_duration_ms is not None and duration_ms > max_duration_ms:
            raise MediaError("too_long")
        return Probe(
            duration_ms=duration_ms,
            container=_container_name(container, path),
            codec=stream.codec_context.codec.canonical_name,
            bit_rate=_bit_rate(container, stream, seconds),
            sample_rate=frame.sample_rate,
            channels=frame.layout.nb_channels,
            video=_video(container),
            created_at=_created_at(container),
            tags=_tags(container, stream),
        )


def _first_frame(container: InputContainer, stream: AudioStream) -> tuple[AudioFrame, Clock]:
    """Proof that something decodes, and a clock that starts there."""
    clock, seen = clock_for(container, stream), 0
    for packet in packets(container, stream):
        seen += packet.size > 0
        for frame in decode_packet(packet):
            clock.start(frame)
            return frame, clock
    raise nothing_heard(container, stream, seen)


def _end(
    container: InputContainer, stream: AudioStream, clock: Clock, on_progress: Callable[[int], None] | None
) -> float:
    """Where the last packet ends, in seconds: read near the end if the header leads there, else from the start."""
    declared = declared_seconds(container, stream)
    if container.format.name not in HEADERLESS and declared > TAIL_S:
        target = int((declared - TAIL_S + (clock.origin_s or 0.0)) / clock.tick_s)
        if _seek(container, stream, target) and (end := _last_end(_reading(container, stream, clock, None))):
            return end
    _seek(container, stream, 0)
    return _last_end(_reading(container, stream, clock, on_progress))


def _seek(container: InputContainer, stream: AudioStream, target: int) -> bool:
    try:
        container.seek(target, stream=stream)
    except av.error.FFmpegError:
        return False
    return True


def _reading(
    container: InputContainer, stream: AudioStream, clock: Clock, on_progress: Callable[[int], None] | None
) -> Iterator[tuple[float, float, av.Packet[AudioStream]]]:
    """Packets with their start and length in seconds. Where a file tells neither, they are decoded and counted."""
    position, length, reported = 0.0, 0.0, 0.0
    for packet in packets(container, stream):
        if not packet.size:
            continue
        time = clock.time_of(packet.pts)
        if packet.duration:
            length = packet.duration * clock.tick_s
        elif time is None:
            length = sum(frame.samples / frame.sample_rate for frame in decode_packet(packet))
        elif time > position:
            length = time - position
        position = position + length if time is None else time
        yield position, length, packet
        if on_progress and position >= reported + PROGRESS_S:
            reported = position
            on_progress(round(position * 1000))


def _last_end(reading: Iterator[tuple[float, float, av.Packet[AudioStream]]]) -> float:
    end, usual, last, last_length = 0.0, 0.0, None, 0.0
    for position, length, packet in reading:
        usual = max(usual, length)
        if position + length >= end:
            end, last, last_length = position + length, packet, length
    if last is None or last_length < usual:  # a shorter last packet has its padding taken off already
        return end
    return end - _padding(last) / last.stream.codec_context.sample_rate


def _padding(packet: av.Packet[AudioStream]) -> int:
    """Samples the encoder added to fill its last packet: the second 32-bit field of FFmpeg's `skip_samples`."""
    if not packet.has_sidedata("skip_samples"):
        return 0
    return int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[4:8], "little")


def _container_name(container: InputContainer, path: str | Path) -> str:
    name = CONTAINERS.get(container.format.name, container.format.name)
    if name == "mp4" and container.metadata.get("major_brand", "qt  ").strip() == "qt":
        return "mov"
    if name == "matroska":
        with Path(path).open("rb") as file:
            return "webm" if b"webm" in read_head(file) else name
    return name


def _bit_rate(container: InputContainer, stream: AudioStream, seconds: float) -> int | None:
    if stream.codec_context.bit_rate:
        return stream.codec_context.bit_rate
    if container.streams.video or seconds <= 0:
        return None
    return round(container.size * 8 / seconds)


def _video(container: InputContainer) -> Video | None:
    for stream in container.streams.video:
        if not _is_picture(stream):
            context = stream.codec_context
            rate = stream.average_rate
            return Video(
                width=context.width,
                height=context.height,
                frame_rate=round(float(rate), 3) if rate else None,
                codec=context.codec.canonical_name,
                pixel_format=context.pix_fmt,
            )
    return None


def _is_picture(stream: VideoStream) -> bool:
    still = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    return stream.codec_context is None or bool(stream.disposition & still) or stream.codec_context.width <= 0


def _created_at(container: InputContainer) -> datetime | None:
    text = container.metadata.get("creation_time") or container.metadata.get("CREATION_TIME") or ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if moment.year >= EARLIEST_YEAR else None


def _tags(container: InputContainer, stream: AudioStream) -> dict[str, str]:
    """Titles, artists and the like, with lower-case keys; control characters, which JSON columns refuse, taken out."""
    tags: dict[str, str] = {}
    for key, value in (*container.metadata.items(), *stream.metadata.items()):
        name, text = _clean(key)[:LONGEST_KEY].lower(), _clean(value)[:LONGEST_VALUE]
        if name and text and name not in TECHNICAL_TAGS and len(tags) < MOST_TAGS:
            tags.setdefault(name, text)
    return tags


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
