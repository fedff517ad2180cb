"""A running Tadwin for the commands of the documentation: web server, live process, storage and a Celery worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from celery.contrib.testing.worker import start_worker
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from config.celery import app
from config.common import shutdown
from media.storage import MediaStorage
from organizations.authenticate import caller_for_user
from organizations.services import api_keys
from tests.workers import Live
from transcription.states import Queue


@pytest.fixture
def running(
    live_server: LiveServer, settings: Settings, media_storage: MediaStorage, alice: User, organization: object
) -> Iterator[dict[str, str]]:
    """The environment variables that the pages' commands read."""
    settings.PUBLIC_URL = live_server.url
    _key, text = api_keys.create(caller=caller_for_user(alice, None), name="docs", scopes=[])
    with ExitStack() as stack:
        stack.callback(shutdown.clear)
        live = Live()
        stack.enter_context(live)
        settings.LIVE_URL = f"http://127.0.0.1:{live.port}"
        stack.enter_context(
            start_worker(app, pool="solo", queues=Queue.values, perform_ping_check=False, shutdown_timeout=30)
        )
        yield {"TADWIN": live_server.url, "TADWIN_KEY": text}
