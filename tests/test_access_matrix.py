"""Every route x every method x everybody: no tenant reaches another's objects, no role or key does more than it may.

The routes come from the URL resolver, the expectations from tests/access_table.py.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from media.storage import MediaStorage
from organizations.models import ApiKey, Organization
from organizations.roles import SCOPES, Role
from tests.access_rows import Row
from tests.access_table import OBJECTS, TABLE, World
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_member, make_organization

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PART = re.compile(r"<(?:\w+:)?(\w+)>")
# The version of a line that nobody has edited.
HEADERS = {"If-Match": '"1"'}
ORDER = (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER)
Pattern = URLPattern | URLResolver


def routes() -> dict[str, Any]:
    """Every route below /api/v1 with its view class."""
    found = dict(_walk(get_resolver().url_patterns, ""))
    return {route.removeprefix("api/v1").removeprefix("/"): view for route, view in found.items() if view is not None}


def _walk(patterns: list[Pattern], before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif route.startswith("api/v1"):
            # DRF's as_view() leaves the class in `cls`; what has none is our answer to unknown addresses.
            yield route, getattr(pattern.callback, "cls", None)


def handled() -> set[tuple[str, str]]:
    return {(m, route) for route, view in routes().items() for m in METHODS if hasattr(view, m.lower())}


def address(route: str, world: World) -> str:
    path = PART.sub(lambda part: str(OBJECTS[part[1]](world)), route)
    return f"/{path}" if path else ""


@dataclass(frozen=True)
class Somebody:
    """A caller with a name for the failure message."""

    name: str
    client: ApiClient
    user: User | None = None
    api_key: ApiKey | None = None

    def ask(self, method: str, route: str, row: Row, organization: Organization, **headers: str) -> int:
        """The status of one request about objects of `organization`; nothing of it stays."""
        with undone():
            world = World(organization, self.user, self.api_key)
            path, body = address(route, world), row.body(world)
            asked = None if method == "GET" else body
            return int(self.client.request(method, path, asked, **HEADERS | headers).status_code)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def people(organization: Organization) -> dict[Role, Somebody]:
    """One of each role."""
    users = {role: make_member(organization, role) for role in ORDER}
    return {role: Somebody(role, ApiClient.of_user(user, organization.slug), user) for role, user in users.items()}


@pytest.fixture
def keys(organization: Organization) -> dict[str, Somebody]:
    """One key of each scope, and one without scopes."""
    found = {}
    for scope in ["", *sorted(SCOPES)]:
        row, text = make_api_key(organization, [scope] if scope else [])
        found[scope] = Somebody(f"key of {scope or 'all scopes'}", ApiClient.of_key(text), api_key=row)
    return found


def test_every_route_is_in_the_table() -> None:
    assert handled() - set(TABLE) == set(), "add a row to tests/access_table.py for each of these"
    assert set(TABLE) - handled() == set(), "these rows are about routes that do not exist"


def test_the_table_can_make_every_object() -> None:
    named = {name for route in routes() for name in PART.findall(route)}
    assert named <= set(OBJECTS), "add a factory to OBJECTS in tests/access_table.py"


KINDS: dict[str, Callable[[str, Row], bool]] = {
    "public": lambda _route, row: row.public,
    "personal": lambda _route, row: row.is_personal,
    "tenant": lambda _route, row: row.role is not None,
    "named": lambda route, row: row.role is not None and "<uuid:" in route,
    "object": lambda route, row: row.role is not None and "<uuid:" in route and "<slug:" not in route,
}


def rows(kind: str) -> pytest.MarkDecorator:
    """The rows of one kind. `named`: an object's id is in the address; `object`: that, and no slug."""
    chosen = [(method, route, row) for (method, route), row in TABLE.items() if KINDS[kind](route, row)]
    ids = [f"{method} {route}" for method, route, _ in chosen]
    return pytest.mark.parametrize(("method", "route", "row"), chosen, ids=ids)


