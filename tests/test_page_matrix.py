"""Every page of an organization x everybody: the wall between tenants, and roles, for people in browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from media.storage import MediaStorage
from organizations.models import Organization
from organizations.roles import Role
from tests.access_table import World
from tests.factories import make_member, make_organization
from tests.page_table import MONEY, PAGES
from tests.routes import filled, routes
from tests.test_access_matrix import ORDER, undone

pytestmark = pytest.mark.django_db
START = "o/<slug:slug>"
ROUTES = {name: route for route, name, _ in routes() if route.startswith(START)}
# What is done to recordings in the trash.
TRASHED = {"recording-purge", "recording-restore"}
IN_TRASH = {"status": RecordingStatus.DELETED, "status_before_delete": RecordingStatus.READY}
# Forms that mean nothing when they are empty.
FORMS: dict[str, Callable[[World], dict[str, str]]] = {
    "ownership-transfer": lambda world: {"member": str(world.membership.pk)},
}
ClientFor = Callable[..., Client]

REQUESTS = [(name, method) for name, methods in PAGES.items() for method in methods]
every_request = pytest.mark.parametrize(("name", "method"), REQUESTS, ids=[f"{m} {n}" for n, m in REQUESTS])


def status(client: Client, name: str, method: str, world: World, user: User | None = None) -> tuple[int, str]:
    """The status and where it leads; nothing of the request stays."""
    with undone():
        world = World(world.organization, user)
        if name in TRASHED:
            Recording.objects.filter(pk=world.recording.pk).update(**IN_TRASH)
        form = FORMS[name](world) if name in FORMS else {}
        address = filled(ROUTES[name], world)
        answer = client.post(address, form) if method == "POST" else client.get(address)
        return answer.status_code, answer.headers.get("Location", "")


def test_every_page_is_in_the_table() -> None:
    assert set(ROUTES) - set(PAGES) == set(), "add a line to tests/page_table.py for each of these"
    assert set(PAGES) - set(ROUTES) == set(), "these lines are about pages that do not exist"


@every_request
def test_guests_are_sent_to_sign_in(name: str, method: str, organization: Organization) -> None:
    code, location = status(Client(), name, method, World(organization))
    assert (code, location.partition("?")[0]) == (302, "/accounts/login/")


@every_request
def test_strangers_find_nothing(
    name: str, method: str, organization: Organization, mallory: User, client_for: ClientFor
) -> None:
    assert status(client_for(mallory), name, method, World(organization))[0] == 404


@every_request
def test_foreign_objects_are_not_there_in_ones_own_organization(
    name: str, method: str, organization: Organization, mallory: User, client_for: ClientFor
) -> None:
    """The address names our own organization and an object of another one."""
    if "<uuid:" not in ROUTES[name]:
        return
    own = Organization.objects.of_user(mallory).get()
    client = client_for(mallory)
    with undone():
        foreign = filled(ROUTES[name], World(organization, make_member(organization, Role.ADMIN)))
        address = foreign.replace(f"/o/{organization.slug}/", f"/o/{own.slug}/", 1)
        assert client.generic(method, address).status_code == 404


@every_request
def test_objects_of_ones_other_organization_are_foreign_too(
    name: str, method: str, organization: Organization, client_for: ClientFor
) -> None:
    """A person who owns both organizations, and puts an object of one into an address of the other."""
    if "<uuid:" not in ROUTES[name]:
        return
    user = make_member(organization, Role.OWNER)
    second = make_organization("Second", user)
    client = client_for(user)
    with undone():
        address = filled(ROUTES[name], World(organization, user))
        assert client.generic(method, address.replace(organization.slug, second.slug, 1)).status_code == 404


@every_request
def test_roles(
    name: str, method: str, organization: Organization, client_for: ClientFor, media_storage: MediaStorage
) -> None:
    least = PAGES[name][method]
    for role in ORDER:
        user = make_member(organization, role)
        code, _ = status(client_for(user), name, method, World(organization), user)
        if ORDER.index(role) < ORDER.index(least):
            assert code == 403, role
        else:
            assert code in ((404,) if name in MONEY else (200, 302, 409, 422)), role
