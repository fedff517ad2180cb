import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from config.embedded.paths import (
    EmbeddedError,
    EmbeddedPaths,
    celery_broker_url,
    private_folder,
    runtime_folder,
)

LONGEST_SOCKET_PATH = 107  # sun_path of Linux, less the closing zero


def test_sockets_of_a_deep_checkout_fit_into_a_socket_address(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 12)

    paths = EmbeddedPaths(deep)

    assert len(str(deep)) > LONGEST_SOCKET_PATH
    assert len(str(paths.redis_socket)) < LONGEST_SOCKET_PATH // 2
    assert len(str(paths.postgres_sockets / ".s.PGSQL.5432.lock")) < LONGEST_SOCKET_PATH // 2


def test_runtime_folder_is_the_same_in_every_process_and_another_for_every_checkout(tmp_path: Path) -> None:
    assert runtime_folder(tmp_path / "a") == runtime_folder(tmp_path / "a" / ".." / "a")
    assert runtime_folder(tmp_path / "a") != runtime_folder(tmp_path / "b")


def test_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    os.umask(os.umask(0))  # whatever the umask is

    folder = private_folder(tmp_path / "sockets")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_private_folder_closes_a_folder_of_ours_that_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "sockets"
    folder.mkdir()
    folder.chmod(0o777)

    private_folder(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_private_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "sockets"
    folder.mkdir()
    os.chown(folder, 12345, 12345)

    with pytest.raises(EmbeddedError, match="Remove it"):
        private_folder(folder)


def test_link_in_place_of_the_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedError, match="not a folder"):
        private_folder(tmp_path / "sockets")


def test_secret_is_kept_and_closed_to_others(tmp_path: Path) -> None:
    paths = EmbeddedPaths(tmp_path)

    first = paths.secret("key")

    assert len(first) >= 50
    assert paths.secret("key") == first
    assert paths.secret("other") != first
    assert stat.S_IMODE((paths.secrets / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.secrets.stat().st_mode) == 0o700
    assert sorted(path.name for path in paths.secrets.iterdir()) == ["key", "other"]


def _read_secret(base_dir: Path) -> str:
    return EmbeddedPaths(base_dir).secret("key")


def test_processes_that_start_together_get_the_same_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        secrets = pool.map(_read_secret, [tmp_path] * 32, chunksize=1)

    assert len(set(secrets)) == 1


def test_celery_gets_the_same_redis_in_its_own_spelling() -> None:
    assert celery_broker_url("unix:///run/redis.sock?db=3") == "redis+socket:///run/redis.sock?virtual_host=3"
    assert celery_broker_url("rediss://:secret@cache:6380/1") == "rediss://:secret@cache:6380/1"
