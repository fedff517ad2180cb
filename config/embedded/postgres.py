"""PostgreSQL 18 out of a wheel, behind a private Unix socket.

SECURITY: whoever reaches the socket is the database's superuser (`trust`), so there is no TCP and the socket folder is
closed (0700) to everybody but the server's user and root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from config.embedded.paths import (
    DATABASE_NAME,
    DATABASE_USER,
    POSTGRES_PORT,
    EmbeddedError,
    database_url,
    private_folder,
    runtime_mode,
)
from config.embedded.postgres_binaries import installation, reachable_data_folder, server_user
from config.embedded.process import process_name, working_folder
from config.embedded.server import EmbeddedServer

MAJOR_VERSION = "18"
LOCK_FILE = "postmaster.pid"
STATUS_LINE = 7  # of the lock file: "starting", "ready", "stopping"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # no PG* variable of the caller's
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_checkpoints": "off",
    "log_min_messages": "log",  # errors reach the client anyway, and statements carry what people wrote
    "log_min_error_statement": "panic",
    "log_line_prefix": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class AlreadyRunning(EmbeddedError):
    """Another process serves this data folder."""

    def __init__(self, data_dir: Path, pid: int) -> None:
        super().__init__(f"PostgreSQL already runs on {data_dir} (process {pid}). Stop it first, or use it.")
        self.pid = pid


class EmbeddedPostgres(EmbeddedServer):
    """One cluster, with the database `tadwin`."""

    title = "PostgreSQL"
    start_seconds = 60  # crash recovery on a slow disk
    stop_signal = signal.SIGINT  # fast shutdown: queries are rolled back, everything committed is on disk
    stop_seconds = 30

    def __init__(self, data_dir: Path, socket_dir: Path, *, fsync: bool = True) -> None:
        self.wanted_data_dir = data_dir.absolute()
        super().__init__(self.wanted_data_dir.with_name(f"{self.wanted_data_dir.name}.log"))
        self.socket_dir = socket_dir
        self.fsync = fsync
        self.user = server_user()

    @cached_property
    def data_dir(self) -> Path:
        """Where the data really lies: elsewhere than wanted when we are root and the server's user cannot get there."""
        return reachable_data_folder(self.wanted_data_dir, self.user)

    @cached_property
    def _installation(self) -> Path:
        return installation(self.user)

    @property
    def url(self) -> str:
        return database_url(self.socket_dir)

    @property
    def command(self) -> list[str]:
        settings = SETTINGS | ({} if self.fsync else UNSAFE_SETTINGS)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = str(self._installation / "bin" / "postgres")
        return [program, "-D", str(self.data_dir), "-k", str(self.socket_dir), "-p", str(POSTGRES_PORT), *options]

    @property
    def spawn_options(self) -> dict[str, Any]:
        user = self.user.spawn_options if self.user else {}
        return {"env": ENVIRONMENT, "cwd": "/", "umask": 0o077, **user}

    def prepare(self) -> None:
        """Everything before the process starts: folders, a new cluster, leftovers of a killed server."""
        owner = (self.user.uid, self.user.gid) if self.user else None
        private_folder(self.socket_dir.parent, mode=runtime_mode())
        private_folder(self.socket_dir, owner=owner)
        if not self.data_dir.exists():
            self._create_cluster(owner)
        self._check_cluster(owner)
        self._clear_leftovers()

    def answers(self) -> bool:
        return self._status() == "ready"

    def complete(self) -> None:
        self.create_database(DATABASE_NAME)

    def create_database(self, name: str) -> None:
        """Create the database `name` unless it is there."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(database_url(self.socket_dir, "postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def running_pid(self) -> int | None:
        """The process that serves this data folder, whoever started it."""
        pid = _first_number(self.data_dir / LOCK_FILE)
        if pid is None or process_name(pid) != "postgres":
            return None
        return pid if working_folder(pid) == self.data_dir.resolve() else None

    def _create_cluster(self, owner: tuple[int, int] | None) -> None:
        """Make the cluster aside and rename it, so that a killed first start leaves nothing half-made behind."""
        aside = self.data_dir.with_name(f"{self.data_dir.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        private_folder(aside, owner=owner)
        options = ["-U", DATABASE_USER, "--auth=trust", "-E", "UTF8", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [] if self.fsync else ["--no-sync"]
        command = [str(self._installation / "bin" / "initdb"), "-D", str(aside), *options]
        made = subprocess.run(  # noqa: S603 - our own program and arguments
            command, capture_output=True, text=True, check=False, **self.spawn_options
        )
        if made.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not create its data folder {self.data_dir}:\n{made.stderr.strip()}")
        aside.rename(self.data_dir)

    def _check_cluster(self, owner: tuple[int, int] | None) -> None:
        uid = owner[0] if owner else os.getuid()
        found = self.data_dir.stat()
        if found.st_uid != uid:
            raise EmbeddedError(
                f"{self.data_dir} belongs to user {found.st_uid}, but PostgreSQL would run as user {uid}. "
                "Start as the user who made it, or set DATABASE_URL."
            )
        version = (self.data_dir / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != MAJOR_VERSION:
            raise EmbeddedError(
                f"{self.data_dir} was made by PostgreSQL {version}; this is {MAJOR_VERSION}. "
                "Dump it with the version that made it, move the folder away, start, and restore the dump."
            )

    def _clear_leftovers(self) -> None:
        """Remove lock files of a server that was killed.

        PostgreSQL does that itself unless the process id in the file belongs to another process by now, which is the
        rule in a restarted container; it would then refuse to start.
        """
        pid = self.running_pid()
        if pid is not None and self._status() == "stopping":
            _wait_until(lambda: self.running_pid() is None, self.stop_seconds)
            pid = self.running_pid()
        if pid is not None:
            raise AlreadyRunning(self.data_dir, pid)
        self._check_socket()
        socket = self.socket_dir / f".s.PGSQL.{POSTGRES_PORT}"
        leftovers = [self.data_dir / LOCK_FILE, socket, socket.with_name(f"{socket.name}.lock")]
        if any(path.exists() for path in leftovers):
            self._wait_for_orphans()
        for path in leftovers:
            path.unlink(missing_ok=True)

    def _check_socket(self) -> None:
        holder = _first_number(self.socket_dir / f".s.PGSQL.{POSTGRES_PORT}.lock")
        if holder is not None and process_name(holder) == "postgres":
            folder = working_folder(holder)
            if folder != self.data_dir.resolve():
                raise EmbeddedError(
                    f"Another PostgreSQL (process {holder}, data in {folder}) uses the sockets of {self.socket_dir}. "
                    "Stop it first."
                )

    def _wait_for_orphans(self) -> None:
        """The backends of a killed server notice within moments; starting beside them would corrupt the data."""
        if not _wait_until(lambda: not self._processes(), self.stop_seconds):
            raise EmbeddedError(
                f"Processes {self._processes()} of a killed PostgreSQL still use {self.data_dir}. "
                "End them, then start again."
            )

    def _processes(self) -> list[int]:
        folder = self.data_dir.resolve()
        pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return [pid for pid in pids if process_name(pid) == "postgres" and working_folder(pid) == folder]

    def _status(self) -> str:
        try:
            lines = (self.data_dir / LOCK_FILE).read_text(encoding="ascii").splitlines()
        except OSError:
            return ""
        return lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else ""


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
