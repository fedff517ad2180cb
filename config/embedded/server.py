"""What the servers that we bring along have in common: starting, waiting until they answer, stopping."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from config.embedded.paths import EmbeddedError
from config.embedded.process import spawn, stop


class EmbeddedServer(ABC):
    """As a context manager it runs while the block does and dies with this process.

    `prepare`, `command` and `spawn_options` also serve a supervisor that starts the process itself.
    """

    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    start_seconds: ClassVar[float]
    stop_seconds: ClassVar[float]

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address, for clients."""

    @property
    @abstractmethod
    def command(self) -> list[str]: ...

    @property
    @abstractmethod
    def spawn_options(self) -> dict[str, Any]:
        """Arguments for `subprocess` beside the command: user, environment, folder."""

    @abstractmethod
    def prepare(self) -> None:
        """Everything before the process starts. Raises EmbeddedError with what to do."""

    @abstractmethod
    def answers(self) -> bool: ...

    def start(self, *, outlive_us: bool = False) -> str:
        """Start, wait until it answers, and return its address. It dies with us unless it may `outlive_us`."""
        self.prepare()
        with self.log.open("ab") as output:
            signal_of_death = None if outlive_us else self.stop_signal
            process = spawn(self.command, output=output, death_signal=signal_of_death, options=self.spawn_options)
        self.process = process
        try:
            self.wait_ready(lambda: process.poll() is None)
            self.complete()
        except BaseException:
            self.stop()
            raise
        return self.url

    def complete(self) -> None:  # noqa: B027 (a hook that only some need)
        """What a fresh server still lacks once it answers."""

    def wait_ready(self, alive: Callable[[], bool], seconds: float | None = None) -> None:
        """Return when it answers; raise EmbeddedError when `alive` turns false or time is up."""
        seconds = seconds or self.start_seconds
        deadline = time.monotonic() + seconds
        while not self.answers():
            if not alive():
                raise EmbeddedError(
                    f"{self.title} ended while it was starting. Its log {self.log} ends:\n{_tail(self.log)}"
                )
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.title} was not ready after {seconds:.0f} seconds. Its log is {self.log}.")
            time.sleep(0.01)

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            stop(process, self.stop_signal, self.stop_seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _tail(path: Path, lines: int = 10) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
