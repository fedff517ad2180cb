"""Who am I, and preferences."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from organizations.models import Organization
from tests.factories import make_api_key

pytestmark = pytest.mark.django_db


def test_shows_me_and_my_organizations(api: Any, bob: User, organization: Organization) -> None:
    me = api(bob).get("/auth/me").json()
    assert me["email"] == "bob@example.com"
    assert me["name"] == "Bob"
    assert [(o["slug"], o["role"]) for o in me["organizations"]] == [("baghdad-radio", "member")]


def test_changes_only_what_is_sent(api: Any, bob: User) -> None:
    client = api(bob)
    answer = client.patch("/auth/me", {"last_name": "بابل", "language": "ar", "time_zone": "Asia/Baghdad"})
    assert answer.status_code == 200
    assert answer.json()["last_name"] == "بابل"
    bob.refresh_from_db()
    assert (bob.first_name, bob.language, bob.time_zone, bob.theme) == ("Bob", "ar", "Asia/Baghdad", "system")


@pytest.mark.parametrize(
    "change", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"theme": "pink"}, {"email": "new@example.com"}]
)
def test_refuses_what_it_does_not_know(api: Any, bob: User, change: dict[str, str]) -> None:
    answer = api(bob).patch("/auth/me", change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(change)


def test_a_key_is_not_a_person(api: Any, organization: Organization) -> None:
    _, text = make_api_key(organization)
    assert api(text).get("/auth/me").status_code == 403
