"""PostgreSQL and Redis for the tests: those of DATABASE_URL and REDIS_URL, else a throw-away pair under var/test.

Several test runs may go on side by side: they share the servers, each has its own databases (a numbered slot), and the
last one to leave stops the servers.
"""

import atexit
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import redis

from config.embedded.paths import DATABASE_NAME, database_url, redis_url, runtime_folder
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis

BASE_DIR = Path(__file__).resolve().parent.parent
TEST_DIR = BASE_DIR / "var" / "test"
SLOTS = 64  # numbered databases of the Redis server
_held: list[IO[str]] = []  # locks of this process, kept until it ends


def ensure_services() -> tuple[str, str]:
    """The addresses (database_url, redis_url) of running servers; starts what the environment does not name."""
    database, broker = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database and broker:
        return database, broker
    slot = _join(with_postgres=not database, with_redis=not broker)
    name = DATABASE_NAME if slot == 0 else f"{DATABASE_NAME}_{slot}"
    return database or database_url(_postgres().socket_dir, name), broker or redis_url(_redis().socket, slot)


def of_worker(name: str) -> dict[str, str]:
    """What the xdist worker `name` ("gw0") uses of the Redis and the S3 server that the environment names.

    Asked again by a process that a test of this worker starts, the answer is the same. PostgreSQL's databases of
    workers are pytest-django's affair.
    """
    own = {}
    if url := os.environ.get("REDIS_URL"):
        own["REDIS_URL"] = _numbered(url, int(name.removeprefix("gw")) + 1)
    if bucket := os.environ.get("S3_BUCKET"):
        own["S3_BUCKET"] = f"{bucket.removesuffix(f'-{name}')}-{name}"
    return own


def _numbered(url: str, database: int) -> str:
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={database}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _join(*, with_postgres: bool, with_redis: bool) -> int:
    TEST_DIR.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time():
        users = (TEST_DIR / "users.lock").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        _held.append(users)
        atexit.register(_leave, users, os.getpid())
        if with_postgres and _postgres().running_pid() is None:
            _postgres().start(outlive_us=True)
        if with_redis and not _redis().answers():
            _redis().start(outlive_us=True)
        return _take_slot()


def _take_slot() -> int:
    for slot in range(SLOTS):
        file = (TEST_DIR / f"slot-{slot}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        return slot
    raise RuntimeError(f"{SLOTS} test runs already use the servers in {TEST_DIR}.")


def _leave(users: IO[str], joined_by: int) -> None:
    if os.getpid() != joined_by:  # a forked child runs our exit handlers too
        return
    with _one_at_a_time():
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop_postgres()
        if _redis().answers():
            redis.Redis(unix_socket_path=str(_redis().socket)).shutdown(nosave=True)


def _stop_postgres() -> None:
    server = _postgres()
    pid = server.running_pid()
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    while server.running_pid() == pid:
        time.sleep(0.02)


def _postgres() -> EmbeddedPostgres:
    return EmbeddedPostgres(TEST_DIR / "postgres", runtime_folder(TEST_DIR) / "postgres", fsync=False)


def _redis() -> EmbeddedRedis:
    return EmbeddedRedis(TEST_DIR / "redis", runtime_folder(TEST_DIR) / "redis.sock", durable=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (TEST_DIR / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
