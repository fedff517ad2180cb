"""Runs the processes of one machine: starts them, restarts the dead, stops all in order, leaves no orphan."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from config.embedded.output import Output
from config.embedded.paths import EmbeddedError
from config.embedded.process import spawn

FIRST_DELAY = 1.0
LAST_DELAY = 10.0
STEADY_SECONDS = 60.0  # a child that lived this long starts again with the first delay
POLL_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep alive.

    Children of a later `stage` are stopped before those of an earlier one. `prepare` runs before every start. What the
    process prints goes to `log`, or with its name before it to the supervisor's output.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stage: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    prepare: Callable[[], None] | None = None
    log: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class _Running:
    """A child with its present process and the history that decides when it may start again."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.delay = FIRST_DELAY
        self.start_again_at = 0.0

    def ended(self) -> bool:
        """Whether the process ended. It is not reaped: until then nobody else can get its process group's number."""
        if self.process is None or self.process.returncode is not None:
            return True
        found = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None

    def reap(self) -> int:
        """End what is left of the process group, forget the process, and return its exit status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        _signal_group(process.pid, signal.SIGKILL)
        return process.wait()


class Supervisor:
    """Use as a context manager in the main thread: leaving the block stops every child.

    The first Ctrl-C (or SIGTERM, SIGHUP) raises KeyboardInterrupt; a second one while stopping ends the grace period.
    """

    def __init__(self, output: Output, *, first_delay: float = FIRST_DELAY) -> None:
        self._output = output
        self._first_delay = first_delay
        self._children: list[_Running] = []
        self._stopping = False
        self._hurry = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, child: Child) -> None:
        """Start one more child. What its `prepare` raises is raised here; on later restarts it is printed."""
        running = _Running(child)
        running.delay = self._first_delay
        self._children.append(running)  # first: a signal may come between the start and the next line
        self._start(running)

    def alive(self, name: str) -> bool:
        return any(running.child.name == name and not running.ended() for running in self._children)

    def run(self) -> None:
        """Keep the children alive until a stop signal raises KeyboardInterrupt."""
        self.run_until(lambda: False, seconds=float("inf"))

    def run_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Keep the children alive until the condition holds; False when it does not within `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.check()
            time.sleep(POLL_SECONDS)
        return True

    def check(self) -> None:
        """Notice the dead, and start those again whose time has come."""
        now = time.monotonic()
        for running in self._children:
            if running.process is not None and running.ended():
                self._bury(running, now)
            elif running.process is None and now >= running.start_again_at:
                self._restart(running)

    def stop(self) -> None:
        """Stop all children, the last stage first."""
        self._stopping = True
        for stage in sorted({running.child.stage for running in self._children}, reverse=True):
            self._stop_stage([running for running in reversed(self._children) if running.child.stage == stage])
        self._children.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self._hurry = True
            return
        self._stopping = True
        raise KeyboardInterrupt

    def _start(self, running: _Running) -> None:
        child = running.child
        if child.prepare is not None:
            child.prepare()
        running.process = self._spawn(child)
        running.started_at = time.monotonic()
        if running.process.stdout is not None:
            arguments = (child.name, running.process.stdout)
            threading.Thread(target=self._copy_output, args=arguments, daemon=True).start()

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        options = {"env": {**os.environ, **child.environment}, **child.options}
        start = partial(spawn, child.command, death_signal=child.stop_signal, options=options)
        if child.log is None:
            return start(output=subprocess.PIPE)
        with child.log.open("ab") as file:
            return start(output=file)

    def _copy_output(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                if line.strip():
                    self._output.line(name, line.decode("utf-8", "replace"))

    def _bury(self, running: _Running, now: float) -> None:
        if now - running.started_at > STEADY_SECONDS:
            running.delay = self._first_delay
        status = running.reap()
        running.start_again_at = now + running.delay
        where = f" (see {running.child.log})" if running.child.log else ""
        self._output.line(running.child.name, f"{_ending(status)}{where}; starts again in {running.delay:.0f} s")
        running.delay = min(running.delay * 2, LAST_DELAY)

    def _restart(self, running: _Running) -> None:
        try:
            self._start(running)
        except (EmbeddedError, OSError) as error:
            running.start_again_at = time.monotonic() + running.delay
            running.delay = min(running.delay * 2, LAST_DELAY)
            self._output.line(running.child.name, f"cannot start: {error}")

    def _stop_stage(self, stage: list[_Running]) -> None:
        """Ask all of a stage at once, so that the wait is that of the slowest; kill who does not end in time."""
        for running in stage:
            if running.process is not None and not running.ended():
                running.process.send_signal(running.child.stop_signal)
        asked_at = time.monotonic()
        for running in stage:
            while not running.ended() and not self._out_of_patience(running.child, asked_at):
                time.sleep(0.02)
            if not running.ended():
                self._output.line(running.child.name, "did not stop in time, is killed")
            running.reap()

    def _out_of_patience(self, child: Child, asked_at: float) -> bool:
        return (self._hurry and child.stage > 0) or time.monotonic() - asked_at > child.grace_seconds


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with exit code {status}"
    return f"was ended by {signal.Signals(-status).name}"
