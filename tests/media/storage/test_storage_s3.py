"""What only S3 can get wrong: buckets, keys, endpoints, the wire."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from pytest_django import Settings

from media.storage import MediaStorage, StorageUnavailableError, UploadIncompleteError
from media.storage.s3 import S3MediaStorage
from media.storage.s3_client import S3Options
from tests.media.storage.sending import recording
from tests.s3_server import S3Server

AMAZON = S3Options("recordings", region="eu-central-1", access_key_id="AKIAEXAMPLE", secret_access_key="secret")


class Wire(BaseHTTPRequestHandler):
    """A bucket that does not exist until it is made, knows CORS, and breaks the first line in the middle."""

    requests: list[tuple[str, str, str]] = []
    bucket = False
    rules = ""
    data = b""
    breaks = 0

    def do_HEAD(self) -> None:
        size = {"Content-Length": str(len(self.data)), "ETag": '"1"'} if self.path.count("/") > 1 else {}
        self.answer(200 if type(self).bucket else 404, b"", **size)

    def do_GET(self) -> None:
        if "cors" in self.path:
            missing = b"<Error><Code>NoSuchCORSConfiguration</Code></Error>"
            self.answer(200 if self.rules else 404, self.rules.encode() or missing)
        elif "versioning" in self.path:
            self.answer(200, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        else:
            start = int(re.findall(r"\d+", self.headers["Range"])[0])
            body = self.data[start:]
            self.answer(
                206, body[: len(body) // 2] if type(self).breaks else body, **{"Content-Length": str(len(body))}
            )
            self.close_connection = True
            type(self).breaks -= bool(type(self).breaks)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.requests.append((self.command, self.path, body))
        type(self).bucket = True
        self.answer(200, b"")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def wire() -> Iterator[tuple[type[Wire], S3MediaStorage]]:
    handler = type("Handler", (Wire,), {"requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    yield handler, S3MediaStorage(replace(AMAZON, endpoint_url=endpoint))
    server.shutdown()
    server.server_close()


def test_bucket_is_created_once(s3_store: MediaStorage, settings: Settings) -> None:
    settings.S3_BUCKET = "made-by-this-test"
    store = S3MediaStorage(S3Options.from_settings())
    assert not store.self_test()[0].ok
    assert store.ensure_bucket(["http://tadwin.test"])
    assert not store.ensure_bucket(["http://tadwin.test"])
    store.save_bytes("org/x", b"abc")
    assert store.read_bytes("org/x") == b"abc"


def test_new_bucket_lets_our_pages_upload(wire: tuple[type[Wire], S3MediaStorage]) -> None:
    handler, store = wire
    assert store.ensure_bucket(["https://tadwin.test"])
    (_, _, place), (_, path, cors) = handler.requests
    assert "<LocationConstraint>eu-central-1</LocationConstraint>" in place
    assert path == "/recordings?cors"
    for wanted in ("<AllowedOrigin>https://tadwin.test<", "<AllowedMethod>PUT<", "<ExposeHeader>ETag<"):
        assert wanted in cors


def test_rules_of_the_operator_are_kept(wire: tuple[type[Wire], S3MediaStorage]) -> None:
    handler, store = wire
    handler.bucket = True
    rule = "<CORSRule><ID>{}</ID><AllowedOrigin>{}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    theirs, ours = rule.format("theirs", "https://other.test"), rule.format("tadwin-uploads", "https://old.test")
    handler.rules = f"<CORSConfiguration>{theirs}{ours}</CORSConfiguration>"
    assert not store.ensure_bucket(["https://new.test"])
    cors = handler.requests[-1][2]
    assert "https://other.test" in cors
    assert "https://new.test" in cors
    assert "https://old.test" not in cors


def test_reader_survives_a_broken_line(wire: tuple[type[Wire], S3MediaStorage]) -> None:
    handler, store = wire
    handler.bucket, handler.data, handler.breaks = True, recording(), 1
    with store.open_read("org/x") as stream:
        assert stream.read() == recording()


def test_self_test_warns_of_old_versions(wire: tuple[type[Wire], S3MediaStorage]) -> None:
    check = next(check for check in wire[1].check_surroundings() if check.name == "deletion is final")
    assert not check.ok
    assert "versioning" in check.hint


def test_parts_that_the_service_finds_too_small(s3_store: MediaStorage, folder: str) -> None:
    """Addresses are bound to full parts, so this takes a client that has the keys."""
    assert isinstance(s3_store, S3MediaStorage)
    key = f"{folder}/source"
    upload_id = s3_store.open_upload(key, size=2 << 20, content_type="audio/wav").upload_id
    for number in (1, 2):
        s3_store.client.upload_part(
            Bucket=s3_store.bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=b"x" * 10
        )
    with pytest.raises(UploadIncompleteError, match="EntityTooSmall"):
        s3_store.complete(key, upload_id, size=20)


def test_wrong_keys_are_told(s3_store: MediaStorage, settings: Settings) -> None:
    settings.S3_SECRET_ACCESS_KEY = "another"
    store = S3MediaStorage(S3Options.from_settings())
    with pytest.raises(StorageUnavailableError, match="Check its address and keys"):
        store.read_bytes("org/x")
    checks = store.self_test()
    assert [check.ok for check in checks] == [False]


def test_service_that_is_away_is_told() -> None:
    store = S3MediaStorage(replace(AMAZON, endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(StorageUnavailableError, match="does not answer"):
        store.size("org/x")


def test_browsers_get_the_public_endpoint(s3_store: MediaStorage, s3_server: S3Server, folder: str) -> None:
    url = s3_store.sign_single(f"{folder}/source", size=5, content_type="audio/wav").url
    assert url.startswith(f"{s3_server.public_endpoint_url}/recordings/{folder}/source?")
    assert s3_server.public_endpoint_url != s3_server.endpoint_url


def test_encryption_is_part_of_the_signature(s3_store: MediaStorage, settings: Settings, folder: str) -> None:
    settings.S3_SERVER_SIDE_ENCRYPTION = "AES256"
    signed = S3MediaStorage(S3Options.from_settings()).sign_single(f"{folder}/source", size=5, content_type="audio/wav")
    without = {name: value for name, value in signed.headers.items() if name == "Content-Type"}
    assert httpx.put(signed.url, content=b"sound", headers=without).status_code == 403
    # Past the signature, this service says that it cannot encrypt.
    assert httpx.put(signed.url, content=b"sound", headers=dict(signed.headers)).status_code == 501


def test_amazon_addresses_name_the_regional_host() -> None:
    url = S3MediaStorage(AMAZON).signed_download("org/x", filename="a.wav", content_type="audio/wav")
    assert url.startswith("https://recordings.s3.eu-central-1.amazonaws.com/org/x?")


def test_no_keys_mean_the_role_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFROMTHEROLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    store = S3MediaStorage(S3Options("recordings", region="eu-west-3"))
    assert "AKIAFROMTHEROLE" in store.signed_download("org/x", filename="a.wav", content_type="audio/wav")


def test_secrets_stay_out_of_messages() -> None:
    assert "secret" not in repr(AMAZON).replace("secret_access_key", "")


@pytest.mark.parametrize(
    ("endpoint", "style", "expected"),
    [
        ("", "auto", "virtual"),
        ("https://s3.eu-central-1.amazonaws.com", "", "virtual"),
        ("https://minio.internal:9000", "auto", "path"),
        ("https://amazonaws.com.evil.test", "", "path"),
        ("https://minio.internal:9000", "virtual", "virtual"),
    ],
)
def test_addressing(endpoint: str, style: str, expected: str) -> None:
    assert S3Options("recordings", endpoint_url=endpoint, addressing_style=style).style == expected
