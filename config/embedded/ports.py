"""Is a TCP port free, and if not, who has it?"""

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from config.embedded.process import process_name

LISTENING = "0A"  # the kernel's state number in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port; `pid` is None when the system does not tell us (another user's process)."""

    pid: int | None
    name: str

    def __str__(self) -> str:
        return self.name if self.pid is None else f"{self.name} (process {self.pid})"


def port_problem(host: str, port: int) -> str | None:
    """Why we cannot listen on host:port, in words; None when we can."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # like the servers: TIME_WAIT is no obstacle
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} on {host} is in use by {holder(port)}."
        return f"Cannot listen on {host} port {port}: {error.strerror or error}."
    return None


def holder(port: int) -> Holder:
    """Who listens on `port`, as far as /proc tells."""
    inodes = _listening_inodes(port)
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            held = any(str(link.readlink()) in inodes for link in folder.iterdir())
        except OSError:  # another user's process, or one that just ended
            continue
        if held:
            pid = int(folder.parent.name)
            return Holder(pid, process_name(pid) or "a process")
    return Holder(None, "another process" if os.geteuid() == 0 else "a process of another user")


def _listening_inodes(port: int) -> set[str]:
    """The sockets that listen on `port`, in the spelling of /proc/<pid>/fd links."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
