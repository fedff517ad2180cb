"""Renewing a claim while its work goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

logger = structlog.get_logger(__name__)


@contextmanager
def heartbeat(renew: Callable[[], bool], *, lost: threading.Event, name: str) -> Iterator[None]:
    """Call `renew` from a thread with its own connection while the block runs; `lost` is set when it says no."""
    done = threading.Event()
    thread = threading.Thread(target=_beat, args=(renew, lost, done), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=settings.STEP_LEASE_SECONDS)


def _beat(renew: Callable[[], bool], lost: threading.Event, done: threading.Event) -> None:
    try:
        while not done.wait(settings.STEP_HEARTBEAT_SECONDS):
            if not _renewed(renew):
                lost.set()
                return
    finally:
        connection.close()


def _renewed(renew: Callable[[], bool]) -> bool:
    try:
        return renew()
    except DatabaseError as error:
        # The database is away: go on. The fence judges in the end.
        logger.warning("heartbeat_failed", thread=threading.current_thread().name, error=type(error).__name__)
        connection.close()
        return True
