"""Signing up through the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from pytest_django import Settings

from accounts.models import User
from config.common.errors import Invalid
from organizations.models import Membership, Organization
from organizations.services.signup import sign_up

pytestmark = pytest.mark.django_db
NEW = {
    "email": "Noor@Example.com",
    "password": "a long enough phrase",
    "first_name": "نور",
    "last_name": "",
    "organization_name": "إذاعة بغداد",
}


@pytest.fixture
def mandatory(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def test_makes_a_person_an_organization_and_tokens_that_work(api: Any) -> None:
    answer = api().post("/auth/register", NEW)
    assert answer.status_code == 201
    made = answer.json()
    assert made["user"]["email"] == "noor@example.com"
    assert made["organization"]["name"] == "إذاعة بغداد"
    assert made["organization"]["slug"] == "idhaaa-bghdad"
    me = api().get("/auth/me", Authorization=f"Bearer {made['access']}").json()
    assert me["id"] == made["user"]["id"]
    assert [(o["slug"], o["role"]) for o in me["organizations"]] == [(made["organization"]["slug"], "owner")]
    assert not answer.cookies, "a program's login must not change the browser's"


def test_known_address_is_a_conflict_and_leaves_nothing_behind(api: Any, alice: User) -> None:
    answer = api().post("/auth/register", {**NEW, "email": "ALICE@example.com"})
    assert (answer.status_code, answer.json()["error_type"]) == (409, "email_taken")
    assert Organization.objects.count() == 1


def test_an_organization_that_fails_takes_the_person_with_it() -> None:
    with pytest.raises(Invalid):
        sign_up(email="x@example.com", password="p", first_name="", last_name="", organization_name=" \n ")
    assert User.objects.count() == Organization.objects.count() == Membership.objects.count() == 0


def test_mandatory_verification_gives_no_tokens_and_sends_a_mail(api: Any, mandatory: None, mails: Any) -> None:
    answer = api().post("/auth/register", NEW)
    assert answer.status_code == 201
    assert answer.json()["access"] is None
    assert answer.json()["refresh"] is None
    assert [m.to for m in mails()] == [["noor@example.com"]]
    assert "confirm-email" in mails()[0].body
    refused = api().post("/auth/login", {"email": NEW["email"], "password": NEW["password"]})
    assert (refused.status_code, refused.json()["error_type"]) == (403, "email_not_verified")
    EmailAddress.objects.update(verified=True)
    assert api().post("/auth/login", {"email": NEW["email"], "password": NEW["password"]}).status_code == 200


def test_mandatory_verification_hides_that_an_address_is_known(
    api: Any, alice: User, mandatory: None, mails: Any
) -> None:
    known = api().post("/auth/register", {**NEW, "email": "alice@example.com"})
    fresh = api().post("/auth/register", NEW)
    assert known.status_code == fresh.status_code == 201
    assert _shape(known.json()) == _shape(fresh.json())
    assert known.json()["user"]["id"] != str(alice.pk)
    assert known.json()["user"]["first_name"] == "نور"
    assert Organization.objects.count() == 2
    assert [m.to for m in mails()] == [["alice@example.com"], ["noor@example.com"]]
    assert "confirm-email" not in mails()[0].body


def _shape(value: Any) -> Any:
    """The same with every text reduced to its kind, so that two answers can be compared."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}-.*", value):
        return "uuid"
    return type(value).__name__


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "noor@example.com"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"organization_name": ""}, "organization_name"),
        ({"organisation": "misspelt"}, "organisation"),
    ],
)
def test_bad_input_names_the_field(api: Any, change: dict[str, str], field: str) -> None:
    answer = api().post("/auth/register", {**NEW, **change})
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert User.objects.count() == 0
