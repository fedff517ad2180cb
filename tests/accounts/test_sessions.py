"""Browsers and programs that are signed in: listed, signed out, never too many."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"})
    assert client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def test_every_sign_in_is_listed_and_the_current_one_marked(api: Any, alice: User) -> None:
    first = browser(alice)
    program = api(alice)
    data = program.get("/auth/sessions").json()["data"]
    assert [one["current"] for one in data] == [True, False]
    assert "Firefox" in data[1]["user_agent"]
    assert data[0]["ip"] == "127.0.0.1"
    assert [one["current"] for one in first.get("/api/v1/auth/sessions").json()["data"]] == [False, True]


def test_the_list_tells_no_key_of_a_session(api: Any, alice: User) -> None:
    answer = api(alice).get("/auth/sessions").content.decode()
    assert not [key for key in UserSession.objects.values_list("session_key", flat=True) if key in answer]


def test_one_is_ended(api: Any, alice: User) -> None:
    other, program = browser(alice), api(alice)
    ended = next(one["id"] for one in program.get("/auth/sessions").json()["data"] if not one["current"])
    assert program.delete(f"/auth/sessions/{ended}").status_code == 204
    assert other.get("/security").status_code == 302
    assert program.get("/auth/me").status_code == 200
    assert program.delete(f"/auth/sessions/{ended}").status_code == 404


def test_ending_a_program_ends_its_tokens(api: Any, alice: User) -> None:
    signed = api().post("/auth/login", {"email": alice.email, "password": PASSWORD}).json()
    here = browser(alice)
    listed = here.get("/api/v1/auth/sessions").json()["data"]
    program = next(one["id"] for one in listed if not one["current"])
    page = here.get("/accounts/sessions/").content.decode()
    assert f"/security/sessions/{program}/end" in page
    assert "Firefox, Linux" in page
    assert here.post(f"/security/sessions/{program}/end").status_code == 302
    assert api().get("/auth/me", Authorization=f"Bearer {signed['access']}").status_code == 401
    assert api().post("/auth/refresh", {"refresh": signed["refresh"]}).status_code == 401


def test_all_others_are_ended(api: Any, alice: User, bob: User) -> None:
    others, bobs, program = [browser(alice), browser(alice)], browser(bob), api(alice)
    assert program.delete("/auth/sessions").status_code == 204
    assert [one.get("/security").status_code for one in others] == [302, 302]
    assert program.get("/auth/me").status_code == 200
    assert bobs.get("/security").status_code == 200


def test_all_others_are_ended_in_the_browser(alice: User) -> None:
    other, here = browser(alice), browser(alice)
    assert here.post("/accounts/sessions/").status_code == 302
    assert other.get("/security").status_code == 302
    assert here.get("/security").status_code == 200


def test_sessions_of_others_do_not_exist(api: Any, alice: User, bob: User) -> None:
    bobs = api(bob)
    foreign = bobs.get("/auth/sessions").json()["data"][0]["id"]
    mine = api(alice)
    for wanted in (foreign, str(uuid.uuid4())):
        assert mine.delete(f"/auth/sessions/{wanted}").status_code == 404
    assert browser(alice).post(f"/security/sessions/{foreign}/end").status_code == 404
    assert bobs.get("/auth/me").status_code == 200


def test_the_oldest_are_ended_when_there_are_too_many(api: Any, alice: User, settings: Settings) -> None:
    settings.MAX_SESSIONS_PER_PERSON = 3
    oldest = browser(alice)
    newer = [api(alice) for _ in range(3)]
    assert oldest.get("/security").status_code == 302
    assert [one.get("/auth/me").status_code for one in newer] == [200, 200, 200]
    assert UserSession.objects.filter(user=alice).count() == 3


def test_a_changed_password_ends_all_and_opens_one(api: Any, alice: User, mails: Any) -> None:
    other, program = browser(alice), api(alice)
    body = {"password": PASSWORD, "new_password": "an entirely different phrase"}
    done = program.post("/auth/change-password", body)
    assert done.status_code == 200
    assert not done.cookies
    assert program.get("/auth/me").status_code == 401
    assert other.get("/security").status_code == 302
    assert api().get("/auth/me", Authorization=f"Bearer {done.json()['access']}").status_code == 200
    assert api().post("/auth/refresh", {"refresh": done.json()["refresh"]}).status_code == 200
    assert mails()[-1].subject == "Your password was changed"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"password": "wrong"}, "password"), ({"password": ""}, "password"), ({"new_password": "short"}, "new_password")],
)
def test_a_password_is_changed_by_who_knows_it(api: Any, alice: User, change: dict[str, str], field: str) -> None:
    body = {"password": PASSWORD, "new_password": "an entirely different phrase", **change}
    answer = api(alice).post("/auth/change-password", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_the_page_keeps_this_browser_and_ends_the_others(alice: User) -> None:
    other, here = browser(alice), browser(alice)
    form = {"oldpassword": PASSWORD, "password1": "an entirely different phrase"}
    form["password2"] = form["password1"]
    assert here.post("/accounts/password/change/", form).status_code == 302
    assert here.get("/security").status_code == 200
    assert other.get("/security").status_code == 302


def test_guessing_the_password_of_an_open_session_is_limited(api: Any, alice: User, limited: None) -> None:
    program = api(alice)
    body = {"password": "wrong", "new_password": "an entirely different phrase"}
    tries = [program.post("/auth/change-password", body).status_code for _ in range(6)]
    assert tries == [422] * 5 + [429]
