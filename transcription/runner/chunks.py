"""Pieces of audio between two workers: kept as FLAC beside the job, described in the step's row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from media.audio.decode import decode, write_flac
from media.storage import get_media_storage
from transcription.asr import pipeline, serial

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from transcription.asr.types import Chunk
    from transcription.runner.attempt import Attempt

FLAC = "audio/flac"


def to_input(chunk: Chunk, *, key: str | None, language_key: str | None) -> dict[str, Any]:
    """The row's description of a chunk. Without a `key` it is cut again from the source, should its worker die."""
    return serial.chunk_to_json(chunk) | {
        "key": key,
        "language_key": language_key,
        "whole": chunk.file is not None,
    }


def store(attempt: Attempt, index: int, chunk: Chunk) -> str:
    """Write the sound into storage; returns the key."""
    name = f"chunk-{index}.flac"
    return _store(attempt, name, chunk.samples) if chunk.file is None else _put(attempt, name, chunk.file)


def store_language_sample(attempt: Attempt, chunk: Chunk) -> str | None:
    """Keep the speech by which all chunks will tell the language; None where the chunk has none."""
    return _store(attempt, "language.flac", pipeline.language_sample(chunk)) if chunk.speech else None


def _store(attempt: Attempt, name: str, samples: NDArray[np.float32]) -> str:
    path = attempt.workspace.path(name)
    write_flac(path, [samples])
    key = _put(attempt, name, path)
    path.unlink()
    return key


def _put(attempt: Attempt, name: str, path: Path) -> str:
    get_media_storage().save_stream(attempt.prefix + name, path, content_type=FLAC)
    return attempt.prefix + name


def load(attempt: Attempt) -> Chunk:
    """The chunk that the step's row describes."""
    row = attempt.lease.input
    if row["script"] is not None:
        return serial.chunk_from_json(row, np.zeros(0, np.float32))
    if row.get("whole"):
        file = attempt.workspace.path(f"whole-{attempt.lease.index}.flac")
        get_media_storage().download_to(row["key"], file)
        return replace(serial.chunk_from_json(row, np.zeros(0, np.float32)), file=file)
    return serial.chunk_from_json(row, fetch(row["key"], attempt) if row["key"] else _cut_again(attempt))


def fetch(key: str, attempt: Attempt) -> NDArray[np.float32]:
    """Samples that `store` wrote, shape (n,)."""
    path = attempt.workspace.path("fetched.flac")
    get_media_storage().download_to(key, path)
    try:
        return np.concatenate([np.zeros(0, np.float32), *decode(path)])
    finally:
        path.unlink()


def _cut_again(attempt: Attempt) -> NDArray[np.float32]:
    row = attempt.lease.input
    source = attempt.workspace.source(attempt.job.recording, attempt)
    blocks = decode(
        source,
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        channel=row["channel"],
        filters=attempt.options.enhance,
    )
    return np.concatenate([np.zeros(0, np.float32), *blocks])
