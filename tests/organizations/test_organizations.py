"""Which organization a request is about."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from organizations.models import Membership, Organization
from organizations.services import organizations
from organizations.slugs import base_slug
from tests.factories import make_member, make_organization, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Baghdad Radio", "baghdad-radio"),
        ("إذاعة بغداد", "idhaaa-bghdad"),
        ("شركة النور للإعلام", "shrka-alnwr-llialam"),
        ("قناة ٢٤", "qnaa-24"),
        ("Crème Brûlée & Co.", "creme-brulee-co"),
        ("-- Radio --", "radio"),
        ("x" * 200, "x" * 40),
    ],
)
def test_slugs_of_names(name: str, slug: str) -> None:
    assert base_slug(name) == slug


@pytest.mark.parametrize("name", ["東京放送", "🎙️", "!!!", "Admin", "api"])
def test_names_without_a_usable_slug_get_one(name: str) -> None:
    assert base_slug(name) != base_slug(name), "random"
    Organization(name=name, slug=base_slug(name)).clean_fields()


def test_same_name_twice_gets_another_slug(api: Any, alice: User, organization: Organization) -> None:
    answer = api(alice).post("/organizations", {"name": "  Baghdad   Radio "})
    assert answer.status_code == 201
    made = answer.json()
    assert made["name"] == "Baghdad Radio"
    assert made["slug"].startswith("baghdad-radio-")
    assert made["role"] == "owner"
    assert Membership.objects.get(organization_id=made["id"]).user == alice


@pytest.mark.parametrize(("name", "kept"), [("x" * 300, "x" * 200), ("Radio\0\u202e  One", "Radio One")])
def test_a_name_from_the_page_is_tidied(client_for: Any, alice: User, name: str, kept: str) -> None:
    client_for(alice).post("/organizations/create", {"name": name})
    assert Organization.objects.latest("created_at").name == kept


def test_lists_own_organizations_only(api: Any, bob: User, mallory: User) -> None:
    listed = api(bob).get("/organizations").json()["data"]
    assert [(one["slug"], one["role"]) for one in listed] == [("baghdad-radio", "member")]


def test_own_list_costs_the_same_for_one_and_for_many(api: Any, bob: User, django_assert_num_queries: Any) -> None:
    client = api(bob)
    with CaptureQueriesContext(connection) as one:
        client.get("/organizations")
    for _ in range(5):
        make_member(make_organization(), "viewer", bob)
    with django_assert_num_queries(len(one)):
        assert len(client.get("/organizations").json()["data"]) == 6
    assert len(one) <= 2


def test_several_organizations_need_a_name(api: Any, bob: User) -> None:
    client = api(bob)
    del client.headers["X-Organization"]
    assert client.post("/tickets").status_code == 201, "the only one is meant"
    make_member(make_organization("Second"), "viewer", bob)
    answer = client.post("/tickets")
    assert (answer.status_code, answer.json()["error_type"]) == (400, "organization_required")
    assert client.post("/tickets", **{"X-Organization": "second"}).status_code == 201
    assert client.post("/tickets", **{"X-Organization": "elsewhere"}).status_code == 404


def test_nobodys_member_is_told_to_make_an_organization(api: Any, db: None) -> None:
    answer = api(make_user("lonely@example.com")).post("/tickets")
    assert (answer.status_code, answer.json()["error_type"]) == (400, "organization_required")


def test_lists_members_in_one_query_more_or_less(
    api: Any, alice: User, organization: Organization, django_assert_num_queries: Any
) -> None:
    client = api(alice)
    make_member(organization, "viewer")
    with CaptureQueriesContext(connection) as few:
        client.get("/organizations/baghdad-radio/members")
    for _ in range(10):
        make_member(organization, "member")
    with django_assert_num_queries(len(few)):
        listed = client.get("/organizations/baghdad-radio/members").json()["data"]
    assert len(few) <= 3
    assert len(listed) == 12
    assert listed[-1]["email"] == "alice@example.com"


def test_pages_of_a_list(api: Any, alice: User, organization: Organization) -> None:
    for _ in range(4):
        make_member(organization, "member")
    client, seen = api(alice), []
    path = "/organizations/baghdad-radio/members?limit=2&ordering=created_at"
    while path:
        page = client.get(path).json()
        seen += [one["email"] for one in page["data"]]
        path = (page["next"] or "").partition("/api/v1")[2]
    assert len(seen) == len(set(seen)) == 5
    assert seen[0] == "alice@example.com"
    assert client.get("/organizations/baghdad-radio/members?ordering=role").status_code == 422


def test_session_needs_the_csrf_token(client_for: Any, alice: User) -> None:
    client: Client = client_for(alice, enforce_csrf_checks=True)
    answer = client.post("/api/v1/organizations", {"name": "x"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error_type"]) == (403, "csrf_failed")
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    answer = client.post("/api/v1/organizations", {"name": "x"}, content_type="application/json", headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("method", ["get", "post", "patch", "put", "delete"])
@pytest.mark.parametrize("address", ["/api/v1/nowhere", "/api/v1/organizations/", "/api/v2"])
def test_an_address_that_is_none_is_404_for_every_method(method: str, address: str) -> None:
    """Without a CSRF token too: nothing is there that could be changed."""
    answer = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert (answer.status_code, answer.json()["error_type"]) == (404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_owner_and_organization_come_together(alice: User) -> None:
    before = Organization.objects.count()
    with pytest.raises(IntegrityError):
        organizations.create(name="Half", owner=User(email="unsaved@example.com"))
    assert Organization.objects.count() == before
