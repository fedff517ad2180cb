"""Setting a new password by a link in a mail: through the API and in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.conftest import last_part, links
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "an entirely different phrase"


def asked_for(api: Any, mails: Any) -> str:
    """What alice's mail says."""
    assert api().post("/auth/forgot-password", {"email": "Alice@example.com"}).status_code == 202
    return last_part(links(mails()[-1])[0])


@pytest.fixture
def token(api: Any, alice: User, mails: Any) -> str:
    return asked_for(api, mails)


def test_the_link_sets_a_new_password_and_ends_every_session(
    api: Any, alice: User, client_for: Any, mails: Any
) -> None:
    program, browser = api(alice), client_for(alice)
    token = asked_for(api, mails)
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 204
    assert program.get("/auth/me").status_code == 401
    assert browser.get("/security").status_code == 302
    assert api().post("/auth/login", {"email": alice.email, "password": PASSWORD}).status_code == 401
    assert api().post("/auth/login", {"email": alice.email, "password": NEW}).status_code == 200
    assert mails()[-1].subject == "Your password was reset"


def test_the_link_works_once(api: Any, token: str) -> None:
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 204
    again = api().post("/auth/reset-password", {"token": token, "password": f"{NEW} 2"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "invalid_token")


def test_the_same_password_again_uses_the_link_up_too(api: Any, token: str) -> None:
    assert api().post("/auth/reset-password", {"token": token, "password": PASSWORD}).status_code == 204
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 422


def test_signing_in_ends_a_link_that_was_asked_for_before(api: Any, alice: User, token: str) -> None:
    """Whoever remembers the password needs none, and an old mail can't hurt any more."""
    api(alice)
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 422


def test_an_old_link_opens_nothing(api: Any, token: str, settings: Settings) -> None:
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 422


def test_a_link_is_for_its_own_person(api: Any, token: str, mallory: User) -> None:
    forged = f"{mallory.pk.hex}-{token.partition('-')[2]}"
    assert api().post("/auth/reset-password", {"token": forged, "password": NEW}).status_code == 422
    mallory.refresh_from_db()
    assert mallory.check_password(PASSWORD)


@pytest.mark.parametrize("forged", ["x", "-", "a-b-c", "0" * 999, "é-é", "\x00-\x00"])
def test_nonsense_tokens_are_refused(api: Any, forged: str) -> None:
    assert api().post("/auth/reset-password", {"token": forged, "password": NEW}).status_code == 422


def test_weak_passwords_are_refused_and_the_link_still_works(api: Any, alice: User, token: str) -> None:
    for weak in ("short", "password123", alice.email):
        answer = api().post("/auth/reset-password", {"token": token, "password": weak})
        assert {error["field"] for error in answer.json()["errors"]} == {"password"}
    assert api().post("/auth/reset-password", {"token": token, "password": NEW}).status_code == 204


def test_a_closed_account_gets_no_link(api: Any, alice: User, mails: Any) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert api().post("/auth/forgot-password", {"email": alice.email}).status_code == 202
    assert "password/reset/key" not in mails()[-1].body


def test_the_answer_does_not_tell_whether_the_address_is_known(api: Any, alice: User, mails: Any) -> None:
    known = api().post("/auth/forgot-password", {"email": alice.email})
    unknown = api().post("/auth/forgot-password", {"email": "ghost@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert not known.cookies and not unknown.cookies
    assert [message.to for message in mails()] == [["alice@example.com"], ["ghost@example.com"]]
    assert mails()[1].subject == "There is no account with this address"


def test_the_page_does_not_tell_either(client: Client, alice: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": alice.email})
    unknown = Client().post("/accounts/password/reset/", {"email": "ghost@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert client.get(known["Location"]).status_code == 200


def test_both_count_alike(api: Any, alice: User, limited: None) -> None:
    for email in (alice.email, "ghost@example.com"):
        tries = [api().post("/auth/forgot-password", {"email": email}) for _ in range(4)]
        assert [one.status_code for one in tries] == [202, 202, 202, 429]
        assert tries[-1]["Retry-After"]


def test_pages_and_api_share_the_count(api: Any, alice: User, client: Client, limited: None) -> None:
    for _ in range(3):
        assert client.post("/accounts/password/reset/", {"email": alice.email}).status_code == 302
    assert api().post("/auth/forgot-password", {"email": alice.email}).status_code == 429


def test_the_link_opens_a_page_that_does_the_same(client: Client, alice: User, token: str) -> None:
    page = client.get(f"/accounts/password/reset/key/{token}/", follow=True)
    assert page.status_code == 200
    # The secret is in the session now and no longer in the address.
    assert token.partition("-")[2] not in page.request["PATH_INFO"]
    done = client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert done.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "used up" in client.get(f"/accounts/password/reset/key/{token}/", follow=True).content.decode()


def test_links_lead_to_us_whatever_host_the_request_names(
    api: Any, alice: User, mails: Any, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "https://tadwin.example"
    api().post("/auth/forgot-password", {"email": alice.email}, Host="evil.example")
    assert links(mails()[-1])[0].startswith("https://tadwin.example/accounts/")


def test_the_link_proves_the_address(api: Any, alice: User, token: str) -> None:
    EmailAddress.objects.filter(user=alice).update(verified=False)
    api().post("/auth/reset-password", {"token": token, "password": NEW})
    assert EmailAddress.objects.get(user=alice).verified


def test_a_new_password_leaves_the_second_factor(api: Any, alice: User, token: str, totp: Any) -> None:
    totp(alice)
    api().post("/auth/reset-password", {"token": token, "password": NEW})
    answer = api().post("/auth/login", {"email": alice.email, "password": NEW})
    assert (answer.status_code, answer.json()["error_type"]) == (401, "mfa_required")


def test_signing_in_costs_one_hash_whether_the_address_is_known_or_not(
    api: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock must not tell: hashing is nearly all the time that a sign-in takes."""
    hashed: list[str] = []
    real: Callable[..., str] = hashers.MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return real(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", encode)
    counts = []
    for email in (alice.email, "ghost@example.com"):
        hashed.clear()
        assert api().post("/auth/login", {"email": email, "password": "wrong"}).status_code == 401
        counts.append(len(hashed))
    assert counts == [1, 1]
