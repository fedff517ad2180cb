"""Real Celery workers and the live process, started for a test on the test's own database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection

from config.common import liveness

BASE_DIR = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """What makes another process use this test's database, broker and files."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"]
    base, _, query = url.partition("?")
    database = base.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    # No worker of xdist itself: it would take databases of its own.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_WORKER"}
    return {
        **inherited,
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        "LOG_LEVEL": "INFO",
        **more,
    }


class Process(AbstractContextManager["Process"]):
    """A child in a process group of its own, so that kill -9 takes it whole."""

    def __init__(self, *command: str, **env: str) -> None:
        self._command = [sys.executable, "-m", *command]
        self._env = environment(**env)
        self.log = Path(settings.MEDIA_ROOT).parent / f"process-{id(self)}.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=BASE_DIR, env=self._env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout: float = 30) -> int:
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        return self.process.wait(timeout)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
        if error is not None:
            sys.stderr.write(self.log.read_text(errors="replace")[-6000:])
        self.log.unlink(missing_ok=True)


class Worker(Process):
    """A Celery worker that is ready when entered."""

    def __init__(
        self, queues: str = "default,small,medium,large,diarize,light", *, pool: str = "solo", **env: str
    ) -> None:
        self.name = f"w{time.monotonic_ns()}"
        arguments = ["-A", "config", "worker", "-n", f"{self.name}@test", "-Q", queues, "--pool", pool, "-l", "warning"]
        super().__init__("celery", *arguments, "--without-gossip", "--without-mingle", **env)

    def __enter__(self) -> Self:
        super().__enter__()
        wait_for(self.is_alive, "the worker is ready", timeout=60)
        return self

    def is_alive(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        return any(worker.name == f"{self.name}@test" for worker in liveness.alive())


class Live(Process):
    """The live process on a free port."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__(
            "uvicorn",
            "config.asgi:application",
            "--port",
            str(self.port),
            "--log-level",
            "warning",
            "--ws-per-message-deflate",
            "false",
        )

    def __enter__(self) -> Self:
        super().__enter__()
        wait_for(self._answers, "the live process answers", timeout=60)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str, *, timeout: float = 30, pause: float = 0.05) -> None:
    """Until `condition` holds. Fails the test with `what` when it takes too long."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"Waited {timeout} s in vain until {what}."
        time.sleep(pause)
