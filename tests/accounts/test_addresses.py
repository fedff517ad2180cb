"""Verifying an address, and changing to another one."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.services import addresses
from tests.accounts.conftest import code, last_part, links
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "alice@new.example"
SIGN_UP = {"email": "noor@example.com", "password": "a long enough phrase", "organization_name": "Radio"}


def ask(api: Any, user: User, **changes: str) -> Any:
    return api(user).post("/auth/change-email", {"email": NEW, "password": PASSWORD, **changes})


def change_link(mails: Any) -> str:
    return links(mails()[-1])[0].removeprefix("http://127.0.0.1:8000")


# --- verifying


def test_the_key_of_the_mail_confirms_the_address(api: Any, mandatory: None, mails: Any) -> None:
    api().post("/auth/register", SIGN_UP)
    key = last_part(links(mails()[-1])[0])
    done = api().post("/auth/verify-email", {"key": key})
    assert (done.status_code, done.json()) == (200, {"email": "noor@example.com"})
    assert not done.cookies
    assert api().post("/auth/login", {k: SIGN_UP[k] for k in ("email", "password")}).status_code == 200
    assert api().post("/auth/verify-email", {"key": key}).status_code == 422


@pytest.mark.parametrize("key", ["x", "MQ:1:x", "é", "\x00"])
def test_forged_keys_confirm_nothing(api: Any, alice: User, key: str) -> None:
    assert api().post("/auth/verify-email", {"key": key}).status_code == 422


def test_old_keys_confirm_nothing(api: Any, mandatory: None, mails: Any, later: Any) -> None:
    api().post("/auth/register", SIGN_UP)
    later(3 * 24 * 3600 + 5)
    assert api().post("/auth/verify-email", {"key": last_part(links(mails()[-1])[0])}).status_code == 422
    assert not EmailAddress.objects.get().verified


def test_resending_answers_the_same_for_everybody(api: Any, alice: User, mandatory: None, mails: Any) -> None:
    api().post("/auth/register", SIGN_UP)
    seen = len(mails())
    emails = [alice.email, SIGN_UP["email"], "ghost@example.com"]
    answers = [api().post("/auth/resend-verification", {"email": email}) for email in emails]
    assert {(one.status_code, one.content) for one in answers} == {(202, answers[0].content)}
    sent = mails()[seen:]
    assert [message.to[0] for message in sent] == emails
    assert ["confirm-email" in message.body for message in sent] == [False, True, False]


def test_resending_is_limited_without_telling(api: Any, mandatory: None, mails: Any, limited: None) -> None:
    api().post("/auth/register", SIGN_UP)
    seen = len(mails())
    assert api().post("/auth/resend-verification", {"email": SIGN_UP["email"]}).status_code == 202
    assert len(mails()) == seen
    tries = [api().post("/auth/resend-verification", {"email": f"p{n}@example.com"}).status_code for n in range(10)]
    assert tries == [202] * 9 + [429]


def test_confirming_in_the_browser(api: Any, client: Client, mandatory: None, mails: Any) -> None:
    api().post("/auth/register", SIGN_UP)
    path = links(mails()[-1])[0].removeprefix("http://127.0.0.1:8000")
    assert "noor@example.com" in client.get(path).content.decode()
    assert not EmailAddress.objects.get().verified, "a program that opens links must not confirm"
    assert client.post(path).status_code == 302
    assert EmailAddress.objects.get().verified
    assert "used up" in client.get(path).content.decode()


# --- changing


def test_the_address_changes_when_the_link_was_opened(api: Any, client: Client, alice: User, mails: Any) -> None:
    assert ask(api, alice).status_code == 202
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert mails()[-1].to == [NEW]
    path = change_link(mails)
    assert NEW in client.get(path).content.decode()
    assert client.post(path).status_code == 302
    alice.refresh_from_db()
    assert alice.email == NEW
    assert list(EmailAddress.objects.filter(user=alice).values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]
    assert api().post("/auth/login", {"email": NEW, "password": PASSWORD}).status_code == 200
    assert api().post("/auth/login", {"email": "alice@example.com", "password": PASSWORD}).status_code == 401
    assert (mails()[-1].to, mails()[-1].subject) == (["alice@example.com"], "Your address was changed")


def test_the_former_address_hears_of_it_in_the_persons_language(client: Client, alice: User, mails: Any) -> None:
    User.objects.filter(pk=alice.pk).update(language="ar")
    path = addresses.change_url(alice, NEW).removeprefix(settings.PUBLIC_URL)
    assert client.post(path, headers={"Accept-Language": "en"}).status_code == 302
    assert mails()[-1].to == ["alice@example.com"]
    assert mails()[-1].extra_headers["Content-Language"] == "ar"


def test_a_link_changes_it_once(api: Any, client: Client, alice: User, mails: Any) -> None:
    ask(api, alice)
    path = change_link(mails)
    assert client.post(path).status_code == 302
    assert client.post(path).status_code == 422
    # Nor does an old link bring it back once the person has moved on.
    alice.refresh_from_db()
    ask_again = api(alice).post("/auth/change-email", {"email": "alice@third.example", "password": PASSWORD})
    assert ask_again.status_code == 202
    client.post(change_link(mails))
    assert client.post(path).status_code == 422


def test_links_get_old_and_can_not_be_forged(api: Any, client: Client, alice: User, mails: Any, later: Any) -> None:
    ask(api, alice)
    path = change_link(mails)
    assert client.post(path[:-3] + "xxx").status_code == 422
    later(24 * 3600 + 1)
    assert client.post(path).status_code == 422


@pytest.mark.parametrize("password", ["", "wrong"])
def test_the_password_is_asked_again(api: Any, alice: User, mails: Any, password: str) -> None:
    answer = ask(api, alice, password=password)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "password")
    assert mails() == []


def test_the_second_factor_is_asked_again(api: Any, alice: User, totp: Any, mails: Any) -> None:
    program = api(alice)
    totp(alice)
    body = {"email": NEW, "password": PASSWORD}
    answer = program.post("/auth/change-email", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "mfa_required")
    assert program.post("/auth/change-email", {**body, "code": code()}).status_code == 202


def test_an_address_of_somebody_else_is_not_told(api: Any, client: Client, alice: User, bob: User, mails: Any) -> None:
    free, taken = ask(api, alice), ask(api, alice, email=bob.email)
    assert (free.status_code, free.content) == (taken.status_code, taken.content)
    assert mails()[-1].to == [bob.email]
    assert "email/change" not in mails()[-1].body


def test_who_was_quicker_keeps_the_address(api: Any, client: Client, alice: User, bob: User, mails: Any) -> None:
    ask(api, alice)
    path = change_link(mails)
    User.objects.filter(pk=bob.pk).update(email=NEW)
    assert client.post(path).status_code == 422
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_a_waiting_change_does_not_keep_the_owner_out(api: Any, alice: User, mandatory: None, mails: Any) -> None:
    ask(api, alice, email=SIGN_UP["email"])
    api().post("/auth/register", SIGN_UP)
    assert "confirm-email" in mails()[-1].body
    assert User.objects.filter(email=SIGN_UP["email"]).exists()


def test_changing_in_the_browser(client_for: Any, alice: User, mails: Any) -> None:
    browser = client_for(alice)
    EmailAddress.objects.filter(user=alice).update(verified=False)  # as in the embedded mode
    bad = browser.post("/accounts/email/", {"email": NEW, "password": "wrong"})
    assert bad.status_code == 422
    assert "This is not your current password." in bad.content.decode()
    assert browser.post("/accounts/email/", {"email": NEW, "password": PASSWORD}).status_code == 302
    assert browser.post(change_link(mails)).status_code == 302
    alice.refresh_from_db()
    assert alice.email == NEW
