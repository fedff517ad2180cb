"""Server-sent events of one transcription: text as soon as it is recognized.

The web process is WSGI: the server pulls one piece after the other, and nothing is held back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any
from uuid import UUID

import orjson

from config.common import openai_errors
from config.common.errors import ApplicationError
from organizations.tenancy import Caller
from transcription.openai_api import formats, outcome
from transcription.services import partial, waiting

HEARTBEAT_SECONDS = 10.0
LOOK_FOR_TEXT_SECONDS = 1.0
# A comment, which clients skip. It shows proxies that we live, and us that the client has gone.
HEARTBEAT = b": still working\n\n"


class Events(Iterator[bytes]):
    """The events of a job. `on_close(ended)` is called once, also when the server never took the first piece."""

    def __init__(self, caller: Caller, job_id: UUID, seconds: float, on_close: Callable[[bool], None]) -> None:
        self._caller, self._job_id, self._seconds = caller, job_id, seconds
        self._on_close: Callable[[bool], None] | None = on_close
        self._pieces = self._told()
        self._ended = False
        self._chunks = 0

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        self._pieces.close()
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            on_close(self._ended)

    def _told(self) -> Generator[bytes, None, None]:
        yield HEARTBEAT
        try:
            yield from self._while_waiting()
            job = outcome.completed(self._caller, self._job_id)
            self._ended = True
            yield from self._rest() if self._chunks else self._lines(job)
            text = formats.text_of(formats.lines(job.transcript))
            yield _event({"type": "transcript.text.done", "text": text, "usage": formats.usage(job)})
        except ApplicationError as error:
            self._ended = True
            yield _event(openai_errors.body(error))
        yield b"data: [DONE]\n\n"

    def _while_waiting(self) -> Iterator[bytes]:
        spoken = looked = time.monotonic()
        for _ in waiting.looks(self._caller, self._job_id, self._seconds):
            moment = time.monotonic()
            if moment - looked >= LOOK_FOR_TEXT_SECONDS:
                looked = moment
                for piece in self._rest():
                    spoken = moment
                    yield piece
            if moment - spoken >= HEARTBEAT_SECONDS:
                spoken = moment
                yield HEARTBEAT

    def _rest(self) -> Iterator[bytes]:
        """Chunks that have not been told yet, in their order."""
        for text in partial.finished_texts(self._job_id, first=self._chunks):
            self._chunks += 1
            if text:
                yield _delta(text, is_first=self._chunks == 1)

    def _lines(self, job: Any) -> Iterator[bytes]:
        for number, line in enumerate(formats.lines(job.transcript)):
            yield _delta(line.text.strip(), is_first=number == 0)


def _delta(text: str, *, is_first: bool) -> bytes:
    return _event({"type": "transcript.text.delta", "delta": text if is_first else f" {text}"})


def _event(data: Any) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"
