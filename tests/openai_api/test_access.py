"""Every route under /v1 x every method x everybody. The routes come from the URL resolver: a new one fails here.

Its answers are in OpenAI's shape and its forms are not JSON, so it has a table of its own beside tests/access_table.py.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from config.common.clock import now
from media.models import Recording
from media.storage import MediaStorage
from organizations.models import Organization
from organizations.roles import SCOPES, Role
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_member, make_organization
from tests.routes import routes
from tests.test_access_matrix import METHODS, ORDER
from transcription.models import Job

pytestmark = pytest.mark.django_db
Headers = dict[str, str]
WAITED_IN_VAIN = 504


@dataclass(frozen=True)
class Row:
    """`role`: the least that may; `scopes`: all of them are needed; `ok`: what those get who may."""

    role: Role
    scopes: frozenset[str]
    ok: int = 200


# Nobody works on jobs here, so those who may make one wait for it in vain.
AUDIO = Row(Role.MEMBER, frozenset({"media:write", "jobs:write", "transcripts:read"}), WAITED_IN_VAIN)
READ = Row(Role.VIEWER, frozenset({"jobs:read"}))
TABLE = {
    ("POST", "v1/audio/transcriptions"): AUDIO,
    ("POST", "v1/audio/translations"): AUDIO,
    ("GET", "v1/models"): READ,
    ("GET", "v1/models/<path:model>"): READ,
}
ROWS = [(*named, row) for named, row in TABLE.items()]
every_row = pytest.mark.parametrize(("method", "route", "row"), ROWS, ids=[" ".join(named) for named in TABLE])


@pytest.fixture(autouse=True)
def impatient(settings: Settings, media_storage: MediaStorage) -> None:
    settings.OPENAI_MAX_WAIT_SECONDS = 0


def views() -> dict[str, Any]:
    """Every route under /v1 with its view class; our answer to unknown addresses has none."""
    found = {route: getattr(view, "cls", None) for route, _name, view in routes() if route.startswith("v1/")}
    return {route: view for route, view in found.items() if view is not None}


def ask(method: str, route: str, headers: Headers) -> Any:
    path = "/" + route.replace("<path:model>", "whisper-1")
    if method != "POST":
        return Client().generic(method, path, headers=headers)
    form = {"file": SimpleUploadedFile("a.txt", b"good morning"), "model": "whisper-1"}
    return Client().post(path, form, headers=headers)


def code_of(answer: Any) -> str:
    """That of an error in OpenAI's shape, with nothing beside it."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return str(body["error"]["code"])


def of_key(organization: Organization, scopes: list[str]) -> Headers:
    return {"Authorization": f"Bearer {make_api_key(organization, scopes)[1]}"}


def of_user(user: User, slug: str) -> Headers:
    return ApiClient.of_user(user, slug).headers


def test_every_route_is_in_the_table() -> None:
    handled = {(m, route) for route, view in views().items() for m in METHODS if hasattr(view, m.lower())}
    assert handled - set(TABLE) == set(), "add a row to TABLE for each of these"
    assert set(TABLE) - handled == set(), "these rows are about routes that do not exist"


@every_row
def test_guests(method: str, route: str, row: Row) -> None:
    told = {"": "not_authenticated", "Bearer nonsense": "invalid_token", "Bearer tdw_nothing": "invalid_api_key"}
    for sent, code in told.items():
        answer = ask(method, route, {"Authorization": sent} if sent else {})
        assert (answer.status_code, code_of(answer)) == (401, code)
        assert answer["WWW-Authenticate"].startswith("Bearer")


@every_row
def test_the_cookie_of_a_browser_opens_nothing(method: str, route: str, row: Row, client_for: Any, alice: User) -> None:
    cookie = client_for(alice).cookies["tadwin_session"].value
    assert ask(method, route, {"Cookie": f"tadwin_session={cookie}"}).status_code == 401


@every_row
def test_roles(method: str, route: str, row: Row, organization: Organization) -> None:
    for role in ORDER:
        answer = ask(method, route, of_user(make_member(organization, role), organization.slug))
        expected = row.ok if ORDER.index(role) >= ORDER.index(row.role) else 403
        assert answer.status_code == expected, role


@every_row
def test_keys(method: str, route: str, row: Row, organization: Organization) -> None:
    """One scope alone, every scope but one that is needed, and those that are needed."""
    needed = sorted(row.scopes)
    too_few = [list(some) for some in combinations(needed, len(needed) - 1) if some]
    for scopes in [*([scope] for scope in sorted(SCOPES)), *too_few, needed]:
        may = row.scopes <= set(scopes)
        assert ask(method, route, of_key(organization, scopes)).status_code == (row.ok if may else 403), scopes
    assert ask(method, route, of_key(organization, [])).status_code == row.ok, "without scopes: what a member may"


@every_row
def test_strangers(method: str, route: str, row: Row, organization: Organization, mallory: User) -> None:
    """Who names an organization that is not theirs; and what they make is theirs alone."""
    own = Organization.objects.of_user(mallory).get()
    for headers in (of_user(mallory, own.slug), of_key(own, [])):
        assert ask(method, route, {**headers, "X-Organization": organization.slug}).status_code == 404
        assert ask(method, route, {**headers, "X-Organization": own.slug}).status_code == row.ok
    assert not Recording.objects.filter(organization=organization).exists()
    assert not Job.objects.filter(organization=organization).exists()


@every_row
def test_who_belongs_to_several_names_one(method: str, route: str, row: Row, organization: Organization) -> None:
    user = make_member(organization, Role.OWNER)
    second = make_organization("Second", user)
    headers = of_user(user, "")
    assert ask(method, route, headers).status_code == 400
    assert ask(method, route, {**headers, "X-Organization": second.slug}).status_code == row.ok
    assert not Job.objects.filter(organization=organization).exists()


@every_row
def test_a_deleted_organization_is_closed(method: str, route: str, row: Row, organization: Organization) -> None:
    headers = of_key(organization, [])
    Organization.objects.filter(pk=organization.pk).update(deleted_at=now(), purge_at=now())
    answer = ask(method, route, headers)
    assert (answer.status_code, code_of(answer)) == (403, "organization_deleted")


def test_the_same_idempotency_key_elsewhere_is_another_job(
    organization: Organization, other_organization: Organization
) -> None:
    again = str(uuid.uuid4())
    told = [
        ask("POST", "v1/audio/transcriptions", {**of_key(one, []), "Idempotency-Key": again})
        for one in (organization, other_organization)
    ]
    assert [one.status_code for one in told] == [WAITED_IN_VAIN] * 2
    owners = {job.organization_id: str(job.pk) for job in Job.objects.all()}
    assert set(owners) == {organization.pk, other_organization.pk}
    for one, answer in zip((organization, other_organization), told, strict=True):
        assert owners[one.pk] in answer.json()["error"]["message"]


def test_methods_that_a_route_does_not_have(organization: Organization) -> None:
    headers = of_key(organization, [])
    for route in views():
        for method in METHODS:
            if (method, route) not in TABLE:
                answer = ask(method, route, headers)
                assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed"), f"{method} {route}"
