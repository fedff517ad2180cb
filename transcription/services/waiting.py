"""Long polls: a request that waits for a job without holding what others need."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import connection

from organizations.tenancy import Caller
from transcription.models import Job
from transcription.states import FINAL_JOB_STATUSES

POLL_SECONDS = 0.25
# Half of the web threads stay free for short requests, however many clients wait.
_places = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class Place(AbstractContextManager["Place"]):
    """The right of one request to wait, true where it was free; given back once, by whoever ends the request."""

    def __init__(self) -> None:
        self._held = _places.acquire(blocking=False)

    def __bool__(self) -> bool:
        return self._held

    def release(self) -> None:
        if self._held:
            self._held = False
            _places.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def until_ended(caller: Caller, job_id: UUID, seconds: float) -> None:
    """Return when the job has ended or is gone, at the latest after `seconds`; at once when no place is free."""
    with Place() as place:
        for _ in looks(caller, job_id, seconds) if place else ():
            pass


def looks(caller: Caller, job_id: UUID, seconds: float) -> Iterator[None]:
    """One turn after every look at a job that goes on; over when it has ended or is gone, or after `seconds`.

    For those who hold a Place.
    """
    deadline = time.monotonic() + seconds
    while not _has_ended(caller, job_id) and time.monotonic() < deadline:
        yield
        # Nobody needs the database while everybody waits.
        connection.close()
        time.sleep(POLL_SECONDS)


def _has_ended(caller: Caller, job_id: UUID) -> bool:
    status = Job.objects.visible_to(caller).filter(pk=job_id).values_list("status", flat=True).first()
    return status is None or status in FINAL_JOB_STATUSES
