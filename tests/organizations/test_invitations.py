"""Invitations: one place, for one address, once; in the API and in the browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client

from accounts.models import User
from config.common.clock import now
from config.common.errors import ApplicationError
from organizations.models import AuditEvent, Invitation, Membership, Organization
from organizations.roles import Role
from organizations.services import invitations
from tests.api_client import ApiClient
from tests.factories import PASSWORD, make_invitation, make_user

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
Mails = Callable[[], list[EmailMessage]]
PATH = "/organizations/baghdad-radio/invitations"
LINK = re.compile(r"/invitations/([\w-]+)")


def token_in(mail: EmailMessage) -> str:
    found = LINK.search(str(mail.body))
    assert found is not None
    return found[1]


def role_in(organization: Organization, user: User) -> str | None:
    return Membership.objects.filter(organization=organization, user=user).values_list("role", flat=True).first()


def test_invited_person_with_an_account_joins(api: Api, dana: User, organization: Organization, mails: Mails) -> None:
    erin = make_user("erin@example.com")
    made = api(dana).post(PATH, {"email": "Erin@Example.com", "role": "viewer"})
    assert made.status_code == 201
    assert (made.json()["email"], made.json()["status"]) == ("erin@example.com", "pending")
    (mail,) = mails()
    assert mail.to == ["erin@example.com"]
    assert "Baghdad Radio" in mail.subject
    token = token_in(mail)
    joined = api(erin).post("/invitations/accept", {"token": token})
    assert (joined.status_code, joined.json()["role"]) == (200, "viewer")
    assert role_in(organization, erin) == Role.VIEWER
    assert AuditEvent.objects.filter(action="member.joined", organization=organization).exists()


@pytest.mark.parametrize(("reader", "expected"), [(None, "ar"), ("en", "en"), ("", "ar")])
def test_mail_is_in_the_readers_language_else_in_the_inviters(
    api: Api, dana: User, mails: Mails, reader: str | None, expected: str
) -> None:
    User.objects.filter(pk=dana.pk).update(language="ar")
    if reader is not None:
        User.objects.filter(pk=make_user("erin@example.com").pk).update(language=reader)
    api(dana).post(PATH, {"email": "erin@example.com"})
    (mail,) = mails()
    assert mail.extra_headers["Content-Language"] == expected


def test_token_is_nowhere_but_in_the_mail(api: Api, dana: User, mails: Mails) -> None:
    made = api(dana).post(PATH, {"email": "erin@example.com"})
    (mail,) = mails()
    token = token_in(mail)
    assert token not in made.content.decode()
    row = Invitation.objects.get()
    assert row.token_hash == invitations.digest(token) != token
    told = [str(event.data) + event.target_label for event in AuditEvent.objects.all()]
    assert not [line for line in told if token in line or row.token_hash in line]


def test_new_person_registers_by_the_link(api: Api, organization: Organization) -> None:
    _, token = make_invitation(organization, "zayd@example.com", role=Role.MEMBER)
    weak = api().post("/invitations/register", {"token": token, "password": "password12"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
    assert not User.objects.filter(email="zayd@example.com").exists()
    answer = api().post("/invitations/register", {"token": token, "password": PASSWORD, "first_name": "Zayd"})
    assert answer.status_code == 201
    assert answer.json()["organization"]["slug"] == organization.slug
    assert ApiClient(Authorization=f"Bearer {answer.json()['access']}").get("/media").status_code == 200
    zayd = User.objects.get(email="zayd@example.com")
    assert EmailAddress.objects.get(user=zayd).verified
    assert role_in(organization, zayd) == Role.MEMBER
    again = api().post("/invitations/register", {"token": token, "password": PASSWORD})
    assert (again.status_code, again.json()["error_type"]) == (409, "invitation_used")


def test_known_address_signs_in_instead_of_registering(api: Api, organization: Organization) -> None:
    erin = make_user("erin@example.com")
    _, token = make_invitation(organization, erin.email)
    answer = api().post("/invitations/register", {"token": token, "password": PASSWORD + "2"})
    assert (answer.status_code, answer.json()["error_type"]) == (409, "email_taken")
    assert role_in(organization, erin) is None
    erin.refresh_from_db()
    assert erin.check_password(PASSWORD)


def test_wrong_account_is_refused_and_the_place_stays(api: Api, mallory: User, organization: Organization) -> None:
    row, token = make_invitation(organization, "erin@example.com", role=Role.OWNER)
    answer = api(mallory).post("/invitations/accept", {"token": token})
    assert (answer.status_code, answer.json()["error_type"]) == (403, "invitation_for_another_address")
    assert role_in(organization, mallory) is None
    row.refresh_from_db()
    assert row.status == Invitation.Status.PENDING


def test_unverified_second_address_is_not_ones_own(api: Api, mallory: User, organization: Organization) -> None:
    _, token = make_invitation(organization, "erin@example.com")
    address = EmailAddress.objects.create(user=mallory, email="erin@example.com", verified=False)
    assert api(mallory).post("/invitations/accept", {"token": token}).status_code == 403
    address.verified = True
    address.save()
    assert api(mallory).post("/invitations/accept", {"token": token}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error_type"),
    [
        ({"expires_at": now() - timedelta(seconds=1)}, "invitation_expired"),
        ({"revoked_at": now()}, "invitation_revoked"),
        ({"accepted_at": now()}, "invitation_used"),
    ],
)
def test_closed_invitations_open_nothing(
    fields: dict[str, Any], error_type: str, api: Api, organization: Organization
) -> None:
    erin = make_user("erin@example.com")
    _, token = make_invitation(organization, erin.email, **fields)
    answer = api(erin).post("/invitations/accept", {"token": token})
    assert (answer.status_code, answer.json()["error_type"]) == (409, error_type)
    page = Client().get(f"/invitations/{token}")
    assert page.status_code == 409
    assert role_in(organization, erin) is None


def test_deleted_organization_takes_nobody_in(api: Api, organization: Organization) -> None:
    erin = make_user("erin@example.com")
    _, token = make_invitation(organization, erin.email)
    Organization.objects.filter(pk=organization.pk).update(deleted_at=now(), purge_at=now() + timedelta(days=1))
    assert api(erin).post("/invitations/accept", {"token": token}).status_code == 404


def test_sending_again_closes_the_first_link(api: Api, dana: User, organization: Organization, mails: Mails) -> None:
    erin = make_user("erin@example.com")
    made = api(dana).post(PATH, {"email": erin.email}).json()
    Invitation.objects.update(expires_at=now() - timedelta(days=1))
    assert api(dana).get(PATH).json()["data"][0]["status"] == "expired"
    again = api(dana).post(f"{PATH}/{made['id']}/resend")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    first, second = (token_in(mail) for mail in mails())
    assert first != second
    assert api(erin).post("/invitations/accept", {"token": first}).status_code == 404
    assert api(erin).post("/invitations/accept", {"token": second}).status_code == 200
    assert api(dana).post(f"{PATH}/{made['id']}/resend").json()["error_type"] == "invitation_used"
    assert api(dana).delete(f"{PATH}/{made['id']}").status_code == 409


def test_inviting_twice_members_and_owners(api: Api, alice: User, dana: User, bob: User, mails: Mails) -> None:
    client = api(dana)
    assert client.post(PATH, {"email": "erin@example.com"}).status_code == 201
    assert client.post(PATH, {"email": "ERIN@example.com"}).json()["error_type"] == "already_invited"
    assert client.post(PATH, {"email": bob.email}).json()["error_type"] == "already_member"
    assert client.post(PATH, {"email": "o@example.com", "role": "owner"}).json()["error_type"] == "owner_required"
    assert api(alice).post(PATH, {"email": "o@example.com", "role": "owner"}).status_code == 201
    owners = Invitation.objects.get(role=Role.OWNER)
    assert client.post(f"{PATH}/{owners.pk}/resend").json()["error_type"] == "owner_required"
    first = Invitation.objects.get(email="erin@example.com")
    assert client.delete(f"{PATH}/{first.pk}").status_code == 204
    assert client.post(PATH, {"email": "erin@example.com"}).status_code == 201
    assert len(mails()) == 3


def test_only_some_domains_may_join(api: Api, dana: User, organization: Organization) -> None:
    erin = make_user("erin@elsewhere.org")
    _, token = make_invitation(organization, erin.email)
    Organization.objects.update(allowed_email_domains=["example.com"])
    answer = api(dana).post(PATH, {"email": "x@elsewhere.org"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "domain_not_allowed")
    assert api(dana).post(PATH, {"email": "x@sub.example.com"}).status_code == 422
    assert api(dana).post(PATH, {"email": "x@example.com"}).status_code == 201
    late = api(erin).post("/invitations/accept", {"token": token})
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "domain_not_allowed")


def test_invitation_of_another_organization(api: Api, mallory: User, organization: Organization) -> None:
    row, _ = make_invitation(organization)
    client = api(mallory)
    assert client.post(f"/organizations/elsewhere/invitations/{row.pk}/resend").status_code == 404
    assert client.delete(f"/organizations/elsewhere/invitations/{row.pk}").status_code == 404
    assert client.get("/organizations/elsewhere/invitations").json()["data"] == []
    row.refresh_from_db()
    assert row.status == Invitation.Status.PENDING


@pytest.mark.django_db(transaction=True)
def test_accepting_twice_at_once_joins_once(organization: Organization) -> None:
    erin = make_user("erin@example.com")
    _, token = make_invitation(organization, erin.email)
    barrier, outcomes = threading.Barrier(4), []

    def run() -> None:
        try:
            barrier.wait(timeout=10)
            invitations.accept(token=token, user=erin)
            outcomes.append("done")
        except ApplicationError as error:
            outcomes.append(error.error_type)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["done", *["invitation_used"] * 3]
    assert Membership.objects.filter(organization=organization, user=erin).count() == 1


def test_pages_for_everybody_who_may_follow_the_link(
    client_for: Callable[..., Client], mallory: User, organization: Organization
) -> None:
    _, token = make_invitation(organization, "zayd@example.com")
    here = f"/invitations/{token}"
    assert "Create the account and join" in Client().get(here).content.decode()
    wrong = client_for(mallory)
    assert "you are signed in as" in wrong.get(here).content.decode()
    assert wrong.post(f"{here}/accept").status_code == 403
    assert wrong.post(f"{here}/switch").status_code == 302
    assert "_auth_user_id" not in wrong.session
    fresh = Client()
    weak = fresh.post(f"{here}/register", {"password": "short"})
    assert weak.status_code == 422
    done = fresh.post(f"{here}/register", {"password": PASSWORD, "first_name": "Zayd"})
    assert done["Location"] == f"/o/{organization.slug}/"
    assert fresh.get(done["Location"]).status_code == 200
    assert Client().get(here).status_code == 409


def test_page_sends_a_known_address_to_sign_in_and_back(
    client_for: Callable[..., Client], organization: Organization
) -> None:
    erin = make_user("erin@example.com")
    _, token = make_invitation(organization, erin.email)
    assert f"next=%2Finvitations%2F{token}" in Client().get(f"/invitations/{token}").content.decode()
    client = client_for(erin)
    assert client.get(f"/invitations/{token}").status_code == 200
    assert client.post(f"/invitations/{token}/accept")["Location"] == f"/o/{organization.slug}/"
    assert role_in(organization, erin) == Role.MEMBER


def test_nonsense_link_is_not_found(db: None) -> None:
    assert Client().get("/invitations/nonsense").status_code == 404
