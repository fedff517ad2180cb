"""Passkeys through the API: the second step of signing in, the list, removing one."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from fido2.webauthn import AuthenticatorData

from accounts.models import User
from tests.accounts.conftest import code, recovery_codes
from tests.accounts.passkey_device import Device
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(alice: User, client_for: Any) -> Device:
    """Alice's, added in her browser."""
    return add(client_for(alice), Device(), "Alice's key")


def add(browser: Client, device: Device, name: str) -> Device:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = browser.get("/accounts/2fa/webauthn/add/")
    options = json.loads(json.dumps(page.context["js_data"]["creation_options"]))
    done = browser.post(
        "/accounts/2fa/webauthn/add/", {"name": name, "credential": json.dumps(device.register(options))}
    )
    assert done.status_code == 302, done.content.decode()[-2000:]
    return device


def first_step(api: Any, user: User) -> str:
    answer = api().post("/auth/login", {"email": user.email, "password": PASSWORD}).json()
    assert answer["error_type"] == "mfa_required"
    assert "webauthn" in answer["methods"]
    return str(answer["mfa_token"])


def options(api: Any, token: str) -> Any:
    answer = api().post("/auth/mfa/passkey", {"mfa_token": token})
    assert answer.status_code == 200, answer.content
    return answer.json()


def second_step(api: Any, token: str, credential: Any) -> Any:
    return api().post("/auth/mfa", {"mfa_token": token, "method": "webauthn", "credential": credential})


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["error_type"]) == (401, "invalid_code")


def test_password_and_passkey_give_tokens(api: Any, alice: User, device: Device) -> None:
    token = first_step(api, alice)
    asked = options(api, token)
    assert asked["publicKey"]["rpId"] == "testserver"
    assert len(asked["publicKey"]["allowCredentials"]) == 1
    done = second_step(api, token, device.sign(asked))
    assert done.status_code == 200, done.content
    assert api().get("/auth/me", Authorization=f"Bearer {done.json()['access']}").json()["email"] == alice.email
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None


def test_a_signature_works_once(api: Any, alice: User, device: Device) -> None:
    token = first_step(api, alice)
    credential = device.sign(options(api, token))
    assert second_step(api, token, credential).status_code == 200
    assert refused(second_step(api, token, credential))
    assert refused(second_step(api, first_step(api, alice), credential))


def test_a_challenge_is_for_one_attempt(api: Any, alice: User, device: Device) -> None:
    """What was signed for another sign-in, and what was signed before a new challenge, counts no more."""
    one, other = first_step(api, alice), first_step(api, alice)
    old = device.sign(options(api, one))
    options(api, other)
    assert refused(second_step(api, other, old))
    options(api, one)
    assert refused(second_step(api, one, old))


def test_a_wrong_answer_uses_the_challenge_up(api: Any, alice: User, device: Device) -> None:
    token = first_step(api, alice)
    asked = options(api, token)
    assert refused(second_step(api, token, Device().sign(asked)))
    assert refused(second_step(api, token, device.sign(asked)))
    assert second_step(api, token, device.sign(options(api, token))).status_code == 200


