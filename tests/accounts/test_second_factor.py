"""Signing in with two steps, through the API and in the browser; codes and tokens that work once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.conftest import SECRET, code, recovery_codes, wrong_code
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def first_step(api: Any, user: User) -> dict[str, Any]:
    answer = api().post("/auth/login", {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error_type"]) == (401, "mfa_required")
    body: dict[str, Any] = answer.json()
    return body


def second_step(api: Any, token: str, value: str, method: str = "totp") -> Any:
    return api().post("/auth/mfa", {"mfa_token": token, "method": method, "code": value})


def test_password_and_code_give_tokens(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    asked = first_step(api, alice)
    assert asked["methods"] == ["totp", "recovery_codes"]
    done = second_step(api, asked["mfa_token"], code())
    assert done.status_code == 200
    assert done.json()["user"]["id"] == str(alice.pk)
    assert api().get("/auth/me", Authorization=f"Bearer {done.json()['access']}").status_code == 200


def test_the_first_token_opens_nothing_by_itself(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    token = first_step(api, alice)["mfa_token"]
    assert api().get("/auth/me", Authorization=f"Bearer {token}").status_code == 401
    assert api().post("/auth/refresh", {"refresh": token}).status_code == 401


@pytest.mark.parametrize("steps", [-2, 2])
def test_codes_of_other_times_are_wrong(api: Any, alice: User, totp: Any, steps: int) -> None:
    totp(alice)
    answer = second_step(api, first_step(api, alice)["mfa_token"], code(steps))
    assert (answer.status_code, answer.json()["error_type"]) == (401, "invalid_code")


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_that_is_off_by_a_step_is_fine(api: Any, alice: User, totp: Any, steps: int) -> None:
    totp(alice)
    assert second_step(api, first_step(api, alice)["mfa_token"], code(steps)).status_code == 200


def test_a_code_of_the_app_works_once(api: Any, alice: User, totp: Any, later: Any, cache_prefix: str) -> None:
    totp(alice)
    used = code(1)
    assert second_step(api, first_step(api, alice)["mfa_token"], used).status_code == 200
    assert second_step(api, first_step(api, alice)["mfa_token"], used).status_code == 401
    # It would be right for two more periods, which is longer than allauth itself remembers.
    redis = cache._cache.get_client()  # type: ignore[attr-defined]
    (key,) = redis.keys(f"{cache_prefix}*allauth.mfa.totp.used*")
    redis.delete(key)
    later(35)
    assert second_step(api, first_step(api, alice)["mfa_token"], used).status_code == 401


def test_a_code_that_was_used_in_the_browser_is_used_in_the_api(
    api: Any, client: Client, alice: User, totp: Any
) -> None:
    totp(alice)
    used = code()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert client.post("/accounts/2fa/authenticate/", {"code": used}).status_code == 302
    assert client.get("/api/v1/auth/me").status_code == 200
    assert second_step(api, first_step(api, alice)["mfa_token"], used).status_code == 401


def test_a_recovery_code_works_once(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    spare = recovery_codes(alice)[0]
    assert second_step(api, first_step(api, alice)["mfa_token"], spare, "recovery_codes").status_code == 200
    assert second_step(api, first_step(api, alice)["mfa_token"], spare, "recovery_codes").status_code == 401
    assert spare not in recovery_codes(alice)


def test_the_token_works_once(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    token = first_step(api, alice)["mfa_token"]
    first, other = recovery_codes(alice)[:2]
    assert second_step(api, token, first, "recovery_codes").status_code == 200
    again = second_step(api, token, other, "recovery_codes")
    assert (again.status_code, again.json()["error_type"]) == (401, "invalid_mfa_token")


def test_the_token_gets_old(api: Any, alice: User, totp: Any, later: Any) -> None:
    totp(alice)
    token = first_step(api, alice)["mfa_token"]
    later(301)
    answer = second_step(api, token, recovery_codes(alice)[0], "recovery_codes")
    assert (answer.status_code, answer.json()["error_type"]) == (401, "invalid_mfa_token")


def test_a_changed_password_or_a_closed_account_ends_the_attempt(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    token = first_step(api, alice)["mfa_token"]
    spare = recovery_codes(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert second_step(api, token, spare[0], "recovery_codes").status_code == 401
    User.objects.filter(pk=alice.pk).update(is_active=True)
    alice.set_password("another long phrase")
    alice.save()
    assert second_step(api, token, spare[1], "recovery_codes").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "WyJ4Il0:1:x"])
def test_forged_tokens_are_refused(api: Any, token: str) -> None:
    assert second_step(api, token, "123456").status_code in (401, 422)


def test_codes_of_somebody_else_are_wrong(api: Any, alice: User, bob: User, totp: Any) -> None:
    totp(alice), totp(bob)
    bobs = recovery_codes(bob)[0]
    assert second_step(api, first_step(api, alice)["mfa_token"], bobs, "recovery_codes").status_code == 401
    assert bobs in recovery_codes(bob)


def test_guessing_is_limited_over_all_tokens(api: Any, alice: User, totp: Any, limited: None) -> None:
    totp(alice)
    tokens = [first_step(api, alice)["mfa_token"] for _ in range(3)]
    tries = [second_step(api, tokens[number % 3], wrong_code()).status_code for number in range(6)]
    assert tries == [401] * 5 + [429]
    assert second_step(api, tokens[0], code()).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_code_at_once_one_gets_in(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    tokens = [first_step(api, alice)["mfa_token"] for _ in range(2)]
    value, barrier, answers = code(), threading.Barrier(2), []

    def ask(token: str) -> None:
        barrier.wait()
        answers.append(second_step(api, token, value).status_code)
        connection.close()

    threads = [threading.Thread(target=ask, args=[token]) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401]


def test_secrets_are_encrypted_in_the_database(alice: User, totp: Any) -> None:
    totp(alice)
    stored = str(list(Authenticator.objects.filter(user=alice).values_list("data", flat=True)))
    assert SECRET not in stored
    assert stored.count("gAAAA") == 2


def test_keys_rotate(api: Any, alice: User, totp: Any, settings: Settings, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = ["the old key, long and random"]
    totp(alice)
    spare = recovery_codes(alice)
    settings.ENCRYPTION_KEYS = ["the new key, long and random", "the old key, long and random"]
    assert recovery_codes(alice) == spare
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith("2 secrets")
    settings.ENCRYPTION_KEYS = ["the new key, long and random"]
    assert second_step(api, first_step(api, alice)["mfa_token"], code()).status_code == 200


def test_a_lost_key_is_a_wrong_code_and_not_a_crash(
    api: Any, client: Client, alice: User, totp: Any, settings: Settings
) -> None:
    totp(alice)
    settings.ENCRYPTION_KEYS = ["another one"]
    assert second_step(api, first_step(api, alice)["mfa_token"], code()).status_code == 401
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 200
    assert client.get("/api/v1/auth/me").status_code == 401
    with pytest.raises(CommandError, match="keep the old keys"):
        call_command("rotate_keys")


def test_the_browser_asks_too(client: Client, alice: User, totp: Any) -> None:
    totp(alice)
    step = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert step["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/security").status_code == 302
    assert "Two-step sign-in" in client.get(step["Location"]).content.decode()
    assert client.post(step["Location"], {"code": wrong_code()}).status_code == 200
    assert client.post(step["Location"], {"code": code()}).status_code == 302
    assert client.get("/security").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_setting_it_up_in_the_browser(client_for: Any, alice: User, mails: Any) -> None:
    browser = client_for(alice)
    asked = browser.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert browser.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    page = browser.get("/accounts/2fa/totp/activate/")
    value = code(secret=page.context["form"].secret)
    assert browser.post("/accounts/2fa/totp/activate/", {"code": value}).status_code == 302
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}
    assert mails()[-1].subject == "Two-step sign-in is on"
    assert len(recovery_codes(alice)) == 10
