"""Opening a file nobody trusts: by content, from an allow-list, with no way to reach another file or the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer

from media.audio.errors import MediaError

# FFmpeg's own demuxer names.
# SECURITY: playlists (hls, concat, sdp, dash) are absent: they make the reader open other addresses.
DEMUXERS = ("mp3", "wav", "flac", "mov", "aac", "ogg", "matroska", "asf", "aiff", "amr", "avi")

HEAD_BYTES = 64
SIGNATURES: tuple[tuple[int, bytes], ...] = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"RIFF"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"FORM"),
    (0, b"#!AMR"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"0&\xb2u\x8ef\xcf\x11"),
)
MOST_READ_FAILURES = 50


@contextmanager
def open_source(path: str | Path) -> Iterator[InputContainer]:
    """Open `path` for reading. Raises `MediaError`; a missing or unreadable path raises `OSError` as ever."""
    with Path(path).open("rb") as file:
        container = _open(file)
        with container:
            yield container


def _open(file: IO[bytes]) -> InputContainer:
    # SECURITY: with `fd` as the only protocol a hostile file has no way to name another one, and with no file name
    # to look at, the format is judged by content alone.
    options = {"fd": str(file.fileno()), "protocol_whitelist": "fd", "format_whitelist": ",".join(DEMUXERS)}
    try:
        return av.open("fd:", mode="r", container_options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(_why_unreadable(read_head(file))) from error


def read_head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _why_unreadable(head: bytes) -> str:
    if not head:
        return "empty_audio"
    known = any(head[at : at + len(mark)] == mark for at, mark in SIGNATURES)
    return "corrupt_file" if known else "not_media"


def audio_stream(container: InputContainer) -> AudioStream:
    """The stream to listen to. Raises `MediaError` `no_audio_stream` or `unsupported_codec`."""
    streams = container.streams.audio
    if not streams:
        raise MediaError("no_audio_stream")
    best = container.streams.best("audio")
    for stream in (best, *streams):
        if isinstance(stream, AudioStream) and stream.codec_context is not None:
            return stream
    raise MediaError("unsupported_codec")


def packets(container: InputContainer, stream: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    """Packets of `stream` to the end of the file, then the empty one that flushes the decoder. Reads on past damage."""
    for _ in range(MOST_READ_FAILURES):
        try:
            yield from container.demux(stream)
            return
        except av.error.FFmpegError:
            continue


def declared_seconds(container: InputContainer, stream: AudioStream) -> float:
    """What the header says, 0 where it says nothing."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def nothing_heard(container: InputContainer, stream: AudioStream, packets_seen: int) -> MediaError:
    """Why no sample came out: there were none, or they were cut off or damaged."""
    promised = packets_seen > 0 or declared_seconds(container, stream) > 0
    return MediaError("corrupt_file" if promised else "empty_audio")
