"""Clients that hang up: their place goes to others, and work that nobody will read is stopped."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from pytest_django import Settings

from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_api_key
from tests.openai_api.test_requests import TRANSCRIPTIONS, Headers, ask, bearer
from tests.workers import Process, free_port, wait_for
from transcription.models import Job
from transcription.states import JobStatus

pytestmark = pytest.mark.django_db(transaction=True)
FORM = (
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ngood morning\r\n--x--\r\n'
)


@pytest.fixture
def key(organization: Organization, media_storage: MediaStorage, settings: Settings) -> Headers:
    settings.OPENAI_MAX_WAIT_SECONDS = 0
    return bearer(make_api_key(organization)[1])


def test_a_stream_that_nobody_reads_gives_its_place_back_and_stops_the_job(key: Headers) -> None:
    for _ in range(20):
        answer = ask("POST", TRANSCRIPTIONS, key, stream="true")
        assert answer.status_code == 200
        answer.close()
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.CANCELED}


def test_a_stream_with_an_idempotency_key_goes_on(key: Headers) -> None:
    ask("POST", TRANSCRIPTIONS, {**key, "Idempotency-Key": "once"}, stream="true").close()
    assert Job.objects.get().status == JobStatus.QUEUED


def test_a_stream_that_ends_without_a_result_says_so(key: Headers) -> None:
    answer = ask("POST", TRANSCRIPTIONS, key, stream="true")
    body = b"".join(answer.streaming_content).decode()
    assert '"code":"wait_timeout"' in body
    assert body.endswith("data: [DONE]\n\n")


class Web(Process):
    """The web process as it runs in production: gunicorn with threads."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__(
            "gunicorn", "config.wsgi", "--worker-class", "gthread", "--threads", "4", "--bind", f"127.0.0.1:{self.port}"
        )

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/v1/models").status_code == httpx.codes.UNAUTHORIZED
        except httpx.TransportError:
            return False

    def send(self, headers: Headers) -> socket.socket:
        """Begin a transcription; the answer can be read from the socket."""
        given = {**headers, "Host": "127.0.0.1", "Content-Type": "multipart/form-data; boundary=x"}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        connection = socket.create_connection(("127.0.0.1", self.port))
        request = f"POST {TRANSCRIPTIONS} HTTP/1.1\r\n{head}Content-Length: {len(FORM)}\r\n\r\n{FORM}"
        connection.sendall(request.encode())
        return connection


@pytest.fixture
def web(key: Headers) -> Iterator[Web]:
    with Web() as process:
        wait_for(process.answers, "gunicorn answers", timeout=60)
        yield process


@pytest.mark.slow
def test_whoever_hangs_up_stops_the_work(web: Web, key: Headers) -> None:
    connection = web.send(key)
    wait_for(lambda: Job.objects.filter(status=JobStatus.QUEUED).exists(), "the job is there")
    connection.close()
    wait_for(lambda: Job.objects.get().status == JobStatus.CANCELED, "the job is canceled")


@pytest.mark.slow
def test_whoever_can_come_back_does_not(web: Web, key: Headers) -> None:
    web.send({**key, "Idempotency-Key": "once"}).close()
    wait_for(Job.objects.exists, "the job is there")
    wait_for(lambda: '"status": 499' in web.log.read_text(), "the web process has noticed")
    assert Job.objects.get().status == JobStatus.QUEUED
