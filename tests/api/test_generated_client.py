"""The OpenAPI document is good enough for others to build on: a client is generated from it, and works."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_api_key, make_recording, make_transcript

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NAME = "tadwin_client"
# The generator has to be told which kinds of answers are just files.
FILES = dict.fromkeys(("application/zip", "*/*"), "application/octet-stream")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The generated package, importable."""
    folder = tmp_path_factory.mktemp("client")
    document, config = folder / "openapi.json", folder / "config.json"
    call_command("spectacular", "--file", str(document), "--format", "openapi-json")
    config.write_text(json.dumps({"package_name_override": NAME, "post_hooks": [], "content_type_overrides": FILES}))
    command = ["generate", "--path", str(document), "--config", str(config), "--meta", "none", "--fail-on-warning"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *command, "--output-path", str(folder / NAME)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    sys.path.insert(0, str(folder))
    yield NAME
    sys.path.remove(str(folder))


@pytest.fixture
def client(package: str, live_server: LiveServer, organization: Organization) -> Any:
    """As its README tells: an address and a token."""
    make = importlib.import_module(package).AuthenticatedClient
    return make(base_url=live_server.url, token=make_api_key(organization)[1], raise_on_unexpected_status=True)


def operation(package: str, tag: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.api.{tag}.{name}")


def test_every_module_can_be_imported(package: str) -> None:
    root = Path(str(importlib.import_module(package).__file__)).parent
    modules = [path for path in root.rglob("*.py") if path.stem != "__init__"]
    for path in modules:
        importlib.import_module(".".join((package, *path.relative_to(root).with_suffix("").parts)))
    assert len(modules) > 100


def test_reading(package: str, client: Any, organization: Organization) -> None:
    transcript = make_transcript(organization)
    page = operation(package, "jobs", "jobs_list").sync(client=client, limit=10)
    assert [job.id for job in page.data] == [transcript.job_id]
    found = operation(package, "transcripts", "transcripts_read").sync(transcript.pk, client=client)
    assert (found.id, found.language, len(found.segments)) == (transcript.pk, "en", 2)
    assert found.segments[0].words[0].text == "Line number 1."


def test_writing(package: str, client: Any, organization: Organization, media_storage: MediaStorage) -> None:
    models = importlib.import_module(f"{package}.models")
    recording = make_recording(organization)
    asked = models.JobRequestRequest.from_dict({"media": str(recording.pk), "mode": "mono"})
    job = operation(package, "jobs", "jobs_create").sync(client=client, body=asked)
    assert (job.status, job.media) == ("queued", recording.pk)
    assert job.options.diarization.enabled is False


def test_refusals_are_typed(package: str, client: Any) -> None:
    problem = operation(package, "jobs", "jobs_read").sync("11111111-1111-4111-8111-111111111111", client=client)
    assert (problem.status, problem.error_type) == (404, "not_found")
