"""One `manage.py up` a folder: the first holds a lock and says where it is, a second one reads that."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instance:
    pid: int
    address: str


@contextlib.contextmanager
def only_instance(path: Path, address: str) -> Iterator[Instance | None]:
    """Hold the lock while the block runs: yields None, or the instance that already has it.

    The kernel drops the lock with the process, so a file left by kill -9 is no obstacle.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _read(file.read())
            return
        file.truncate()
        json.dump(asdict(Instance(os.getpid(), address)), file)
        file.flush()
        yield None
        file.truncate(0)


def running_instance(path: Path) -> Instance | None:
    """The instance that holds the lock at `path` now."""
    if not path.exists():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file.read())
    return None


def _read(text: str) -> Instance:
    try:
        values = json.loads(text)
        return Instance(int(values["pid"]), str(values["address"]))
    except (ValueError, KeyError):  # it has the lock but has not written yet
        return Instance(0, "")
