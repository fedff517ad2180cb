"""Signing up, in and out in the browser, through allauth's own pages."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from organizations.forms import SignupForm
from organizations.models import Membership, Organization
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = {
    "email": "Noor@Example.com",
    "password1": "a long enough phrase",
    "first_name": "نور",
    "organization_name": "راديو الموصل",
}


def test_form_asks_for_what_is_needed_and_no_more() -> None:
    form = SignupForm()
    assert list(form.fields) == ["email", "password1", "first_name", "last_name", "organization_name"]
    required = [name for name, field in form.fields.items() if field.required]
    assert required == ["email", "password1", "organization_name"]


def test_signing_up_makes_person_address_and_organization(client: Client) -> None:
    answer = client.post("/accounts/signup/", NEW)
    assert answer.status_code == 302
    user = User.objects.get()
    assert (user.email, user.first_name) == ("noor@example.com", "نور")
    assert EmailAddress.objects.get(user=user).email == "noor@example.com"
    assert Membership.objects.get(user=user).role == "owner"
    assert Organization.objects.get().slug == "radyw-almwsl"
    assert client.get("/api/v1/auth/me").json()["email"] == "noor@example.com"


def test_signing_in_and_out(client: Client, alice: User) -> None:
    form = {"login": "ALICE@example.com", "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    assert client.get("/api/v1/auth/me").json()["email"] == "alice@example.com"
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/api/v1/auth/me").status_code == 401


def test_mandatory_verification_hides_known_addresses_in_the_browser(
    client: Client, alice: User, settings: Settings, mails: Any
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    known = client.post("/accounts/signup/", {**NEW, "email": "alice@example.com"})
    fresh = Client().post("/accounts/signup/", NEW)
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])
    assert sorted(m.to[0] for m in mails()) == ["alice@example.com", "noor@example.com"]
    assert Organization.objects.filter(name="راديو الموصل").count() == 1


def test_mails_speak_the_readers_language(alice: User, settings: Settings, api: Any, mails: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    User.objects.filter(pk=alice.pk).update(language="ar")
    body = {"email": alice.email, "password": "a long enough phrase", "organization_name": "x"}
    api().post("/auth/register", body)
    api().post("/auth/register", {**body, "email": "english@example.com"})
    arabic, english = (str(message.subject) for message in mails())
    assert any("\u0600" < letter < "\u06ff" for letter in arabic)
    assert english.isascii()


def test_addresses_are_lower_case_in_the_database_too(alice: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=alice.pk).update(email="Alice@example.com")
