"""Uploads as a browser does them: the API tells where, the bytes go there by real HTTP, a worker looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from media.services import probing
from media.storage import MediaStorage, get_media_storage
from tests.media.audio.makers import noise, tone, wav

PART = 5 << 20
Json = dict[str, Any]


@pytest.fixture(scope="session")
def object_server() -> Iterator[LiveServer]:
    """The web process without a database: signed addresses must do without one."""
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def store(settings: Settings, object_server: LiveServer, media_storage: MediaStorage) -> MediaStorage:
    """Local disk in a folder of this test, reached through `object_server`."""
    settings.PUBLIC_URL = object_server.url
    return get_media_storage()


@pytest.fixture
def small_parts(settings: Settings, store: MediaStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 5 MiB, the least that S3 takes, so that three of them are quickly sent."""
    settings.MEDIA_UPLOAD_SINGLE_MAX = 1 << 20
    monkeypatch.setattr("media.storage.base.PART_SIZE", PART)


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A mono WAV of 2 s, 64 kB: stands for what people say."""
    return wav(tmp_path_factory.mktemp("speech") / "speech.wav", noise(2.0, 16_000)).read_bytes()


@pytest.fixture(scope="session")
def long_speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A stereo WAV of 70 s, 13 MB: three parts, the last one short."""
    return wav(tmp_path_factory.mktemp("speech") / "long.wav", tone(70.0, 96_000), 96_000).read_bytes()


@dataclass(frozen=True, slots=True)
class Uploader:
    """One person with a file."""

    api: Any

    def open(self, data: bytes, filename: str = "speech.wav", **fields: Any) -> Json:
        answer = self.api.post("/media/uploads", {"filename": filename, "size": len(data), **fields})
        assert answer.status_code == 201, answer.content
        opened: Json = answer.json()
        return opened

    def send(self, upload: Json, data: bytes, only: set[int] | None = None) -> dict[int, str]:
        """PUT the bytes where `upload` says, and return the etags of the parts."""
        if upload["strategy"] == "single":
            put = httpx.put(upload["url"], content=data, headers=upload["headers"])
            assert put.status_code == 200, put.text
            return {}
        size = upload["part_size"]
        wanted = [part for part in upload["parts"] if only is None or part["number"] in only]
        return {part["number"]: _put(part, data[(part["number"] - 1) * size :][:size]) for part in wanted}

    def complete(self, upload: Json, parts: list[Json] | None = None) -> Any:
        return self.api.post(f"/media/uploads/{upload['id']}/complete", {"parts": parts} if parts else {})

    def upload(self, data: bytes, filename: str = "speech.wav", **fields: Any) -> Json:
        """Through to the worker's verdict: the medium as it is then."""
        opened = self.open(data, filename, **fields)
        self.send(opened["upload"], data)
        assert self.complete(opened["upload"]).status_code == 200
        probing.probe(opened["media"]["id"])
        return self.medium(opened["media"]["id"])

    def medium(self, media_id: str) -> Json:
        found: Json = self.api.get(f"/media/{media_id}").json()
        return found


def _put(part: Json, piece: bytes) -> str:
    answer = httpx.put(part["url"], content=piece)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"].strip('"')


@pytest.fixture
def uploader(api: Callable[[User], Any], store: MediaStorage) -> Callable[[User], Uploader]:
    return lambda user: Uploader(api(user))
