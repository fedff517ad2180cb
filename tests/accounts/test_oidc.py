"""Signing in with another service, which is a real one on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.oidc import openid_connect, origins
from tests.accounts import oidc_server
from tests.accounts.conftest import code
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[oidc_server.Provider]:
    with oidc_server.running() as running:
        configure(settings, running)
        yield running


def configure(settings: Settings, provider: oidc_server.Provider, **more: Any) -> None:
    known = {"id": "company", "name": "Company", "client_id": oidc_server.CLIENT_ID, "secret": oidc_server.SECRET}
    settings.OIDC_PROVIDERS = [{**known, "server_url": provider.url, **more}]
    settings.SOCIALACCOUNT_PROVIDERS = openid_connect(settings.OIDC_PROVIDERS)


def sign_in(client: Client, address: str = "/accounts/oidc/company/login/?process=login") -> Any:
    """As a browser does it: to the provider, back with a code."""
    start = client.post(address)
    assert start.status_code == 302
    back = httpx.get(start["Location"]).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def test_the_page_offers_it(client: Client, provider: oidc_server.Provider) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "/accounts/oidc/company/login/" in page and "Company" in page


def test_without_a_provider_nothing_is_offered(client: Client) -> None:
    assert "/oidc/" not in client.get("/accounts/login/").content.decode()
    assert client.post("/accounts/oidc/company/login/").status_code == 404


def test_a_new_person_gets_an_account(client: Client, provider: oidc_server.Provider) -> None:
    assert sign_in(client).status_code == 302
    user = User.objects.get()
    assert (user.email, user.first_name, user.has_usable_password()) == ("noor@example.com", "نور", False)
    assert client.get("/api/v1/auth/me").json()["email"] == "noor@example.com"
    assert client.get("/app").status_code == 200, "they start an organization"
    client.post("/accounts/logout/")
    assert sign_in(client).status_code == 302
    assert User.objects.count() == 1


def test_an_address_that_is_only_claimed_is_not_verified(
    client: Client, provider: oidc_server.Provider, mandatory: None, mails: Any
) -> None:
    sign_in(client)
    assert not EmailAddress.objects.get().verified
    assert client.get("/api/v1/auth/me").status_code == 401
    assert "confirm-email" in mails()[-1].body


def test_it_does_not_open_an_account_that_has_the_address(
    client: Client, provider: oidc_server.Provider, alice: User
) -> None:
    """Who runs a provider must not become everybody by claiming their addresses."""
    provider.person["email"] = "alice@example.com"
    sign_in(client)
    assert client.get("/api/v1/auth/me").status_code == 401
    assert not SocialAccount.objects.exists()


def test_a_trusted_service_opens_it(
    client: Client, provider: oidc_server.Provider, alice: User, settings: Settings
) -> None:
    configure(settings, provider, trust_email=True)
    provider.person["email"] = "Alice@Example.com"
    sign_in(client)
    assert client.get("/api/v1/auth/me").json()["id"] == str(alice.pk)


def test_trust_needs_the_services_own_check(
    client: Client, provider: oidc_server.Provider, alice: User, settings: Settings
) -> None:
    configure(settings, provider, trust_email=True)
    provider.person |= {"email": "alice@example.com", "email_verified": False}
    sign_in(client)
    assert client.get("/api/v1/auth/me").status_code == 401


def test_the_second_factor_is_asked_all_the_same(
    client: Client, provider: oidc_server.Provider, alice: User, settings: Settings, totp: Any
) -> None:
    configure(settings, provider, trust_email=True)
    provider.person["email"] = alice.email
    totp(alice)
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/api/v1/auth/me").status_code == 401
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302
    assert client.get("/api/v1/auth/me").status_code == 200


def test_connecting_and_disconnecting(client_for: Any, provider: oidc_server.Provider, alice: User, mails: Any) -> None:
    browser = client_for(alice)
    asked = sign_in(browser, "/accounts/oidc/company/login/?process=connect")
    assert not SocialAccount.objects.exists(), "an open session alone must not add a way in"
    assert browser.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    account = SocialAccount.objects.get(user=alice)
    assert EmailAddress.objects.get(user=alice).email == "alice@example.com"
    assert "noor@example.com" in browser.get("/security").content.decode().lower()
    page = browser.get("/accounts/3rdparty/")
    assert f'value="{account.pk}"' in page.content.decode()
    assert browser.post("/accounts/3rdparty/", {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()
    assert mails()[-1].subject == "A connected sign-in was removed"


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=forged", "?error=access_denied"])
def test_a_made_up_answer_signs_nobody_in(client: Client, provider: oidc_server.Provider, query: str) -> None:
    answer = client.get(f"/accounts/oidc/company/login/callback/{query}")
    assert answer.status_code < 500
    assert client.get("/api/v1/auth/me").status_code == 401


def test_a_code_works_once_and_for_its_own_browser(client: Client, provider: oidc_server.Provider) -> None:
    start = client.post("/accounts/oidc/company/login/?process=login")
    back = httpx.get(start["Location"]).headers["Location"].removeprefix("http://testserver")
    stranger = Client()
    stranger.get(back)
    assert stranger.get("/api/v1/auth/me").status_code == 401
    client.get(back)
    assert client.get("/api/v1/auth/me").status_code == 200


def test_a_service_that_is_away_is_a_page_and_not_a_crash(
    client: Client, provider: oidc_server.Provider, settings: Settings
) -> None:
    configure(settings, provider, server_url="http://127.0.0.1:9")
    assert client.post("/accounts/oidc/company/login/").status_code in (200, 302, 503)


def test_configuration_that_misses_something_is_told() -> None:
    with pytest.raises(ValueError, match="misses secret"):
        openid_connect([{"id": "x", "name": "X", "client_id": "c", "server_url": "https://x.example"}])
    assert origins([{"server_url": "https://sso.example:8443/realms/x"}]) == ["https://sso.example:8443"]
