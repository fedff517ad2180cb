"""What all benchmarks share: the time of processes, percentiles, tables."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from media.audio.decode import decode, write_flac
from tests.transcription.builders import RATE

MEETING = Path(__file__).parents[1] / "fixtures" / "demo" / "team-meeting.mp3"
TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and its children, down to the last."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its living children so far."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family(pid)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def memory_mib(pid: int) -> float:
    """Resident memory of a process and its children."""
    lines = [line for one in family(pid) for line in Path(f"/proc/{one}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def long_speech(path: Path, seconds: int) -> Path:
    """The demo meeting again and again, as 16 kHz FLAC."""
    once = list(decode(MEETING))
    length = sum(len(block) for block in once)
    rounds, rest = divmod(seconds * RATE, length)
    tail = rest * len(once) // length
    write_flac(path, [*once * rounds, *once[:tail]])
    return path


def show(title: str, rows: Sequence[tuple[str, str]]) -> None:
    load = os.getloadavg()[0]
    width = max(len(name) for name, _ in rows)
    lines = [f"{title} ({time.strftime('%Y-%m-%d %H:%M')}, load average {load:.1f})"]
    sys.stdout.write("\n".join(["", *lines, *(f"  {name:<{width}}  {value}" for name, value in rows)]) + "\n")
    sys.stdout.flush()