@rows("tenant")
def test_guests_get_401(method: str, route: str, row: Row, organization: Organization) -> None:
    guest = Somebody("guest", ApiClient())
    assert guest.ask(method, route, row, organization) == 401
    assert guest.ask(method, route, row, organization, Authorization="Bearer nonsense") == 401
    assert guest.ask(method, route, row, organization, **{"X-Organization": organization.slug}) == 401


@rows("personal")
def test_personal_routes_are_for_people(method: str, route: str, row: Row, organization: Organization) -> None:
    user = make_member(organization, Role.VIEWER)
    _, text = make_api_key(organization)
    assert Somebody("guest", ApiClient()).ask(method, route, row, organization) == 401
    assert Somebody("key", ApiClient.of_key(text)).ask(method, route, row, organization) == 403
    assert Somebody("viewer", ApiClient.of_user(user), user).ask(method, route, row, organization) in row.ok


@rows("public")
def test_public_routes_need_no_login(method: str, route: str, row: Row, organization: Organization) -> None:
    assert Somebody("guest", ApiClient()).ask(method, route, row, organization) in row.ok


@rows("tenant")
def test_roles(
    method: str,
    route: str,
    row: Row,
    organization: Organization,
    people: dict[Role, Somebody],
    media_storage: MediaStorage,
) -> None:
    assert row.role is not None
    for role, somebody in people.items():
        expected = row.ok if ORDER.index(role) >= ORDER.index(row.role) else (403,)
        assert somebody.ask(method, route, row, organization) in expected, somebody.name


@rows("tenant")
def test_keys(
    method: str,
    route: str,
    row: Row,
    organization: Organization,
    keys: dict[str, Somebody],
    media_storage: MediaStorage,
) -> None:
    for scope, somebody in keys.items():
        may = row.is_open_to_key(scope)
        assert somebody.ask(method, route, row, organization) in (row.ok if may else (403,)), somebody.name


@rows("tenant")
def test_strangers(
    method: str, route: str, row: Row, organization: Organization, mallory: User, other_organization: Organization
) -> None:
    """Owners and keys of another organization: what is not theirs is not there."""
    _, text = make_api_key(other_organization)
    owner = Somebody("owner elsewhere", ApiClient.of_user(mallory, other_organization.slug), mallory)
    key = Somebody("key from elsewhere", ApiClient.of_key(text))
    here = {"X-Organization": organization.slug}
    assert owner.ask(method, route, row, organization, **here) == 404
    assert key.ask(method, route, row, organization, **here) == 404
    expected = 404 if PART.search(route) and row.stranger is None else row.stranger
    if expected is None:
        return
    assert owner.ask(method, route, row, organization) == expected
    assert key.ask(method, route, row, organization) in ({expected} | (set() if row.is_open_to_key("") else {403}))


@rows("object")
def test_objects_of_ones_other_organization_are_foreign_too(
    method: str, route: str, row: Row, organization: Organization
) -> None:
    """A person of both organizations who names the wrong one."""
    user = make_member(organization, Role.OWNER)
    other = make_organization("Second", user)
    somebody = Somebody("owner of both", ApiClient.of_user(user, other.slug), user)
    assert somebody.ask(method, route, row, organization) == 404


@rows("named")
def test_missing_objects_are_404(
    method: str, route: str, row: Row, organization: Organization, people: dict[Role, Somebody]
) -> None:
    path = "/" + re.sub(r"<uuid:\w+>", str(uuid.uuid4()), route.replace("<slug:slug>", organization.slug))
    answer = people[Role.OWNER].client.request(method, path, None if method == "GET" else {})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_methods_that_a_route_does_not_have(organization: Organization, people: dict[Role, Somebody]) -> None:
    nothing = Row(role=Role.OWNER)
    for route, _ in routes().items():
        for method in METHODS:
            if (method, route) in TABLE:
                continue
            status = people[Role.OWNER].ask(method, route, nothing, organization)
            assert status == 405, f"{method} {route}"


def test_addresses_that_end_in_a_slash_do_not_exist(organization: Organization, people: dict[Role, Somebody]) -> None:
    for route in routes():
        with undone():
            answer = people[Role.OWNER].client.get(address(route, World(organization)) + "/")
            assert answer.status_code == 404, route
            assert answer["Content-Type"] == "application/problem+json"
