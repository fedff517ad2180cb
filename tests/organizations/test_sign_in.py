"""Tokens: login, refresh, logout."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from config import settings as real_settings
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def tokens(api: Any, user: User) -> dict[str, str]:
    answer = api().post("/auth/login", {"email": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("email", "password"), [("alice@example.com", "wrong"), ("ghost@example.com", PASSWORD)])
def test_wrong_password_and_unknown_address_look_the_same(api: Any, alice: User, email: str, password: str) -> None:
    answer = api().post("/auth/login", {"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["error_type"] == "invalid_credentials"
    assert answer.json()["detail"] == "The address or the password is not right."
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_closed_account_can_neither_sign_in_nor_go_on(api: Any, alice: User) -> None:
    access = tokens(api, alice)["access"]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert api().get("/auth/me", **bearer(access)).status_code == 401
    answer = api().post("/auth/login", {"email": alice.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error_type"]) == (401, "invalid_credentials")


def test_password_alone_does_not_open_an_account_with_a_second_factor(api: Any, alice: User) -> None:
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    answer = api().post("/auth/login", {"email": alice.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error_type"]) == (401, "mfa_required")


def test_refresh_rotates(api: Any, alice: User) -> None:
    first = tokens(api, alice)
    second = api().post("/auth/refresh", {"refresh": first["refresh"]}).json()
    assert second["refresh"] != first["refresh"]
    assert api().get("/auth/me", **bearer(second["access"])).status_code == 200
    third = api().post("/auth/refresh", {"refresh": second["refresh"]})
    assert third.status_code == 200


def test_reused_refresh_token_ends_its_session_and_no_other(api: Any, alice: User) -> None:
    elsewhere = tokens(api, alice)
    first = tokens(api, alice)
    second = api().post("/auth/refresh", {"refresh": first["refresh"]}).json()
    reused = api().post("/auth/refresh", {"refresh": first["refresh"]})
    assert (reused.status_code, reused.json()["error_type"]) == (401, "invalid_refresh_token")
    assert api().post("/auth/refresh", {"refresh": second["refresh"]}).status_code == 401
    assert api().get("/auth/me", **bearer(second["access"])).status_code == 401
    assert api().get("/auth/me", **bearer(elsewhere["access"])).status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_nonsense_tokens_are_401(api: Any, alice: User, token: str) -> None:
    assert api().get("/auth/me", **bearer(token)).status_code == 401
    assert api().post("/auth/refresh", {"refresh": token or "x"}).status_code == 401


def test_tokens_are_not_interchangeable(api: Any, alice: User) -> None:
    own = tokens(api, alice)
    assert api().get("/auth/me", **bearer(own["refresh"])).status_code == 401
    assert api().post("/auth/refresh", {"refresh": own["access"]}).status_code == 401


def test_token_signed_with_another_secret_is_401(api: Any, alice: User, settings: Settings) -> None:
    settings.SECRET_KEY = "another secret that is long enough for hs256 to be content"
    forged = tokens(api, alice)["access"]
    settings.SECRET_KEY = real_settings.SECRET_KEY
    assert api().get("/auth/me", **bearer(forged)).status_code == 401


def test_logout_ends_access_and_refresh(api: Any, alice: User) -> None:
    own = tokens(api, alice)
    assert api().post("/auth/logout", **bearer(own["access"])).status_code == 204
    assert api().get("/auth/me", **bearer(own["access"])).status_code == 401
    assert api().post("/auth/refresh", {"refresh": own["refresh"]}).status_code == 401


def test_changed_password_ends_every_token(api: Any, alice: User) -> None:
    own = tokens(api, alice)
    alice.set_password("another long phrase")
    alice.save()
    assert api().get("/auth/me", **bearer(own["access"])).status_code == 401
    assert api().post("/auth/refresh", {"refresh": own["refresh"]}).status_code == 401


@pytest.mark.parametrize("algorithm", ["bcrypt", "bcrypt_sha256"])
def test_bcrypt_hashes_are_accepted_and_upgraded(api: Any, alice: User, settings: Settings, algorithm: str) -> None:
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    User.objects.filter(pk=alice.pk).update(password=make_password(PASSWORD, hasher=algorithm))
    tokens(api, alice)
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$")
    tokens(api, alice)


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_wins(api: Any, alice: User) -> None:
    refresh = tokens(api, alice)["refresh"]
    barrier, answers = threading.Barrier(2), []

    def ask() -> None:
        client = api()
        barrier.wait()
        answers.append(client.post("/auth/refresh", {"refresh": refresh}).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 1
    assert 401 in answers
