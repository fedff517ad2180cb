"""Chromium from the system, signed-in pages, and a worker beside the server."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts import sessions
from accounts.models import User
from media.storage import MediaStorage
from organizations.models import Organization
from tests.browser import demo as demos
from tests.workers import Live

# Playwright's own loop runs in this thread; Django would take our rows for use in async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
HERE = Path(__file__).parent
SCREENSHOTS = HERE.parent.parent / "docs" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed")
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture
def site(live_server: LiveServer, settings: Any, media_storage: MediaStorage) -> str:
    """The server's address, which signed addresses of local files carry too."""
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server.url


@pytest.fixture
def live(settings: Any, site: str) -> Iterator[Live]:
    """Beside the live server, so that the pages find it at another port of the same host."""
    with Live() as process:
        settings.LIVE_URL = f"http://localhost:{process.port}"
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["connect-src"] += [settings.LIVE_URL, settings.LIVE_URL.replace("http", "ws", 1)]
        settings.CONTENT_SECURITY_POLICY = policy
        yield process


@pytest.fixture
def open_context(browser: Browser, site: str) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context(alice, ...)`: a browser profile, signed in when a person is given. Fails on errors of scripts.

    `session`: the cookie of a session that is in some other state.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def build(user: User | None = None, *, session: str = "", **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site, **options)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("console", lambda line: problems.append(line.text) if _is_problem(line.text) else None)
        contexts.append(context)
        cookie = session_of(user) if user is not None else session
        if cookie:
            context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        return context

    yield build
    for context in contexts:
        context.close()
    assert not problems


def _is_problem(text: str) -> bool:
    return "Content Security Policy" in text


def session_of(user: User) -> str:
    """Of somebody who has just given the password, so that no page asks for it again."""
    client = Client()
    client.force_login(user, backend=sessions.BACKEND)
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, user, method="password", reauthenticated=True)
    request.session.save()
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def demo(transactional_db: None, site: str, organization: Organization, alice: User) -> demos.Demo:
    return demos.build(organization, alice)


@pytest.fixture
def as_alice(open_context: Callable[..., BrowserContext], alice: User) -> Page:
    return open_context(alice).new_page()
