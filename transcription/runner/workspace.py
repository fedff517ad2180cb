"""A worker's temporary folder for one job, and what it holds in memory between two steps of it."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from media.storage import get_media_storage

if TYPE_CHECKING:
    from types import TracebackType

    from media.models import Recording
    from transcription.asr.types import Chunk, Context


class Workspace(AbstractContextManager["Workspace"]):
    """Removed whole when the worker goes on to another job, whatever happened."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tadwin-", ignore_cleanup_errors=True)
        self.carried: dict[int, Chunk] = {}
        """Audio that `prepare` cut and this worker goes on with: a short file never leaves memory."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.carried.clear()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def path(self, name: str) -> Path:
        return self.folder / name

    def source(self, recording: Recording, context: Context) -> Path:
        """The recording as a file on this machine; fetched once, and not at all where the storage is a local disk."""
        storage = get_media_storage()
        local = storage.local_path(recording.source_key)
        if local is not None:
            return local
        path = self.path("source")
        if not path.exists():
            partial = self.path("source.partial")
            storage.download_to(recording.source_key, partial, lambda _done, _total: context.progress(0))
            partial.rename(path)
        return path
