"""Whether this worker was asked to stop. Set in the worker's main process, seen in its forked children as well."""

from __future__ import annotations

import multiprocessing

# Shared memory made at import, so before Celery forks its pool: SIGTERM reaches the main process only.
_requested = multiprocessing.RawValue("b", 0)


def request() -> None:
    _requested.value = 1


def requested() -> bool:
    return bool(_requested.value)


def clear() -> None:
    """For tests, which start and stop workers in one process."""
    _requested.value = 0
