import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.embedded.process import process_name

WAIT = "time.sleep(60)"
OBEY = "signal.signal(signal.SIGTERM, lambda *_: (note('stopped'), sys.exit(0))); note('ready'); time.sleep(60)"
IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN); note('ready'); time.sleep(60)"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor over children given as name=code; ends it and what it left after the test."""
    processes = []

    def run(**children: str) -> subprocess.Popen[str]:
        arguments = [f"{name}={code}" for name, code in children.items()]
        command = [sys.executable, "-m", "tests.config.tiny_supervisor", str(tmp_path), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()


def pids(folder: Path, name: str) -> list[int]:
    path = folder / f"{name}.pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def notes(folder: Path) -> list[str]:
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_dead_child_is_started_again_and_said_so(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=WAIT)
    eventually(lambda: len(pids(tmp_path, "web")) == 1)

    os.kill(pids(tmp_path, "web")[0], signal.SIGKILL)

    eventually(lambda: len(pids(tmp_path, "web")) == 2)
    supervisor.send_signal(signal.SIGINT)
    output, _ = supervisor.communicate(timeout=10)
    assert "web        | was ended by SIGKILL; starts again" in output


def test_child_that_keeps_dying_is_started_for_ever(start: Start, tmp_path: Path) -> None:
    start(web="sys.exit(3)")

    eventually(lambda: len(pids(tmp_path, "web")) >= 4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_signal_stops_all_in_reverse_order(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    supervisor = start(database=OBEY, web=OBEY, worker=OBEY)
    eventually(lambda: len(notes(tmp_path)) == 3)

    supervisor.send_signal(number)

    assert supervisor.wait(10) == 0
    assert notes(tmp_path)[3:] == ["stopped worker", "stopped web", "stopped database"]


def test_child_that_does_not_stop_is_killed_after_its_grace(start: Start, tmp_path: Path) -> None:
    supervisor = start(database=OBEY, worker=IGNORE)
    eventually(lambda: len(notes(tmp_path)) == 2)
    asked_at = time.monotonic()

    supervisor.send_signal(signal.SIGINT)
    output, _ = supervisor.communicate(timeout=10)

    assert 1.0 < time.monotonic() - asked_at < 4
    assert "worker     | did not stop in time" in output
    assert process_name(pids(tmp_path, "worker")[0]) is None
    assert "stopped database" in notes(tmp_path)


def test_second_stop_signal_does_not_wait(start: Start, tmp_path: Path) -> None:
    supervisor = start(database=OBEY, worker=IGNORE)
    eventually(lambda: len(notes(tmp_path)) == 2)
    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.2)
    asked_at = time.monotonic()

    supervisor.send_signal(signal.SIGINT)
    supervisor.wait(10)

    assert time.monotonic() - asked_at < 0.6


def test_killed_supervisor_leaves_no_orphan(start: Start, tmp_path: Path) -> None:
    supervisor = start(database=OBEY, web=OBEY)
    eventually(lambda: len(notes(tmp_path)) == 2)

    supervisor.kill()
    supervisor.wait()

    eventually(lambda: all(process_name(pids(tmp_path, name)[0]) is None for name in ("database", "web")))


def test_children_of_a_dead_child_do_not_stay(start: Start, tmp_path: Path) -> None:
    start(web="child = os.fork()\nif child == 0: note(os.getpid())\nelse: note('ready')\ntime.sleep(60)")
    eventually(lambda: len(notes(tmp_path)) >= 2)
    grandchild = next(int(line.split()[0]) for line in notes(tmp_path) if line[0].isdigit())

    os.kill(pids(tmp_path, "web")[0], signal.SIGKILL)

    eventually(lambda: process_name(grandchild) is None)


def test_output_is_prefixed_and_plain_without_a_terminal(start: Start, tmp_path: Path) -> None:
    supervisor = start(
        web="print('\\x1b[31mhello\\x1b[0m\\x1b]0;title\\x07', flush=True); note('ready'); time.sleep(60)"
    )
    eventually(lambda: len(notes(tmp_path)) == 1)
    time.sleep(0.1)
    supervisor.send_signal(signal.SIGINT)

    output, _ = supervisor.communicate(timeout=10)

    assert output == "web        | hello]0;title\n"