def test_without_a_challenge_nothing_is_right(api: Any, alice: User, device: Device) -> None:
    invented = device.sign({"publicKey": {"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}})
    assert refused(second_step(api, first_step(api, alice), invented))


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": AuthenticatorData.FLAG.UV},
        {"key": Device().key},
    ],
    ids=["another page", "another server", "nobody was there", "another key"],
)
def test_forged_signatures_are_refused(
    api: Any, alice: User, device: Device, settings: Any, changes: dict[str, Any]
) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
    token = first_step(api, alice)
    asked = options(api, token)
    forger = Device(**{"credential_id": device.credential_id, "key": device.key, **changes})
    assert refused(second_step(api, token, forger.sign(asked)))


@pytest.mark.parametrize("credential", [{}, {"id": "x"}, {"id": "x", "rawId": "x", "response": {}}, {"response": None}])
def test_nonsense_is_refused(api: Any, alice: User, device: Device, credential: dict[str, Any]) -> None:
    token = first_step(api, alice)
    options(api, token)
    assert refused(second_step(api, token, credential))


def test_somebody_elses_passkey_is_no_answer(api: Any, alice: User, bob: User, device: Device, client_for: Any) -> None:
    bobs = add(client_for(bob), Device(), "Bob's key")
    token = first_step(api, alice)
    assert refused(second_step(api, token, bobs.sign(options(api, token))))


def test_each_method_takes_its_own_field(api: Any, alice: User, device: Device) -> None:
    token = first_step(api, alice)
    for body in (
        {"method": "webauthn"},
        {"method": "webauthn", "code": "123456"},
        {"method": "webauthn", "credential": {}, "code": "123456"},
        {"method": "totp"},
        {"method": "totp", "code": "123456", "credential": {}},
        {"method": "webauthn", "credential": "text"},
    ):
        assert api().post("/auth/mfa", {"mfa_token": token, **body}).status_code == 422, body


def test_who_has_no_passkey_gets_no_challenge(api: Any, alice: User, totp: Any) -> None:
    totp(alice)
    token = api().post("/auth/login", {"email": alice.email, "password": PASSWORD}).json()["mfa_token"]
    assert api().post("/auth/mfa/passkey", {"mfa_token": token}).status_code == 422
    assert api().post("/auth/mfa/passkey", {"mfa_token": "nonsense"}).status_code == 401


def test_guessing_is_limited_together_with_codes(
    api: Any, alice: User, device: Device, totp: Any, limited: None
) -> None:
    totp(alice)
    token = first_step(api, alice)
    tries = [second_step(api, token, {}) for _ in range(6)]
    assert [one.status_code for one in tries] == [401] * 5 + [429]
    assert int(tries[-1]["Retry-After"]) > 0
    late = api().post("/auth/mfa", {"mfa_token": token, "method": "totp", "code": code()})
    assert late.status_code == 429


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_signature_at_once_one_gets_in(api: Any, alice: User, device: Device) -> None:
    token = first_step(api, alice)
    credential, barrier, answers = device.sign(options(api, token)), threading.Barrier(2), []

    def ask() -> None:
        barrier.wait()
        answers.append(second_step(api, token, credential).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401]


def signed_in(api: Any, user: User, device: Device) -> Any:
    token = first_step(api, user)
    access = second_step(api, token, device.sign(options(api, token))).json()["access"]
    program = api()
    program.headers["Authorization"] = f"Bearer {access}"
    return program


def test_the_list(api: Any, alice: User, bob: User, device: Device) -> None:
    (row,) = signed_in(api, alice, device).get("/auth/passkeys").json()["data"]
    assert (row["name"], row["replaces_password"]) == ("Alice's key", False)
    assert row["last_used_at"] is not None
    assert api(bob).get("/auth/passkeys").json()["data"] == []


def test_removing_one_asks_who_it_is(api: Any, alice: User, bob: User, device: Device, mails: Any) -> None:
    program = signed_in(api, alice, device)
    (row,) = program.get("/auth/passkeys").json()["data"]
    address, spare = f"/auth/passkeys/{row['id']}", recovery_codes(alice)[0]
    for proof in ({}, {"password": PASSWORD}, {"password": "wrong", "code": spare}):
        assert program.delete(address, proof).status_code == 422, proof
    assert api(bob).delete(address, {"password": PASSWORD}).status_code == 404
    assert program.delete(f"/auth/passkeys/{uuid.uuid4()}", {"password": PASSWORD}).status_code == 404
    assert Authenticator.objects.filter(user=alice, type="webauthn").exists()

    assert program.delete(address, {"password": PASSWORD, "code": spare}).status_code == 204
    assert not Authenticator.objects.filter(user=alice).exists(), "recovery codes go with the last factor"
    assert mails()[-1].to == [alice.email]
    assert api().post("/auth/login", {"email": alice.email, "password": PASSWORD}).status_code == 200
