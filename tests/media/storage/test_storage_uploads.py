"""Uploads, on local disk and on S3 by the same tests."""

from __future__ import annotations

import os

import httpx
import pytest

from media.storage import MediaStorage, UploadIncompleteError, UploadMissingError
from tests.media.storage.sending import PART, SIZE, Sender, piece, recording


def test_single_put_arrives(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    key, data = f"{folder}/source", b"sound" * 100
    assert store.open_upload(key, size=len(data), content_type="audio/wav").strategy == "single"
    signed = store.sign_single(key, size=len(data), content_type="audio/wav")
    with pytest.raises(UploadIncompleteError, match="0 bytes arrived of 500"):
        store.complete(key, "", size=len(data))
    answer = http.put(signed.url, content=data, headers=dict(signed.headers))
    assert answer.status_code == 200, answer.text
    assert store.complete(key, "", size=len(data)) == len(data)
    assert store.read_bytes(key) == data


@pytest.mark.parametrize("body", [b"sou", b"sound and more"], ids=["shorter", "longer"])
def test_single_put_of_another_length_is_refused(
    store: MediaStorage, folder: str, http: httpx.Client, body: bytes
) -> None:
    signed = store.sign_single(f"{folder}/source", size=5, content_type="audio/wav")
    assert 400 <= http.put(signed.url, content=body, headers=dict(signed.headers)).status_code < 500
    assert not store.exists(f"{folder}/source")


def test_single_put_of_another_type_is_refused(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    signed = store.sign_single(f"{folder}/source", size=5, content_type="audio/wav")
    assert http.put(signed.url, content=b"sound", headers={"Content-Type": "text/html"}).status_code == 403
    assert not store.exists(f"{folder}/source")


def test_parts_may_come_in_any_order(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    etags = sender.send([3, 1, 2])
    assert [(part.number, part.size) for part in store.list_parts(sender.key, sender.upload_id)] == [
        (1, PART),
        (2, PART),
        (3, SIZE - 2 * PART),
    ]
    assert sender.complete(etags) == SIZE
    assert store.read_bytes(sender.key) == recording()


def test_interrupted_upload_goes_on_where_it_stopped(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    sender.send([1, 3])
    arrived = {part.number for part in store.list_parts(sender.key, sender.upload_id)}
    with pytest.raises(UploadIncompleteError, match="Part 2 is missing"):
        sender.complete()
    sender.send({1, 2, 3} - arrived)
    assert sender.complete() == SIZE
    assert store.read_bytes(sender.key) == recording()


def test_last_part_missing_is_told_in_bytes(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    sender.send([1, 2])
    with pytest.raises(UploadIncompleteError, match=f"{2 * PART} bytes arrived of {SIZE}"):
        sender.complete()
    assert not store.exists(sender.key)


def test_part_sent_again_replaces_the_first(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    old = sender.send([1, 2, 3], data=os.urandom(SIZE))
    new = sender.send([2, 1, 3])
    assert old != new
    with pytest.raises(UploadIncompleteError, match="Part 1 is not the one you name"):
        sender.complete(old)
    assert sender.complete(new) == SIZE
    assert store.read_bytes(sender.key) == recording()


def test_completing_again_is_harmless(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    sender.send([1, 2, 3])
    assert sender.complete() == sender.complete() == SIZE


def test_aborted_upload_takes_and_gives_nothing(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    sender.send([1])
    late = sender.sign(2)[0]
    store.abort(sender.key, sender.upload_id)
    store.abort(sender.key, sender.upload_id)
    assert http.put(late.url, content=piece(recording(), 2)).status_code == 404
    with pytest.raises(UploadMissingError):
        sender.complete()
    assert not store.exists(sender.key)


def test_part_of_another_length_is_refused(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    for body in (b"short", piece(recording(), 1) + b"more"):
        assert 400 <= http.put(sender.sign(1)[0].url, content=body).status_code < 500
    assert store.list_parts(sender.key, sender.upload_id) == []


def test_parts_smaller_than_the_limit_are_never_signed(store: MediaStorage, folder: str) -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        store.sign_parts(f"{folder}/source", "any", [1], size=SIZE, part_size=PART - 1)


def test_numbers_outside_the_plan_are_never_signed(store: MediaStorage, folder: str) -> None:
    for number in (0, 4):
        with pytest.raises(ValueError, match="parts 1 to 3"):
            store.sign_parts(f"{folder}/source", "any", [number], size=SIZE, part_size=PART)


def test_uploads_of_one_key_do_not_meet(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    first, second = (Sender.open(store, http, f"{folder}/source") for _ in range(2))
    first.send([1, 2, 3])
    assert store.list_parts(second.key, second.upload_id) == []
    assert first.complete() == SIZE
    with pytest.raises(UploadIncompleteError):
        second.complete()
