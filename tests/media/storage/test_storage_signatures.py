"""A signed address serves for exactly what it was signed for, on local disk and on S3."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from media.storage import MediaStorage
from media.storage.selftest import forged
from tests.media.storage.sending import Sender, piece, recording


def changed(url: str, **fields: str) -> str:
    """The same address with other query fields; only those that it has, so that a misspelt test fails."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    assert fields.keys() <= query.keys()
    return urlunsplit(parts._replace(query=urlencode(query | fields)))


def other_key(url: str) -> str:
    assert "/source?" in url
    return url.replace("/source?", "/stolen?")


def download_url(store: MediaStorage, key: str) -> str:
    return store.signed_download(key, filename="a.wav", content_type="audio/wav")


def test_download_needs_its_own_signature(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    for name in ("source", "stolen"):
        store.save_bytes(f"{folder}/{name}", b"sound")
    url = download_url(store, f"{folder}/source")
    assert http.get(url).content == b"sound"
    assert http.get(forged(url)).status_code == 403
    assert http.get(other_key(url)).status_code == 403
    assert http.get(url.split("?")[0]).status_code in {400, 403}
    assert http.put(url, content=b"other").status_code == 403
    assert store.read_bytes(f"{folder}/source") == b"sound"


def test_single_upload_needs_its_own_signature(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    signed = store.sign_single(f"{folder}/source", size=5, content_type="audio/wav")
    headers = dict(signed.headers)
    assert http.put(forged(signed.url), content=b"sound", headers=headers).status_code == 403
    assert http.put(other_key(signed.url), content=b"sound", headers=headers).status_code == 403
    assert list(store.list_prefix(folder)) == []
    assert http.put(signed.url, content=b"sound", headers=headers).status_code == 200
    assert http.get(signed.url).status_code == 403


def test_part_address_serves_for_one_part(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    sender = Sender.open(store, http, f"{folder}/source")
    other = Sender.open(store, http, f"{folder}/source")
    url, body = sender.sign(1)[0].url, piece(recording(), 1)
    number, upload = ("part", "upload") if "part=" in url else ("partNumber", "uploadId")
    assert http.put(forged(url), content=body).status_code == 403
    assert http.put(other_key(url), content=body).status_code == 403
    assert http.put(changed(url, **{number: "2"}), content=body).status_code == 403
    assert http.put(changed(url, **{upload: other.upload_id}), content=body).status_code == 403
    for each in (sender, other):
        assert store.list_parts(each.key, each.upload_id) == []


def test_expired_addresses_are_refused(store: MediaStorage, folder: str, http: httpx.Client) -> None:
    store.save_bytes(f"{folder}/source", b"sound")
    sender = Sender.open(store, http, f"{folder}/upload")
    single = store.sign_single(f"{folder}/single", size=5, content_type="audio/wav", expires=1)
    download = store.signed_download(f"{folder}/source", filename="a.wav", content_type="audio/wav", expires=1)
    part = sender.sign(1, expires=1)[0]
    time.sleep(2.2)
    assert http.get(download).status_code == 403
    assert http.put(single.url, content=b"sound", headers=dict(single.headers)).status_code == 403
    assert http.put(part.url, content=piece(recording(), 1)).status_code == 403


@pytest.mark.parametrize("field", ["size", "expires", "type"])
def test_local_fields_cannot_be_changed(local_store: MediaStorage, folder: str, http: httpx.Client, field: str) -> None:
    signed = local_store.sign_single(f"{folder}/source", size=5, content_type="audio/wav")
    values = {"size": "9", "expires": "9999999999", "type": "text/html"}
    url = changed(signed.url, **{field: values[field]})
    headers = dict(signed.headers) | ({"Content-Type": "text/html"} if field == "type" else {})
    body = b"sound and" if field == "size" else b"sound"
    assert http.put(url, content=body, headers=headers).status_code == 403
    assert http.put(f"{signed.url}&part=1", content=b"sound", headers=headers).status_code == 403


def test_s3_lifetime_cannot_be_changed(s3_store: MediaStorage, folder: str, http: httpx.Client) -> None:
    s3_store.save_bytes(f"{folder}/source", b"sound")
    url = download_url(s3_store, f"{folder}/source")
    assert http.get(changed(url, **{"X-Amz-Expires": "604800"})).status_code == 403
