"""Two gigabytes through the web process, which must not notice."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from media.storage import PartPlan, get_media_storage
from tests.media.storage.conftest import LOCAL

pytestmark = pytest.mark.slow
SIZE = (2 << 30) + 12_345
PART = 256 << 20
ALLOWED_GROWTH_KIB = 32 << 10
BASE_DIR = Path(__file__).parents[3]


@pytest.fixture
def gunicorn(settings: Settings, tmp_path: Path) -> Iterator[int]:
    """The web process as it runs in production; gives the process id of its one worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.STORAGES = {**settings.STORAGES, "default": {**LOCAL, "OPTIONS": {"location": str(tmp_path)}}}
    settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
    module = os.environ.get("TADWIN_TEST_WEB_SETTINGS", "config.settings")
    environment = {"DJANGO_SETTINGS_MODULE": module, "MEDIA_ROOT": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    command += ["--no-control-socket", "config.wsgi"]
    with subprocess.Popen(command, cwd=BASE_DIR, env=os.environ | environment) as process:
        try:
            yield wait_for_worker(process.pid, settings.PUBLIC_URL)
        finally:
            process.send_signal(signal.SIGTERM)


def wait_for_worker(master: int, url: str) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/media/local/absent", timeout=30)
            return int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")


def peak_memory_kib(process: int) -> int:
    return int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[0])


def zeros(count: int) -> Iterator[bytes]:
    block = bytes(1 << 20)
    while count:
        yield block[:count]
        count -= min(count, len(block))


@pytest.mark.local_disk
def test_two_gigabytes_pass_without_growing_the_web_process(gunicorn: int) -> None:
    store, key, plan = get_media_storage(), "org/1/rec/1/source", PartPlan(SIZE, PART)
    upload_id = store.open_upload(key, size=SIZE, content_type="audio/wav").upload_id
    before = peak_memory_kib(gunicorn)
    with httpx.Client(timeout=120) as http:
        for part in store.sign_parts(key, upload_id, range(1, plan.count + 1), size=SIZE, part_size=PART):
            length = plan.length(part.number)
            answer = http.put(part.url, content=zeros(length), headers={"Content-Length": str(length)})
            assert answer.status_code == 200, answer.text
        started = time.monotonic()
        assert store.complete(key, upload_id, size=SIZE) == SIZE
        assert time.monotonic() - started < 60
        url = store.signed_download(key, filename="long.wav", content_type="audio/wav")
        with http.stream("GET", url) as answer:
            assert sum(len(block) for block in answer.iter_raw()) == SIZE
    growth = peak_memory_kib(gunicorn) - before
    assert growth < ALLOWED_GROWTH_KIB, f"the worker grew by {growth} KiB"
