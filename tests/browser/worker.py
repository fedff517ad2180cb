"""A worker beside the test: the same calls that Celery makes, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from media.models import Recording
from media.services import probing
from transcription import runner
from transcription.states import Queue

PAUSE = 0.1


@contextmanager
def working() -> Iterator[None]:
    """Examines recordings and runs steps until the block ends; what went wrong in it is raised at the end."""
    stop, problems = threading.Event(), list[Exception]()
    thread = threading.Thread(target=_work, args=(stop, problems))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if problems:
        raise problems[0]


def _work(stop: threading.Event, problems: list[Exception]) -> None:
    try:
        while not stop.wait(PAUSE):
            for recording in Recording.objects.unfinished_probes():
                probing.probe(recording.pk)
            for queue in Queue:
                runner.work(queue, worker="worker-1")
    except Exception as error:
        problems.append(error)
    finally:
        connection.close()
