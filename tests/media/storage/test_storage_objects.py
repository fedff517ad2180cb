"""Objects, on local disk and on S3 by the same tests: written, read, downloaded, listed, deleted."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from media.storage import InvalidKeyError, MediaStorage, ObjectMissingError, UploadMissingError
from tests.media.storage.sending import Sender, recording

DATA = bytes(range(256)) * 4


def signed(
    store: MediaStorage, key: str, *, filename: str = "a.wav", kind: str = "audio/wav", inline: bool = True
) -> str:
    return store.signed_download(key, filename=filename, content_type=kind, inline=inline)


def test_streams_and_files_are_stored_whole(store: MediaStorage, folder: str, tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(recording())
    assert store.save_stream(f"{folder}/file", path) == len(recording())
    assert store.save_stream(f"{folder}/stream", io.BytesIO(DATA)) == len(DATA)
    assert store.save_stream(f"{folder}/stream", io.BytesIO(DATA[:9])) == 9
    assert store.size(f"{folder}/file") == len(recording())
    assert store.read_bytes(f"{folder}/stream") == DATA[:9]


def test_reader_seeks_like_a_file(store: MediaStorage, folder: str) -> None:
    store.save_bytes(f"{folder}/source", recording())
    with store.open_read(f"{folder}/source") as stream:
        assert stream.seek(-1000, io.SEEK_END) == len(recording()) - 1000
        assert stream.read() == recording()[-1000:]
        assert stream.read(1) == b""
        stream.seek(3 << 20)
        assert stream.read(10) == recording()[3 << 20 : (3 << 20) + 10]
        assert stream.tell() == (3 << 20) + 10


def test_download_tells_its_progress(store: MediaStorage, folder: str, tmp_path: Path) -> None:
    store.save_bytes(f"{folder}/source", recording())
    seen: list[tuple[int, int]] = []
    size = store.download_to(f"{folder}/source", tmp_path / "copy", lambda done, total: seen.append((done, total)))
    assert (tmp_path / "copy").read_bytes() == recording()
    assert size == len(recording())
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)


def test_download_can_be_stopped(store: MediaStorage, folder: str, tmp_path: Path) -> None:
    store.save_bytes(f"{folder}/source", recording())

    def stop(done: int, total: int) -> None:
        raise InterruptedError("canceled")

    for read in (
        lambda: store.download_to(f"{folder}/source", tmp_path / "copy", stop),
        lambda: store.sha256_of(f"{folder}/source", stop),
    ):
        with pytest.raises(InterruptedError):
            read()


def test_digest_is_read_from_the_store(store: MediaStorage, folder: str) -> None:
    store.save_bytes(f"{folder}/source", recording())
    seen: list[int] = []
    digest = store.sha256_of(f"{folder}/source", lambda done, total: seen.append(done))
    assert digest == hashlib.sha256(recording()).hexdigest()
    assert seen[-1] == len(recording())


def test_missing_objects_are_told_apart(store: MediaStorage, folder: str, tmp_path: Path, http: httpx.Client) -> None:
    key = f"{folder}/absent"
    assert not store.exists(key)
    for read in (store.size, store.open_read, store.read_bytes, store.sha256_of):
        with pytest.raises(ObjectMissingError):
            read(key)
    with pytest.raises(ObjectMissingError):
        store.download_to(key, tmp_path / "copy")
    store.delete(key)
    assert http.get(signed(store, key)).status_code == 404


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../secret", "org/../../secret", "org//x", "org/.uploads/x", ".uploads/x", "a\\b", "a\nb"],
)
def test_keys_never_leave_their_place(store: MediaStorage, key: str) -> None:
    for use in (store.exists, store.size, store.open_read, store.delete, store.delete_prefix):
        with pytest.raises(InvalidKeyError):
            use(key)
    with pytest.raises(InvalidKeyError):
        store.save_bytes(key, b"")
    with pytest.raises(InvalidKeyError):
        store.sign_single(key, size=1, content_type="audio/wav")


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=100-199", (100, 200)),
        ("bytes=1000-", (1000, 1024)),
        ("bytes=-24", (1000, 1024)),
        ("bytes=0-9999", (0, 1024)),
    ],
)
def test_ranges(store: MediaStorage, folder: str, http: httpx.Client, asked: str, span: tuple[int, int]) -> None:
    start, end = span
    store.save_bytes(f"{folder}/source", DATA)
    answer = http.get(signed(store, f"{folder}/source"), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == DATA[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    assert answer.headers["Content-Length"] == str(end - start)


def test_range_outside(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    store.save_bytes(f"{folder}/source", DATA)
    assert http.get(signed(store, f"{folder}/source"), headers={"Range": "bytes=1024-"}).status_code == 416


def test_download_carries_arabic_file_names(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    store.save_bytes(f"{folder}/source", DATA)
    answer = http.get(signed(store, f"{folder}/source", filename="اجتماع الفريق.wav", inline=False))
    assert answer.content == DATA
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{quote('اجتماع الفريق.wav')}"
    assert answer.headers["Content-Type"] == "audio/wav"


def test_file_names_cannot_write_headers(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    store.save_bytes(f"{folder}/source", DATA)
    answer = http.get(signed(store, f"{folder}/source", filename='../a"b\r\nSet-Cookie: x=1.wav'))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"] == 'inline; filename="a b  Set-Cookie: x=1.wav"'


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "TEXT/HTML; charset=x", "no type"]
)
def test_pages_are_never_served_as_pages(store: MediaStorage, folder: str, http: httpx.Client, kind: str) -> None:
    store.save_bytes(f"{folder}/source", b"<script>alert(1)</script>", content_type=kind)
    answer = http.get(signed(store, f"{folder}/source", kind=kind))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_folders_are_listed_at_any_depth(store: MediaStorage, folder: str) -> None:
    for name in ("1/source", "1/jobs/peaks", "1x/source"):
        store.save_bytes(f"{folder}/{name}", b"abc")
    assert {(found.key, found.size) for found in store.list_prefix(f"{folder}/1")} == {
        (f"{folder}/1/source", 3),
        (f"{folder}/1/jobs/peaks", 3),
    }
    assert list(store.list_prefix(f"{folder}/2")) == []


def test_deleting_a_folder_leaves_nothing_and_spares_its_neighbours(
    store: MediaStorage, folder: str, http: httpx.Client
) -> None:
    for name in ("1/source", "1/jobs/peaks", "1x/source", "1-2"):
        store.save_bytes(f"{folder}/{name}", b"abc")
    gone, spared = (Sender.open(store, http, f"{folder}/{name}/upload") for name in ("1", "1x"))
    gone.send([1])
    spared.send([1])
    assert store.delete_prefix(f"{folder}/1/") == 2
    assert list(store.list_prefix(f"{folder}/1")) == []
    assert {found.key for found in store.list_prefix(folder)} == {f"{folder}/1x/source", f"{folder}/1-2"}
    with pytest.raises(UploadMissingError):
        store.list_parts(gone.key, gone.upload_id)
    assert len(store.list_parts(spared.key, spared.upload_id)) == 1
    assert store.delete_prefix(f"{folder}/1") == 0


def test_one_object_is_deleted(store: MediaStorage, folder: str) -> None:
    store.save_bytes(f"{folder}/source", b"abc")
    store.delete(f"{folder}/source")
    assert not store.exists(f"{folder}/source")


def test_self_test_finds_nothing_wrong_and_leaves_nothing(store: MediaStorage) -> None:
    checks = store.self_test()
    assert [check for check in checks if not check.ok] == []
    assert {"write and read", "signed upload", "wrong signature"} <= {check.name for check in checks}
    assert list(store.list_prefix("selftest")) == []
