"""The staff's admin opens every page, with as many queries for many rows as for few."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from billing import usage
from billing.models import UsageThreshold
from billing.quota import stored
from config.common.clock import from_now, now
from organizations.models import ApiKey, AuditEvent, IdempotencyKey, Organization
from tests.factories import make_api_key, make_invitation, make_member, make_notification, make_organization, make_user

pytestmark = pytest.mark.django_db


def make_rows(number: int) -> None:
    """One row of every model of accounts, organizations and billing."""
    organization = make_organization(f"Org {number}")
    make_member(organization, "member")
    make_api_key(organization, created_by=make_member(organization, "admin"))
    make_invitation(organization, invited_by=make_member(organization, "admin"))
    make_notification(organization, make_member(organization, "viewer"))
    usage.reserve(organization=organization, key=f"job-{number}", seconds=60)
    UsageThreshold.objects.create(organization=organization, period_start=now(), percent=80)
    stored.reserve(organization=organization, key=uuid.uuid4(), size=1)
    IdempotencyKey.objects.create(
        organization=organization, caller="user:x", route="POST /x", key=str(number), fingerprint="f",
        expires_at=from_now(hours=1),
    )  # fmt: skip


LISTS = [
    "accounts/user",
    "organizations/organization",
    "organizations/membership",
    "organizations/apikey",
    "organizations/idempotencykey",
    "organizations/invitation",
    "organizations/notification",
    "billing/account",
    "billing/usageentry",
    "billing/usagethreshold",
    "billing/storedfile",
]


@pytest.fixture
def staff(client_for: Callable[..., Client], db: None) -> Client:
    return client_for(User.objects.create_superuser("root@example.com", "x"))


@pytest.mark.parametrize("page", LISTS)
def test_lists_do_not_query_per_row(staff: Client, page: str) -> None:
    make_rows(1)
    address = f"/admin/{page}/?q=o"
    staff.get(address)
    with CaptureQueriesContext(connection) as few:
        assert staff.get(address).status_code == 200
    for number in range(2, 7):
        make_rows(number)
    with CaptureQueriesContext(connection) as many:
        assert staff.get(address).status_code == 200
    assert len(many) <= len(few)


@pytest.mark.parametrize("page", LISTS)
def test_each_row_opens(staff: Client, page: str) -> None:
    make_rows(1)
    row = apps.get_model(page.replace("/", ".")).objects.order_by("created_at").last()
    assert staff.get(f"/admin/{page}/{row.pk}/change/").status_code == 200


def test_hashes_can_not_be_typed(staff: Client) -> None:
    make_rows(1)
    row = ApiKey.objects.get()
    page = staff.get(f"/admin/organizations/apikey/{row.pk}/change/").content.decode()
    assert row.key_hash in page
    assert 'name="key_hash"' not in page
    assert staff.get("/admin/organizations/apikey/add/").status_code == 403


def test_staff_can_add_a_person(staff: Client) -> None:
    form = {
        "email": "New@Example.com",
        "usable_password": "true",
        "password1": "a long phrase",
        "password2": "a long phrase",
    }
    assert staff.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.filter(email="new@example.com").exists()


def test_staff_close_restore_and_end_but_never_delete(client_for: Any, organization: Organization) -> None:
    staff = client_for(make_user("staff@example.com", is_staff=True, is_superuser=True))
    path = reverse("admin:organizations_organization_changelist")

    def act(name: str) -> Organization:
        staff.post(path, {"action": name, "_selected_action": [str(organization.pk)]})
        organization.refresh_from_db()
        return organization

    assert act("close").purge_at is not None
    assert act("reopen").deleted_at is None
    assert act("end_grace").purge_at is None, "not deleted"
    act("close")
    ended = act("end_grace").purge_at
    assert ended is not None
    assert ended <= now()
    assert AuditEvent.objects.filter(organization=organization, actor_type="staff").count() >= 3
    delete = reverse("admin:organizations_organization_delete", args=[organization.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
