import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from config.embedded.paths import EmbeddedError
from config.embedded.postgres import LOCK_FILE, AlreadyRunning, EmbeddedPostgres
from config.embedded.process import process_name

Server = Callable[[], EmbeddedPostgres]


@pytest.fixture
def server(open_tmp_path: Path, sockets: Path) -> Server:
    """Makes servers over one and the same data folder."""
    return lambda: EmbeddedPostgres(open_tmp_path / "postgres", sockets / "postgres", fsync=False)


def query(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _kill(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()


def test_data_survives_a_stop_and_a_kill(open_tmp_path: Path, sockets: Path) -> None:
    def server() -> EmbeddedPostgres:
        return EmbeddedPostgres(open_tmp_path / "postgres", sockets / "postgres")

    with server() as first:
        assert "PostgreSQL 18" in str(query(first.url, "SELECT version()"))
        assert query(first.url, "SELECT datlocale FROM pg_database WHERE datname = 'tadwin'") == "C.UTF-8"
        query(first.url, "CREATE TABLE kept AS SELECT 1 AS n")
    second = server()
    second.start()
    query(second.url, "INSERT INTO kept VALUES (2)")

    _kill(second)

    with server() as third:
        assert query(third.url, "SELECT sum(n) FROM kept") == 3


def test_nothing_listens_on_tcp_and_the_socket_is_private(server: Server) -> None:
    with server() as running:
        assert query(running.url, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(running.socket_dir.stat().st_mode) == 0o700
        owner = running.user.uid if running.user else os.getuid()
        assert running.socket_dir.stat().st_uid == owner


def test_lock_file_with_the_id_of_another_living_process_is_no_obstacle(server: Server) -> None:
    """In a restarted container the killed server's number belongs to some other process."""
    first = server()
    first.start()
    _kill(first)
    owner = first.data_dir.stat()
    lock = first.data_dir / LOCK_FILE
    assert lock.exists()
    socket_lock = first.socket_dir / ".s.PGSQL.5432.lock"
    bystander = subprocess.Popen(["/bin/sleep", "60"], user=owner.st_uid, group=owner.st_gid, extra_groups=[], cwd="/")
    try:
        for path in (lock, socket_lock):
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(bystander.pid), *lines[1:], ""]))

        with server() as again:
            assert query(again.url, "SELECT 1") == 1
    finally:
        bystander.kill()
        bystander.wait()


def test_second_server_on_the_same_data_is_refused_with_the_process(server: Server) -> None:
    with server() as running:
        assert running.process is not None

        with pytest.raises(AlreadyRunning, match=f"process {running.process.pid}"):
            server().start()

        assert query(running.url, "SELECT 1") == 1


def test_server_of_other_data_on_the_same_sockets_is_named(server: Server, open_tmp_path: Path) -> None:
    with server() as running:
        other = EmbeddedPostgres(open_tmp_path / "other", running.socket_dir, fsync=False)

        with pytest.raises(EmbeddedError, match="Another PostgreSQL"):
            other.start()

        assert query(running.url, "SELECT 1") == 1


def test_half_made_cluster_of_a_killed_first_start_is_made_anew(server: Server, open_tmp_path: Path) -> None:
    leftover = open_tmp_path / "postgres.new"
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("18\n")

    with server() as running:
        assert query(running.url, "SELECT 1") == 1

    assert not leftover.exists()


def test_cluster_of_another_version_is_explained(server: Server) -> None:
    made = server()
    made.prepare()
    (made.data_dir / "PG_VERSION").write_text("15\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 15; this is 18.*Dump"):
        server().prepare()


def test_create_database_twice_is_no_error(server: Server) -> None:
    with server() as running:
        running.create_database('odd "name"')
        running.create_database('odd "name"')

        found = query(running.url, "SELECT count(*) FROM pg_database WHERE datname = 'odd \"name\"'")

    assert found == 1


def test_failed_start_shows_the_log(server: Server) -> None:
    made = server()
    made.prepare()
    (made.data_dir / "postgresql.conf").write_text("shared_buffers = nonsense\n")

    with pytest.raises(EmbeddedError, match=r"(?s)ended while it was starting.*shared_buffers"):
        server().start()


def test_server_ends_with_the_process_that_started_it(open_tmp_path: Path, sockets: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from config.embedded.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]), Path(sys.argv[2]), fsync=False); server.start()\n"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    arguments = [str(open_tmp_path / "postgres"), str(sockets / "postgres")]
    starter = subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())

    starter.send_signal(signal.SIGKILL)
    starter.wait()

    deadline = time.monotonic() + 10
    while process_name(pid) == "postgres":
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server reaches whatever the user reaches")
def test_root_keeps_data_of_an_unreachable_checkout_where_the_server_can_go(
    open_tmp_path: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    closed = open_tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("config.embedded.postgres_binaries.SHARED_STATE", open_tmp_path / "state")
    umask = os.umask(0o077)
    request.addfinalizer(lambda: os.umask(umask))

    with EmbeddedPostgres(closed / "postgres", sockets / "postgres", fsync=False) as running:
        assert running.data_dir.is_relative_to(open_tmp_path / "state")
        assert query(running.url, "SELECT 1") == 1
    assert not (closed / "postgres").exists()
