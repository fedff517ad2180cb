"""A program of ours in a process of its own, asked by lines of JSON: it can be killed, and then its memory is free."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]
POLL_S = 0.5
# SECURITY: a model's file is code when torch reads it, so this process gets no password and no key of ours.
PASSED_ON = (
    "CUDA_",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HOME",
    "LANG",
    "LC_",
    "LD_LIBRARY_PATH",
    "NVIDIA_",
    "OMP_",
    "PATH",
    "TMPDIR",
)


class ChildDied(Exception):
    """The process ended without an answer. `killed`: by the system, which does that when memory runs out."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the process ended with status {status}")
        self.killed = status == -signal.SIGKILL


class Child:
    """One process, made ready with `setup` by its first line; the answers come in the order of the questions."""

    def __init__(self, module: str, setup: dict[str, Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environment(),
        )
        self.asked = 0
        self.is_busy = False
        self._used_at = time.monotonic()
        self._write(setup)

    def ask(self, request: dict[str, Any], on_progress: Callable[[float], None]) -> dict[str, Any]:
        """The answer to `request`. `on_progress` gets the share done, at least every half second.

        Whatever it raises kills the process and passes through. Raises ChildDied.
        """
        self.asked += 1
        share = 0.0
        try:
            self._write(request)
            for line in self._lines():
                share = share if line is None else line.get("progress", share)
                if line is not None and "progress" not in line:
                    return line
                on_progress(share)
            raise ChildDied(self._process.wait(timeout=10))
        except BaseException:
            self.kill()
            raise
        finally:
            self._used_at = time.monotonic()

    def _write(self, value: dict[str, Any]) -> None:
        try:
            _pipe(self._process.stdin).write(json.dumps(value).encode() + b"\n")
            _pipe(self._process.stdin).flush()
        except BrokenPipeError:
            raise ChildDied(self._process.wait(timeout=10)) from None

    def _lines(self) -> Iterator[dict[str, Any] | None]:
        """What the process says, line by line; None each time that it said nothing for a while."""
        output = _pipe(self._process.stdout)
        rest = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(output, selectors.EVENT_READ)
            while True:
                if not waiting.select(POLL_S):
                    yield None
                    continue
                part = os.read(output.fileno(), 1 << 16)
                if not part:
                    return
                *lines, rest = (rest + part).split(b"\n")
                yield from (json.loads(line) for line in lines)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def idle_s(self) -> float:
        """Seconds since it had something to do."""
        return 0.0 if self.is_busy else time.monotonic() - self._used_at

    def memory_mb(self) -> float:
        """What it holds in memory now; 0 when it is gone."""
        try:
            return float(psutil.Process(self._process.pid).memory_info().rss) / (1 << 20)
        except psutil.NoSuchProcess:
            return 0.0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # what was not written yet is of no use any more


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildDied(None)
    return pipe


def _environment() -> dict[str, str]:
    """What the process may know of ours, and: no telemetry, no question to the network for what lies on the disk."""
    own = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    return {**own, "PYANNOTE_METRICS_ENABLED": "0", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
