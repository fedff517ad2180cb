"""One attempt at one step: its lease kept alive, its progress told, its stop noticed."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from config.common import shutdown
from transcription import lifecycle
from transcription.asr.options import DiarizationOptions, Options
from transcription.asr.types import Stopped
from transcription.models import Job

if TYPE_CHECKING:
    from types import TracebackType

    from transcription.lifecycle import Lease
    from transcription.runner.workspace import Workspace

logger = structlog.get_logger(__name__)
REPORT_SECONDS = 1.0
# Containers round their duration; the last word must not be cut for that.
TOLERANCE_MS = 1000


class Attempt(AbstractContextManager["Attempt"]):
    """Implements `asr.types.Context`. While open, a thread with a connection of its own renews the lease."""

    def __init__(self, lease: Lease, workspace: Workspace) -> None:
        self.lease = lease
        self.workspace = workspace
        self._stop = threading.Event()
        self._closed = threading.Event()
        self._done_ms = 0
        self._reported = time.monotonic()
        self._deadline = time.monotonic() + settings.STEP_TIME_LIMIT
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{lease.step_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._thread.join(timeout=settings.STEP_HEARTBEAT_SECONDS)

    @cached_property
    def job(self) -> Job:
        job: Job = Job.objects.select_related("recording").get(pk=self.lease.job_id)
        return job

    @cached_property
    def options(self) -> Options:
        """As submitted, ending where the reserved audio ends.

        SECURITY: the file could be replaced by a longer one while its upload address is still valid.
        """
        options = Options.from_json(self.job.options)
        if "diarization" in self.lease.input:  # speakers again, and otherwise than the job was ordered
            options = replace(options, diarization=DiarizationOptions(**self.lease.input["diarization"]))
        paid_until = options.start_ms + (self.job.audio_ms or 0) + TOLERANCE_MS
        return replace(options, end_ms=min(options.end_ms or paid_until, paid_until))

    @property
    def prefix(self) -> str:
        """Where this attempt's objects lie: a later attempt never meets the leavings of an earlier one."""
        return f"{self.job.prefix}{self.lease.kind}-{self.lease.index}-{self.lease.attempt}/"

    def progress(self, done_ms: int) -> None:
        """Note the audio done so far. Raises Stopped when the step should end now."""
        self._done_ms = max(self._done_ms, done_ms)
        if self._stop.is_set() or shutdown.requested():
            raise Stopped
        if time.monotonic() - self._reported >= REPORT_SECONDS:
            self._reported = time.monotonic()
            self._renew()
            lifecycle.report_progress(self.lease.job_id)

    def reached(self, recording_ms: int) -> None:
        """Like `progress`, for work that counts in the recording's time."""
        self.progress(max(0, recording_ms - self.options.start_ms))

    def load_checkpoint(self) -> dict[str, object] | None:
        return cast("dict[str, object] | None", self.lease.checkpoint)

    def save_checkpoint(self, state: dict[str, object]) -> None:
        lifecycle.save_checkpoint(self.lease, state)

    def _beat(self) -> None:
        try:
            while not self._closed.wait(settings.STEP_HEARTBEAT_SECONDS) and not self._stop.is_set():
                self._beat_once()
        finally:
            connection.close()

    def _beat_once(self) -> None:
        if time.monotonic() > self._deadline:
            logger.error("step_over_time", step=self.lease.step_id)
            self._stop.set()
            return
        try:
            self._renew()
        except DatabaseError as error:
            # The database may be back before the lease runs out; if not, somebody else takes the step.
            logger.warning("heartbeat_failed", step=self.lease.step_id, error=type(error).__name__)
            connection.close()

    def _renew(self) -> None:
        if not lifecycle.renew(self.lease, done_ms=self._done_ms):
            self._stop.set()
