"""Starting processes that do not outlive us, and asking what a process id is."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None, use_errno=True)  # loaded here: dlopen between fork and exec may deadlock


def spawn(
    command: Sequence[str], *, output: IO[bytes] | int, death_signal: signal.Signals | None, options: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own: Ctrl-C in the terminal is for us, who stop the children in their turn.

    `death_signal` is what the child gets when we are killed; None lets it outlive us. `options` go to `Popen`.
    """
    arm = None if death_signal is None else _die_with_parent(death_signal)
    return subprocess.Popen(  # noqa: S603 (our own command lines, no shell)
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=arm,  # noqa: PLW1509 (one system call, resolved beforehand)
        **options,
    )


def stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals, seconds: float) -> None:
    """Ask the process to end; after `seconds` kill it."""
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `death_signal` to the child when the thread that started it ends.

    Start such children from the main thread: the kernel looks at the starting thread, not at the process.
    """
    parent = os.getpid()

    def arm() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the request was in place
            os._exit(1)

    return arm


def process_name(pid: int) -> str | None:
    """The kernel's short name of a living process; None when there is none or it only waits to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = status.partition("(")[2].rpartition(")")
    return None if rest.split()[0] == "Z" else name


def working_folder(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
