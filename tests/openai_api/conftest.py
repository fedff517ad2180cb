"""A running Tadwin and the unchanged `openai` package that talks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from media.storage import MediaStorage
from organizations.models import Organization
from tests.factories import make_api_key
from tests.workers import Worker

SCRIPT = "Good morning to everybody. We begin with the budget, as always. Nobody objects to that."


@pytest.fixture
def key(organization: Organization) -> str:
    """An API key that may do all that a member may."""
    return make_api_key(organization)[1]


@pytest.fixture
def client(live_server: LiveServer, key: str) -> OpenAI:
    """As an existing program makes it: only the address and the key are ours."""
    return OpenAI(base_url=f"{live_server.url}/v1", api_key=key, max_retries=0, timeout=60)


@pytest.fixture
def worker(
    transactional_db: None, organization: Organization, media_storage: MediaStorage, settings: Settings
) -> Iterator[Worker]:
    with Worker(ASR_FAKE_ENGINE="1") as process:
        yield process
