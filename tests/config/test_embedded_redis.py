import socket
import stat
import time
from pathlib import Path

import pytest
import redis

from config.embedded import redis as embedded
from config.embedded.paths import EmbeddedError
from config.embedded.redis import EmbeddedRedis


def client(server: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def test_data_survives_a_stop(tmp_path: Path, sockets: Path) -> None:
    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as first:
        client(first).set("kept", "yes")

    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as second:
        assert client(second).get("kept") == b"yes"


@pytest.mark.slow
def test_data_of_more_than_a_second_ago_survives_a_kill(tmp_path: Path, sockets: Path) -> None:
    first = EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock")
    first.start()
    assert first.process is not None
    client(first).set("kept", "yes")
    time.sleep(1.5)  # appendfsync everysec

    first.process.kill()
    first.process.wait()

    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as second:
        assert client(second).get("kept") == b"yes"


def test_socket_is_private_and_nothing_listens_on_tcp(tmp_path: Path, sockets: Path) -> None:
    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as server:
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert client(server).config_get("port") == {"port": "0"}


def test_second_server_on_the_same_socket_is_refused(tmp_path: Path, sockets: Path) -> None:
    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as first:
        with pytest.raises(EmbeddedError, match="already answers"):
            EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock").start()

        assert client(first).ping()


def test_socket_left_by_a_killed_server_is_no_obstacle(tmp_path: Path, sockets: Path) -> None:
    sockets.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(sockets / "redis.sock"))

    with EmbeddedRedis(tmp_path / "redis", sockets / "redis.sock") as server:
        assert client(server).ping()


def test_program_on_path_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert embedded.redis_server() == str(program)


def test_missing_redis_is_one_line_that_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(EmbeddedError, match="install redis-server") as raised:
        embedded.redis_server()

    assert "\n" not in str(raised.value)
