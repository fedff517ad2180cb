"""A person's account and their organizations: what stops it from being closed, and their part of the export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.export import Part, list_part
from accounts.models import User
from accounts.signals import account_closing, account_exported
from config.common.clock import iso
from config.common.errors import Conflict, PermissionDenied
from organizations import audit, gates, signals
from organizations.models import ApiKey, AuditEvent, Membership, Notification, Organization
from organizations.roles import Role

BATCH = 500


def connect() -> None:
    account_closing.connect(_on_closing, dispatch_uid="organizations.closing")
    account_exported.connect(_on_exported, dispatch_uid="organizations.export")


def _on_closing(sender: Any, user: User, **_kwargs: Any) -> None:
    leave_all(user)


@transaction.atomic
def leave_all(user: User) -> None:
    """Raises Conflict `last_owner` naming the organizations that would be left without an owner."""
    own = list(Membership.objects.filter(user=user).select_related("organization"))
    # Of two owners who close at once, the second waits here and finds the first gone.
    ids = [one.organization_id for one in own]
    list(Organization.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    orphaned = [one.organization for one in own if _is_last_owner(one)]
    if orphaned:
        raise _last_owner(orphaned)
    for membership in own:
        audit.record(organization=membership.organization, action="user.closed", actor=user, target=user)
        membership.delete()
        signals.member_left.send(sender=Membership, organization=membership.organization, user=user)


def open_organizations(user: User) -> list[UUID]:
    """Those whose rows the person may see now: still a member, and what the organization asks for is given."""
    return [one.pk for one in Organization.objects.of_user(user) if _may_enter(one, user)]


def _may_enter(organization: Organization, user: User) -> bool:
    try:
        gates.check(organization, user)
    except PermissionDenied:
        return False
    return True


def _is_last_owner(membership: Membership) -> bool:
    """Who deleted the organization already may go; nobody can be left behind in it."""
    if membership.role != Role.OWNER or membership.organization.is_deleted:
        return False
    others = Membership.objects.filter(organization=membership.organization, role=Role.OWNER).exclude(pk=membership.pk)
    return not others.exists()


def _last_owner(orphaned: list[Organization]) -> Conflict:
    names = ", ".join(one.name for one in orphaned)
    detail = _(
        "You are the last owner of: %(names)s. Make somebody else owner or delete the organization, then try again."
    ) % {"names": names}
    named = [{"name": one.name, "slug": one.slug} for one in orphaned]
    return Conflict(detail, error_type="last_owner", extra={"organizations": named})


def _on_exported(sender: Any, user: User, **_kwargs: Any) -> Iterator[Part]:
    memberships = Membership.objects.filter(user=user).select_related("organization").order_by("created_at")
    yield list_part("organizations.json", map(_membership, memberships))
    yield list_part("api-keys.json", map(_key, _rows(ApiKey.objects.filter(created_by=user))))
    yield list_part("notifications.json", map(_notification, _rows(Notification.objects.filter(user=user))))
    yield list_part("activity.json", map(_event, _rows(AuditEvent.objects.filter(actor_id=user.pk))))


def _rows(rows: Any) -> Iterator[Any]:
    return iter(rows.order_by("created_at", "id").iterator(BATCH))


def _membership(one: Membership) -> dict[str, Any]:
    organization = one.organization
    return {
        "organization": str(organization.pk),
        "name": organization.name,
        "slug": organization.slug,
        "role": one.role,
        "since": iso(one.created_at),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "organization": str(key.organization_id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_at": iso(key.created_at),
        "revoked_at": iso(key.revoked_at),
    }


def _notification(one: Notification) -> dict[str, Any]:
    return {"kind": one.kind, "data": one.data, "created_at": iso(one.created_at), "read_at": iso(one.read_at)}


def _event(one: AuditEvent) -> dict[str, Any]:
    return {
        "at": iso(one.created_at),
        "action": one.action,
        "target": one.target_label,
        "ip": one.ip,
        "user_agent": one.user_agent,
    }
