"""The two stores, both real: local disk behind a real HTTP server, and an S3 service that checks every signature."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from pytest_django import Settings

from media.storage import MediaStorage, get_media_storage
from tests.s3_server import S3Server, venv_python

BUCKET = "recordings"
LOCAL = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
S3 = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": BUCKET}}


@pytest.fixture(scope="session")
def web_address() -> Iterator[str]:
    """The web process without a database: the signature alone must do.

    Not `live_server`: that one serves MEDIA_ROOT to everybody under MEDIA_URL, before any view is asked.
    """
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    if venv_python() is None and not os.environ.get("TADWIN_REQUIRE_S3"):
        pytest.skip("The S3 server has no environment: run `make s3-venv`, or name one in TADWIN_S3_VENV.")
    with S3Server() as server:
        yield server


@pytest.fixture
def local_store(settings: Settings, web_address: str, tmp_path: Path) -> MediaStorage:
    settings.STORAGES = {**settings.STORAGES, "default": {**LOCAL, "OPTIONS": {"location": str(tmp_path / "media")}}}
    settings.PUBLIC_URL = web_address
    settings.MEDIA_UPLOAD_SINGLE_MAX = 1 << 20
    return _ready(get_media_storage())


@pytest.fixture
def s3_store(settings: Settings, s3_server: S3Server) -> MediaStorage:
    settings.STORAGES = {**settings.STORAGES, "default": S3}
    settings.S3_BUCKET = BUCKET
    settings.S3_ENDPOINT_URL = s3_server.endpoint_url
    settings.S3_PUBLIC_ENDPOINT_URL = s3_server.public_endpoint_url
    settings.S3_REGION = s3_server.region
    settings.S3_ACCESS_KEY_ID = s3_server.access_key_id
    settings.S3_SECRET_ACCESS_KEY = s3_server.secret_access_key
    settings.S3_SERVER_SIDE_ENCRYPTION = None
    settings.S3_ADDRESSING_STYLE = "auto"
    settings.MEDIA_UPLOAD_SINGLE_MAX = 1 << 20
    return _ready(get_media_storage())


def _ready(store: MediaStorage) -> MediaStorage:
    store.ensure_bucket([])
    return store


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> MediaStorage:
    """Each test that takes this runs against both."""
    found: MediaStorage = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def folder() -> str:
    return f"org/{secrets.token_hex(8)}"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client
