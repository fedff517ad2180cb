"""Recordings from addresses: a real server has the file, a worker fetches it, and much can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from config.common.clock import from_now, now
from media.models import MediaImport, Recording, StoragePurge
from media.services import imports, probing, purging, sweeping
from media.services.import_leases import ImportLease
from media.storage import MediaStorage
from organizations.models import Organization, WebhookDelivery
from tests.factories import make_project, make_webhook
from tests.local_server import Asked, LocalServer, Reply, serving
from transcription.models import Job

pytestmark = pytest.mark.django_db
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def importing(settings: Settings, media_storage: MediaStorage) -> None:
    settings.MEDIA_IMPORT_ENABLED = True


@pytest.fixture
def library(speech: bytes) -> Iterator[LocalServer]:
    """Has two seconds of speech at every address."""
    with serving() as server:
        server.answer = lambda _asked: Reply(body=speech, headers={"Content-Type": "audio/wav"})
        yield server


def ask(client: Any, url: str, **fields: Any) -> Json:
    answer = client.post("/media/import", {"url": url, **fields})
    assert answer.status_code == 202, answer.content
    media: Json = answer.json()["media"]
    return media


def fetch(media: Json) -> Json:
    imports.fetch(MediaImport.objects.get(recording=media["id"]).pk)
    row = Recording.objects.get(pk=media["id"])
    return {"status": row.status, "reason": row.reason, "name": row.name}


def answer_with(server: LocalServer, *replies: Reply) -> None:
    """One after the other, the last one for ever."""
    left = list(replies)
    server.answer = lambda _asked: left.pop(0) if len(left) > 1 else left[0]


def test_fetched_examined_and_ready(api: Any, bob: User, library: LocalServer, speech: bytes) -> None:
    client = api(bob)
    media = ask(client, f"{library.url}/talks/Friday%20talk.wav?token=secret")
    assert (media["status"], media["name"], media["import"]["host"]) == ("uploading", "Friday talk", "127.0.0.1")
    assert fetch(media)["status"] == "probing"
    probing.probe(media["id"])
    found = client.get(f"/media/{media['id']}").json()
    assert (found["status"], found["size"], found["filename"]) == ("ready", len(speech), "Friday talk.wav")
    assert found["import"] == {"host": "127.0.0.1", "received": len(speech), "size": len(speech)}
    assert found["uploaded_by"] == str(bob.pk)
    assert [asked.path for asked in library.asked] == ["/talks/Friday%20talk.wav?token=secret"]


def test_the_address_is_a_secret_and_forgotten(api: Any, bob: User, library: LocalServer) -> None:
    media = ask(api(bob), f"{library.url}/a.wav?token=sesame")
    row = MediaImport.objects.get()
    assert "sesame" not in row.url
    assert row.address().endswith("token=sesame")
    fetch(media)
    row.refresh_from_db()
    assert (row.url, row.due_at, row.lease_until) == ("", None, None)


def test_off_unless_turned_on(api: Any, bob: User, settings: Settings) -> None:
    settings.MEDIA_IMPORT_ENABLED = False
    answer = api(bob).post("/media/import", {"url": "http://127.0.0.1/a.mp3"})
    assert (answer.status_code, answer.json()["error_type"]) == (422, "import_off")
    assert Recording.objects.count() == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "malformed_url"),
        ("file:///etc/passwd", "malformed_url"),
        ("ftp://127.0.0.1/a.mp3", "scheme"),
        ("http://me:pass@127.0.0.1/a.mp3", "credentials"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://[fd00:ec2::254]/", "address"),
        ("http://192.168.0.1/a.mp3", "address"),
    ],
)
def test_what_is_refused_at_once(api: Any, bob: User, url: str, code: str) -> None:
    answer = api(bob).post("/media/import", {"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert Recording.objects.count() == 0


def test_viewers_and_foreign_projects(
    api: Any, bob: User, carol: User, other_organization: Organization, library: LocalServer
) -> None:
    assert api(carol).post("/media/import", {"url": library.url}).status_code == 403
    foreign = make_project(other_organization)
    assert api(bob).post("/media/import", {"url": library.url, "project": str(foreign.pk)}).status_code == 422


def test_redirects_are_followed_and_name_the_file(api: Any, bob: User, library: LocalServer, speech: bytes) -> None:
    named = Reply(body=speech, headers={"Content-Disposition": "attachment; filename*=UTF-8''%D9%85%D9%82.wav"})
    answer_with(library, Reply(302, headers={"Location": "/elsewhere"}), named)
    assert fetch(ask(api(bob), f"{library.url}/get.php")) == {"status": "probing", "reason": "", "name": "مق"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}), "import_refused"),
        (Reply(302, headers={"Location": "http://[::1]:9/"}), "import_refused"),
        (Reply(302, headers={"Location": "/again"}), "import_refused"),
        (Reply(401), "import_not_found"),
        (Reply(404, b"no"), "import_not_found"),
        (Reply(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"}), "import_web_page"),
        (Reply(200, b""), "empty_audio"),
    ],
)
def test_what_is_refused_for_good(api: Any, bob: User, library: LocalServer, reply: Reply, reason: str) -> None:
    answer_with(library, reply)
    media = ask(api(bob), f"{library.url}/a.wav")
    assert fetch(media) == {"status": "rejected", "reason": reason, "name": "a"}
    detail = api(bob).get(f"/media/{media['id']}").json()["reason_detail"]
    assert len(detail) > 20
    assert "169.254" not in detail


@pytest.mark.parametrize("announced", [True, False])
def test_too_large_is_noticed_early_and_leaves_nothing(
    api: Any, bob: User, library: LocalServer, settings: Settings, media_storage: MediaStorage, announced: bool
) -> None:
    settings.MEDIA_MAX_SIZE = 100_000
    headers = {"Content-Length": "1000000000"} if announced else {}
    answer_with(library, Reply(body=(b"x" * 50_000 for _ in range(20_000)), headers=headers))
    media = ask(api(bob), f"{library.url}/a.wav")
    assert fetch(media)["reason"] == "too_large"
    row = Recording.objects.get()
    assert list(media_storage.list_prefix(row.prefix)) == []


def test_a_server_in_trouble_is_asked_again(api: Any, bob: User, library: LocalServer, speech: bytes) -> None:
    cut_off = Reply(body=[b"x" * 1000], headers={"Content-Length": "5000"})
    answer_with(library, Reply(503), cut_off, Reply(body=speech))
    media = ask(api(bob), f"{library.url}/a.wav")
    for expected in ("uploading", "uploading", "probing"):
        assert fetch(media)["status"] == expected
        assert len(library.asked) < 3 or expected == "probing"
        fetch(media)  # not before its time
        MediaImport.objects.exclude(due_at=None).update(due_at=now())
    assert len(library.asked) == 3


def test_a_server_that_never_recovers(api: Any, bob: User, library: LocalServer) -> None:
    answer_with(library, Reply(500))
    media = ask(api(bob), f"{library.url}/a.wav")
    for _ in range(3):
        MediaImport.objects.exclude(due_at=None).update(due_at=now())
        found = fetch(media)
    assert found["reason"] == "import_unreachable"
    assert len(library.asked) == 3


def test_webhooks_and_waiting_jobs_hear_of_a_refusal(
    api: Any, bob: User, library: LocalServer, organization: Organization
) -> None:
    make_webhook(organization, events=["media.rejected", "job.failed"])
    answer_with(library, Reply(404))
    client = api(bob)
    media = ask(client, f"{library.url}/a.wav")
    job = client.post("/jobs", {"media": media["id"]})
    assert job.status_code == 202
    fetch(media)
    assert (Job.objects.get().error or {})["type"] == "import_not_found"
    assert set(WebhookDelivery.objects.values_list("event", flat=True)) == {"media.rejected", "job.failed"}


def test_a_job_waits_for_the_file(api: Any, bob: User, library: LocalServer) -> None:
    client = api(bob)
    media = ask(client, f"{library.url}/a.wav")
    job = client.post("/jobs", {"media": media["id"]}).json()
    fetch(media)
    probing.probe(media["id"])
    steps = client.get(f"/jobs/{job['id']}/steps").json()["data"]
    assert {step["status"] for step in steps} == {"runnable"}


def test_two_workers_fetch_it_once(api: Any, bob: User, library: LocalServer) -> None:
    row = MediaImport.objects.get(recording=ask(api(bob), library.url)["id"])
    assert ImportLease.claim(row.pk)
    imports.fetch(row.pk)
    assert library.asked == []
    MediaImport.objects.update(lease_until=from_now(seconds=-1))
    imports.fetch(row.pk)
    assert len(library.asked) == 1


def test_a_lost_message_is_sent_again(api: Any, bob: User, library: LocalServer) -> None:
    ask(api(bob), library.url)
    assert imports.ring_for_overdue() == 0, "its own message is still on its way"
    MediaImport.objects.update(updated_at=from_now(minutes=-1))
    assert imports.ring_for_overdue() == 1
    sweeping.sweep()


@pytest.mark.django_db(transaction=True)
def test_deleted_while_it_is_fetched(
    api: Any, bob: User, library: LocalServer, media_storage: MediaStorage, settings: Settings
) -> None:
    """The worker notices by its heartbeat, and what it stored goes."""
    settings.STEP_HEARTBEAT_SECONDS = 0.05
    begun = threading.Event()

    def endless(_asked: Asked) -> Reply:
        def pieces() -> Iterator[bytes]:
            begun.set()
            while not library.released.wait(0.01):
                yield b"x" * 1000

        return Reply(body=pieces())

    library.answer = endless
    client = api(bob)
    media = ask(client, library.url)
    row = MediaImport.objects.get()

    def work() -> None:
        imports.fetch(row.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(10)
    received = _wait_for_progress(client, media["id"])
    assert received > 0
    assert client.delete(f"/media/{media['id']}").status_code == 204
    worker.join(10)
    assert not worker.is_alive()
    StoragePurge.objects.update(not_before=None)
    purging.run_due()
    assert list(media_storage.list_prefix(f"org/{row.organization_id}")) == []
    assert Recording.objects.count() == 0


def _wait_for_progress(client: Any, media_id: str) -> int:
    pause = threading.Event()
    for _ in range(200):
        received = int(client.get(f"/media/{media_id}").json()["import"]["received"])
        if received:
            return received
        pause.wait(0.05)
    return 0


def test_a_name_given_meanwhile_stays(api: Any, bob: User, library: LocalServer) -> None:
    client = api(bob)
    media = ask(client, f"{library.url}/a.wav")
    assert client.patch(f"/media/{media['id']}", {"name": "Friday"}).status_code == 200
    assert fetch(media)["name"] == "Friday"


def test_the_field_on_the_home_page(
    client_for: Any, bob: User, library: LocalServer, settings: Settings, organization: Organization
) -> None:
    client, home = client_for(bob), f"/o/{organization.slug}"
    fields = {"url": f"{library.url}/talk.wav", "language": "en"}
    assert client.post(f"{home}/import", fields).status_code == 302
    recording, job = Recording.objects.get(), Job.objects.get()
    assert (recording.status, recording.name, job.options["language"]) == ("uploading", "talk", "en")
    assert b"import" in client.get(f"{home}/").content
    assert b"being fetched from 127.0.0.1" in client.get(f"{home}/recordings/{recording.pk}").content
    client.post(f"{home}/import", {"url": "http://10.0.0.1/"})
    assert Recording.objects.count() == 1
    assert b"private network" in client.get(f"{home}/").content
    settings.MEDIA_IMPORT_ENABLED = False
    assert b'name="url"' not in client.get(f"{home}/").content
    client.post(f"{home}/import", fields)
    assert Recording.objects.count() == 1
