"""The cast, the clients and the database of every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from accounts import sessions
from accounts.models import User
from media.storage import MediaStorage, get_media_storage
from organizations.models import Organization
from organizations.roles import Role
from tests import databases
from tests.api_client import ApiClient
from tests.factories import make_member, make_organization, make_user
from tests.mailing import deliver_mails


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at local disk itself has nothing to look at where recordings go to S3."""
    if django_settings.S3_BUCKET:
        for item in items:
            if item.get_closest_marker("local_disk"):
                item.add_marker(pytest.mark.skip(reason="about local disk, and recordings go to S3 here"))


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_use_migrations: bool,
    django_db_keepdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """A copy of the cached template. With `--migrations` the real migrations run instead."""
    if django_db_use_migrations:
        request.getfixturevalue("django_db_setup")  # pytest-django's own, which this one hides
        with django_db_blocker.unblock():
            databases.let_truncate_here()
        yield
        return
    from django.db import connection

    name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        databases.create(name)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            databases.drop(name)


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization("Baghdad Radio", make_user("alice@example.com", first_name="Alice", last_name="Ahmad"))


@pytest.fixture
def alice(organization: Organization) -> User:
    """Owner."""
    return User.objects.get(email="alice@example.com")


@pytest.fixture
def bob(organization: Organization) -> User:
    """A member."""
    return make_member(organization, Role.MEMBER, make_user("bob@example.com", first_name="Bob"))


@pytest.fixture
def carol(organization: Organization) -> User:
    """A viewer."""
    return make_member(organization, Role.VIEWER, make_user("carol@example.com", first_name="Carol"))


@pytest.fixture
def dana(organization: Organization) -> User:
    """An admin."""
    return make_member(organization, Role.ADMIN, make_user("dana@example.com", first_name="Dana"))


@pytest.fixture
def other_organization(db: None) -> Organization:
    return make_organization("Elsewhere", make_user("mallory@example.com", first_name="Mallory"))


@pytest.fixture
def mallory(other_organization: Organization) -> User:
    """Owner of another organization, with no business in `organization`."""
    return User.objects.get(email="mallory@example.com")


@pytest.fixture
def client_for() -> Callable[..., Client]:
    """`client_for(bob)`: a browser with bob signed in. Named arguments go to Django's Client."""

    def build(user: User, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user, backend=sessions.BACKEND)
        return client

    return build


@pytest.fixture
def api() -> Callable[..., ApiClient]:
    """`api(bob)`, `api("tdw_...")` or `api()`: a program with bob's token, with a key, or with nothing.

    People name their first organization in X-Organization; `api(bob, organization="slug")` names another.
    """

    def build(who: User | str | None = None, organization: str = "") -> ApiClient:
        if who is None:
            return ApiClient()
        if isinstance(who, str):
            return ApiClient.of_key(who)
        first = Organization.objects.of_user(who).first()
        return ApiClient.of_user(who, organization or (first.slug if first else ""))

    return build


@pytest.fixture
def mails(mailoutbox: list[EmailMessage]) -> Callable[[], list[EmailMessage]]:
    """`mails()`: sends what waits, as a worker would, and gives all that was sent so far."""

    def sent() -> list[EmailMessage]:
        deliver_mails()
        return mailoutbox

    return sent


@pytest.fixture
def media_storage(settings: Settings, tmp_path: Path) -> MediaStorage:
    """An empty store of recordings on local disk."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    store = get_media_storage()
    store.ensure_bucket([])
    return store
