"""What only local disk can get wrong: the view that takes and serves the bytes, and the files below it."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import shutil
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pytest_django import Settings

from media.storage import MediaStorage, StorageUnavailableError, UploadMissingError, get_media_storage
from media.storage.local import Grant, LocalStorage, sign
from tests.media.storage.sending import PART, SIZE, Sender, piece, recording

DATA = b"sound" * 100


@pytest.fixture
def root(local_store: MediaStorage) -> Path:
    assert isinstance(local_store, LocalStorage)
    return local_store.root


def hidden_files(root: Path) -> list[str]:
    """Whatever is on its way or left over."""
    return [path.name for path in root.rglob("*") if path.is_file() and path.name.startswith(".")]


def raw_request(url: str, head: str, body: bytes = b"") -> bytes:
    """Send bytes that no well-behaved client would, stop sending, and return the answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        request = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n{head}\r\n"
        connection.sendall(request.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_refusals_are_problems_with_a_next_step(local_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    url = local_store.sign_single(f"{folder}/source", size=5, content_type="audio/wav").url
    cases = {413: b"more than five", 400: b"less"}
    for status, body in cases.items():
        answer = http.put(url, content=body, headers={"Content-Type": "audio/wav"})
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "5 bytes" in answer.json()["detail"]
    assert http.put(url[:-1], content=b"sound").json()["error_type"] == "signature_refused"
    assert http.delete(url).status_code == 405


def test_body_without_length_is_refused(local_store: MediaStorage, folder: str) -> None:
    url = local_store.sign_single(f"{folder}/source", size=5, content_type="audio/wav").url
    chunked = "Content-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n"
    assert b" 411 " in raw_request(url, chunked, b"5\r\nsound\r\n0\r\n\r\n").split(b"\r\n")[0]
    assert not local_store.exists(f"{folder}/source")


@pytest.mark.parametrize("kind", ["single", "part"])
def test_broken_connection_leaves_nothing(
    local_store: MediaStorage, root: Path, folder: str, http: httpx.Client, kind: str
) -> None:
    sender = Sender.open(local_store, http, f"{folder}/upload")
    single = local_store.sign_single(f"{folder}/source", size=PART, content_type="audio/wav")
    url = single.url if kind == "single" else sender.sign(1)[0].url
    answer = raw_request(url, f"Content-Type: audio/wav\r\nContent-Length: {PART}\r\n", b"x" * 1000)
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"wrong_length" in answer
    assert not local_store.exists(f"{folder}/source")
    assert local_store.list_parts(sender.key, sender.upload_id) == []
    assert hidden_files(root) == []


def test_broken_repetition_of_a_part_keeps_the_first(
    local_store: MediaStorage, folder: str, http: httpx.Client
) -> None:
    sender = Sender.open(local_store, http, f"{folder}/source")
    sender.send([1, 2, 3])
    raw_request(sender.sign(2)[0].url, f"Content-Length: {PART}\r\n", b"x" * 1000)
    assert sender.complete() == SIZE
    assert local_store.read_bytes(sender.key) == recording()


def test_part_that_comes_after_completion_cannot_touch_the_object(
    local_store: MediaStorage, root: Path, folder: str, http: httpx.Client
) -> None:
    sender = Sender.open(local_store, http, f"{folder}/source")
    sender.send([1, 2, 3])
    late = sender.sign(2)[0]
    sender.complete()
    assert http.put(late.url, content=b"x" * PART).status_code == 404
    assert local_store.read_bytes(sender.key) == recording()
    assert not (root / ".uploads" / sender.key / sender.upload_id).exists()


def test_part_that_waits_while_the_upload_completes_cannot_touch_the_object(
    local_store: MediaStorage, root: Path, folder: str, http: httpx.Client
) -> None:
    sender = Sender.open(local_store, http, f"{folder}/source")
    sender.send([1, 2, 3])
    place = root / ".uploads" / sender.key / sender.upload_id
    statuses: list[int] = []
    late = sender.sign(1)[0].url
    thread = threading.Thread(target=lambda: statuses.append(http.put(late, content=b"x" * PART).status_code))
    with (place / "data").open("r+b") as data:
        fcntl.flock(data, fcntl.LOCK_EX)
        thread.start()
        while thread.is_alive() and not any(path.stat().st_size == PART for path in place.glob(".00001-*")):
            time.sleep(0.01)
        time.sleep(0.3)  # It has all its bytes and stands before the lock.
        (root / folder).mkdir(parents=True)
        (place / "data").replace(root / sender.key)
    thread.join()
    assert statuses == [404]
    assert local_store.read_bytes(sender.key) == recording()


def test_parts_sent_at_once_and_twice_do_not_mix(local_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(local_store, http, f"{folder}/source")
    numbers = [1, 2, 3, 1, 2, 3]
    threads = [threading.Thread(target=sender.send, args=([number],)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sender.complete() == SIZE
    assert local_store.read_bytes(sender.key) == recording()


def test_object_is_served_as_harmless_bytes(local_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    local_store.save_bytes(f"{folder}/source", DATA)
    answer = http.get(local_store.signed_download(f"{folder}/source", filename="a.wav", content_type="audio/wav"))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["Cache-Control"] == "private"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_head_gives_the_length_alone(local_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    local_store.save_bytes(f"{folder}/source", DATA)
    answer = http.head(local_store.signed_download(f"{folder}/source", filename="a.wav", content_type="audio/wav"))
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.content == b""


def test_range_of_a_replaced_object_gives_the_whole_new_one(
    local_store: MediaStorage, folder: str, http: httpx.Client
) -> None:
    local_store.save_bytes(f"{folder}/source", DATA)
    url = local_store.signed_download(f"{folder}/source", filename="a.wav", content_type="audio/wav")
    etag = http.get(url).headers["ETag"]
    asked = {"Range": "bytes=5-9", "If-Range": etag}
    assert http.get(url, headers=asked).content == DATA[5:10]
    local_store.save_bytes(f"{folder}/source", b"other")
    answer = http.get(url, headers=asked)
    assert (answer.status_code, answer.content) == (200, b"other")


def test_signed_way_out_of_the_folder_is_still_refused(
    local_store: MediaStorage, root: Path, http: httpx.Client
) -> None:
    """Even our own signature over a bad key must not open it."""
    (root.parent / "secret").write_text("classified")
    base = local_store.signed_download("org/x", filename="a", content_type="audio/wav").split("org/x?")[0]
    for key in ("../secret", "org/../../secret", ".uploads/x"):
        fields = {"expires": "9999999999", "type": "audio/wav", "disposition": "inline"}
        query = httpx.QueryParams({**fields, "signature": sign("GET", key, fields)})
        answer = http.get(f"{base}{key.replace('..', '%2e%2e').replace('/', '%2F')}?{query}")
        assert answer.status_code == 403
        assert "classified" not in answer.text


def test_full_disk_is_told_and_leaves_nothing(local_store: MediaStorage, root: Path, folder: str) -> None:
    class FullDisk(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageUnavailableError, match="No space left"):
        local_store.save_stream(f"{folder}/source", FullDisk())
    assert hidden_files(root) == []


def test_disk_that_fills_while_a_part_is_placed_unmarks_the_part(
    local_store: MediaStorage, folder: str, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the new bytes may lie over the old ones, so neither counts any more."""
    sender = Sender.open(local_store, http, f"{folder}/source")
    sender.send([1])

    def full(source: object, target: object, length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", full)
        answer = http.put(sender.sign(1)[0].url, content=piece(recording(), 1))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert local_store.list_parts(sender.key, sender.upload_id) == []


def test_page_may_ask_for_addresses_of_its_own_origin(local_store: MediaStorage, folder: str) -> None:
    store = get_media_storage(base_url="http://localhost:9000/")
    assert store.sign_single(f"{folder}/source", size=5, content_type="audio/wav").url.startswith(
        f"http://localhost:9000/media/local/{folder}/source?"
    )


def test_aborting_while_a_part_is_on_its_way(local_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    """The folder vanishes between the check and the write: the client learns that the upload is gone."""
    assert isinstance(local_store, LocalStorage)
    sender = Sender.open(local_store, http, f"{folder}/source")
    grant_fields = {"upload": sender.upload_id, "part": "1", "offset": "0", "size": str(PART)}
    body = iter([piece(recording(), 1)])

    def read(count: int) -> bytes:
        local_store.abort(sender.key, sender.upload_id)
        return next(body, b"")

    with pytest.raises(UploadMissingError):
        local_store.receive_part(Grant("PUT", sender.key, grant_fields), read)
    assert not local_store.exists(sender.key)


def test_local_addresses_answer_nothing_when_files_lie_in_s3(
    local_store: MediaStorage, settings: Settings, folder: str, http: httpx.Client
) -> None:
    local_store.save_bytes(f"{folder}/source", DATA)
    url = local_store.signed_download(f"{folder}/source", filename="a.wav", content_type="audio/wav")
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage"}}
    assert http.get(url).status_code == 404


def test_self_test_names_a_folder_that_is_absent(local_store: MediaStorage, root: Path) -> None:
    root.rmdir()
    checks = local_store.self_test()
    assert [(check.name, check.ok) for check in checks] == [("place", False)]
    assert checks[0].hint


def test_self_test_names_a_web_process_that_does_not_answer(local_store: MediaStorage, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    failed = [check for check in get_media_storage().self_test() if not check.ok]
    assert {check.name for check in failed} == {"signed upload", "signed download", "wrong signature"}
    assert all("PUBLIC_URL" in check.hint for check in failed[:2])
