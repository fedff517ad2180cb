"""Who may make, change and remove whom; an organization always has an owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from config.common.errors import ApplicationError
from organizations.authenticate import caller_for_user
from organizations.models import AuditEvent, Membership, Organization
from organizations.roles import Role
from organizations.services import members
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_member, make_notification

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
PATH = "/organizations/baghdad-radio"


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user, organization__slug="baghdad-radio")


def member_path(user: User) -> str:
    return f"{PATH}/members/{membership(user).pk}"


def role_of(user: User) -> str | None:
    return Membership.objects.filter(user=user).values_list("role", flat=True).first()


def test_admin_changes_a_role(api: Api, dana: User, bob: User) -> None:
    answer = api(dana).patch(member_path(bob), {"role": "viewer"})
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    assert role_of(bob) == Role.VIEWER
    event = AuditEvent.objects.get(action="member.role_changed")
    assert event.data == {"role": {"from": "member", "to": "viewer"}}
    assert event.actor_id == dana.pk


def test_admin_cannot_touch_an_owner_or_make_one(api: Api, dana: User, alice: User, bob: User) -> None:
    for answer in (
        api(dana).patch(member_path(alice), {"role": "member"}),
        api(dana).delete(member_path(alice)),
        api(dana).patch(member_path(bob), {"role": "owner"}),
        api(dana).patch(member_path(dana), {"role": "owner"}),
    ):
        assert (answer.status_code, answer.json()["error_type"]) == (403, "owner_required")
    assert (role_of(alice), role_of(bob), role_of(dana)) == ("owner", "member", "admin")


def test_last_owner_stays(api: Api, alice: User, bob: User) -> None:
    client = api(alice)
    for answer in (
        client.patch(member_path(alice), {"role": "admin"}),
        client.delete(member_path(alice)),
        client.post(f"{PATH}/members/leave"),
    ):
        assert (answer.status_code, answer.json()["error_type"]) == (409, "last_owner")
    assert client.patch(member_path(bob), {"role": "owner"}).status_code == 200
    assert client.post(f"{PATH}/members/leave").status_code == 204
    assert role_of(alice) is None


def test_removed_member_is_out_at_once(api: Api, alice: User, bob: User, organization: Organization) -> None:
    client = api(bob)
    make_notification(organization, bob)
    assert client.get("/media").status_code == 200
    assert api(alice).delete(member_path(bob)).status_code == 204
    assert client.get("/media").status_code == 404
    assert client.get(PATH).status_code == 404
    assert User.objects.filter(pk=bob.pk).exists()


def test_ownership_passes_on(api: Api, alice: User, bob: User) -> None:
    answer = api(alice).post(f"{PATH}/transfer-ownership", {"member": str(membership(bob).pk)})
    assert (answer.status_code, answer.json()["role"]) == (200, "owner")
    assert (role_of(bob), role_of(alice)) == ("owner", "admin")
    news = api(bob).get("/notifications").json()["data"]
    assert [one["kind"] for one in news] == ["organization.transferred"]
    assert api(alice).post(f"{PATH}/transfer-ownership", {"member": str(membership(bob).pk)}).status_code == 403


def test_ownership_is_not_passed_to_oneself_or_a_stranger(
    api: Api, alice: User, mallory: User, other_organization: Organization
) -> None:
    stranger = Membership.objects.get(user=mallory)
    client = api(alice)
    assert client.post(f"{PATH}/transfer-ownership", {"member": str(stranger.pk)}).status_code == 404
    assert client.post(f"{PATH}/transfer-ownership", {"member": str(membership(alice).pk)}).status_code == 409
    assert client.patch(f"{PATH}/members/{stranger.pk}", {"role": "viewer"}).status_code == 404
    assert (role_of(alice), role_of(mallory)) == ("owner", "owner")


def test_wrong_role_is_named(api: Api, alice: User, bob: User) -> None:
    answer = api(alice).patch(member_path(bob), {"role": "emperor"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "role")


def test_keys_are_no_members(organization: Organization) -> None:
    _, text = make_api_key(organization)
    assert ApiClient.of_key(text).post(f"{PATH}/members/leave").status_code == 403


def test_stale_right_is_looked_at_again(alice: User, organization: Organization, bob: User) -> None:
    """Dana's request found her an admin; before it got the lock she was made a viewer."""
    dana = make_member(organization, Role.ADMIN)
    caller = caller_for_user(dana, organization.slug)
    Membership.objects.filter(user=dana).update(role=Role.VIEWER)
    with pytest.raises(ApplicationError) as refusal:
        members.remove(caller=caller, membership=membership(bob))
    assert refusal.value.status == 403
    assert role_of(bob) == Role.MEMBER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "leave", "remove"])
def test_two_owners_at_once_leave_one(act: str, alice: User, organization: Organization) -> None:
    other = make_member(organization, Role.OWNER)
    callers = {user.pk: caller_for_user(user, organization.slug) for user in (alice, other)}
    rows = {user.pk: membership(user) for user in (alice, other)}
    barrier, outcomes = threading.Barrier(2), []

    def run(own: User, target: User) -> None:
        try:
            barrier.wait(timeout=10)
            _act(act, callers[own.pk], rows[target.pk])
            outcomes.append("done")
        except ApplicationError as error:
            outcomes.append(error.error_type)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((alice, other), (other, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(outcomes) == 2
    assert outcomes.count("done") == 1, outcomes
    assert Membership.objects.filter(organization=organization, role=Role.OWNER).count() == 1


def _act(act: str, caller: Any, target: Membership) -> None:
    if act == "leave":
        members.leave(caller=caller)
    elif act == "remove":
        members.remove(caller=caller, membership=target)
    else:
        members.change_role(caller=caller, membership=target, role=Role.MEMBER)
