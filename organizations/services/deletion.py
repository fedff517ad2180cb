"""The end of an organization: asked for by an owner, undone within the grace period, then carried out for good."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from config.common.clock import from_now, now
from config.common.errors import Conflict
from organizations import audit, bus
from organizations.models import Membership, Organization, OrganizationTombstone
from organizations.notifications import mail
from organizations.roles import Action, Role
from organizations.signals import organization_closed, organization_purged, organization_reopened

if TYPE_CHECKING:
    from organizations.audit import Actor
    from organizations.tenancy import Caller

logger = structlog.get_logger(__name__)


def delete(*, caller: Caller) -> Organization:
    """Close it to everybody and start the grace period. Doing it twice changes nothing. Raises PermissionDenied."""
    caller.require(Action.ORGANIZATION_DELETE)
    return close(caller.organization, by=caller)


def restore(*, caller: Caller) -> Organization:
    """As if it had never been deleted. Raises PermissionDenied, Conflict `organization_not_deleted`."""
    caller.require(Action.ORGANIZATION_DELETE)
    return reopen(caller.organization, by=caller)


@transaction.atomic
def close(organization: Organization, *, by: Actor = None, staff: bool = False) -> Organization:
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if row.is_deleted:
        return row
    row.deleted_at, row.purge_at = now(), from_now(days=settings.ORGANIZATION_GRACE_DAYS)
    row.save(update_fields=["deleted_at", "purge_at", "updated_at"])
    audit.record(organization=row, action="organization.deleted", actor=by, target=row, staff=staff)
    organization_closed.send(sender=Organization, organization=row)
    _tell_owners("organization_deleted", row)
    bus.recheck(row.pk)
    return row


@transaction.atomic
def reopen(organization: Organization, *, by: Actor = None, staff: bool = False) -> Organization:
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if not row.is_deleted:
        raise Conflict(_("This organization is not deleted."), error_type="organization_not_deleted")
    row.deleted_at = row.purge_at = None
    row.save(update_fields=["deleted_at", "purge_at", "updated_at"])
    audit.record(organization=row, action="organization.restored", actor=by, target=row, staff=staff)
    organization_reopened.send(sender=Organization, organization=row)
    _tell_owners("organization_restored", row)
    return row


def purge_due() -> int:
    """Sent by beat: carry out what is due; how many organizations are gone. One that fails doesn't stop the others."""
    gone = 0
    for organization_id in list(Organization.objects.due_for_purge().values_list("pk", flat=True)):
        try:
            gone += purge_organization(organization_id)
        except Exception:
            logger.exception("organization_purge_failed", organization=str(organization_id))
    return gone


@transaction.atomic
def purge_organization(organization_id: UUID) -> bool:
    """THE deleter: rows, audit log and (soon after) objects are gone; a tombstone of numbers and the ledger stay.

    False for one that is not deleted, or whose grace is not over. The row's full lock holds off whoever would still
    write rows of this organization, until there is nothing left for them to point to.
    """
    organization = Organization.objects.select_for_update().due_for_purge().filter(pk=organization_id).first()
    if organization is None or organization.deleted_at is None:
        return False
    counts = {"members": Membership.objects.filter(organization=organization).count()}
    organization_purged.send(sender=Organization, organization=organization, counts=counts)
    OrganizationTombstone.objects.create(
        id=organization.pk,
        created_at=organization.created_at,
        deleted_at=organization.deleted_at,
        purged_at=now(),
        counts=counts,
    )
    audit.purge(organization.pk)
    organization.delete()
    logger.info("organization_purged", organization=str(organization_id), **counts)
    return True


def grace_days() -> int:
    return int(settings.ORGANIZATION_GRACE_DAYS)


def _tell_owners(template: str, organization: Organization) -> None:
    owners = User.objects.filter(
        memberships__organization=organization, memberships__role=Role.OWNER, is_active=True
    ).distinct()
    for owner in owners:
        mail.send(template, owner, {"organization": organization})
