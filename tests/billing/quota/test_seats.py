"""Seats: members and open invitations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from billing.quota import seats
from config.common.clock import from_now
from organizations.models import Invitation, Membership, Organization
from tests.api_client import ApiClient
from tests.billing.accounts import agree
from tests.factories import make_invitation, make_user

pytestmark = pytest.mark.django_db
Api = Callable[[User], ApiClient]


def invite(client: ApiClient, organization: Organization, email: str) -> tuple[int, str]:
    answer = client.post(f"/organizations/{organization.slug}/invitations", {"email": email, "role": "member"})
    return answer.status_code, answer.json().get("error_type", "")


def test_an_invitation_keeps_a_seat(organization: Organization, alice: User, api: Api) -> None:
    agree(organization, agreed_seats=2)
    client = api(alice)
    assert invite(client, organization, "one@example.com")[0] == 201
    assert invite(client, organization, "two@example.com") == (402, "seats_exceeded")
    assert seats.taken(organization) == 2
    assert Invitation.objects.count() == 1
    invitation = Invitation.objects.get()
    assert client.delete(f"/organizations/{organization.slug}/invitations/{invitation.pk}").status_code == 204
    assert invite(client, organization, "two@example.com")[0] == 201


def test_an_expired_one_keeps_none_and_takes_one_when_it_is_sent_again(
    organization: Organization, alice: User, api: Api
) -> None:
    agree(organization, agreed_seats=2)
    old, _token = make_invitation(organization, expires_at=from_now(days=-1))
    client = api(alice)
    assert invite(client, organization, "new@example.com")[0] == 201
    path = f"/organizations/{organization.slug}/invitations/{old.pk}/resend"
    answer = client.post(path)
    assert (answer.status_code, answer.json()["error_type"]) == (402, "seats_exceeded")
    agree(organization, agreed_seats=3)
    assert client.post(path).status_code == 200
    assert client.post(path).status_code == 200, "sending it again does not need a second seat"


def test_who_was_invited_can_come_unless_the_plan_became_smaller(organization: Organization, api: Api) -> None:
    agree(organization, agreed_seats=2)
    person = make_user("new@example.com")
    _invitation, token = make_invitation(organization, email=person.email)
    program = api(person)
    agree(organization, agreed_seats=1)
    answer = program.post("/invitations/accept", {"token": token})
    assert (answer.status_code, answer.json()["error_type"]) == (402, "seats_exceeded")
    assert not Membership.objects.filter(user=person).exists()
    agree(organization, agreed_seats=2)
    assert program.post("/invitations/accept", {"token": token}).status_code < 300
    assert Membership.objects.filter(user=person, organization=organization).exists()


def test_without_a_limit_nobody_counts(organization: Organization, alice: User, api: Api) -> None:
    for number in range(5):
        assert invite(api(alice), organization, f"p{number}@example.com")[0] == 201
