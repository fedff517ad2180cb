"""Who belongs to an organization, and as what.

Every change locks the organization's row first and then looks anew at who is who, so that two changes at once can
neither leave it without an owner nor be made by somebody who has just lost the right to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.common.errors import Conflict, NotFound, PermissionDenied
from organizations import audit
from organizations.models import Membership, Organization
from organizations.notifications import notices
from organizations.roles import Action, Role
from organizations.signals import member_joining, member_left

if TYPE_CHECKING:
    from accounts.models import User
    from organizations.tenancy import Caller


@dataclass(frozen=True, slots=True)
class _Scene:
    """The caller's own membership and the one that they change, as they are under the lock."""

    own: Membership
    target: Membership


@transaction.atomic
def change_role(*, caller: Caller, membership: Membership, role: Role) -> Membership:
    """Raises PermissionDenied where an owner is involved and the caller is none, Conflict `last_owner`, NotFound."""
    caller.require(Action.MEMBERS_MANAGE)
    scene = _locked(caller, membership)
    _require_may_touch(scene.own, scene.target.role, role)
    if scene.target.role == role:
        return scene.target
    if role != Role.OWNER:
        _keep_an_owner(scene.target)
    before = scene.target.role
    _set_role(scene.target, role)
    changed = audit.changes({"role": before}, {"role": str(role)})
    audit.record(
        organization=caller.organization, action="member.role_changed", actor=caller, target=scene.target, data=changed
    )
    return scene.target


@transaction.atomic
def remove(*, caller: Caller, membership: Membership) -> None:
    """Raises as `change_role` does. What the person made stays with the organization."""
    caller.require(Action.MEMBERS_MANAGE)
    scene = _locked(caller, membership)
    _require_may_touch(scene.own, scene.target.role)
    _keep_an_owner(scene.target)
    audit.record(organization=caller.organization, action="member.removed", actor=caller, target=scene.target)
    _part(scene.target)


@transaction.atomic
def leave(*, caller: Caller) -> None:
    """The caller is no member any more. Raises Conflict `last_owner`, PermissionDenied for a key."""
    own = _own(caller)
    _keep_an_owner(own)
    audit.record(organization=caller.organization, action="member.left", actor=caller, target=own)
    _part(own)


@transaction.atomic
def transfer_ownership(*, caller: Caller, membership: Membership) -> Membership:
    """`membership` becomes an owner and the caller an admin. Raises PermissionDenied, NotFound, Conflict."""
    caller.require(Action.OWNERSHIP_TRANSFER)
    scene = _locked(caller, membership)
    if scene.own.role != Role.OWNER:
        raise PermissionDenied(_("Only an owner can pass ownership on."))
    if scene.own.pk == scene.target.pk:
        raise Conflict(_("You own this organization already. Choose somebody else."), error_type="already_owner")
    _set_role(scene.target, Role.OWNER)
    _set_role(scene.own, Role.ADMIN)
    audit.record(organization=caller.organization, action="organization.transferred", actor=caller, target=scene.target)
    notices.tell(user=scene.target.user, organization=caller.organization, kind="organization.transferred")
    return scene.target


def join(*, organization: Organization, user: User, role: Role | str) -> Membership:
    """Call in a transaction. Raises Conflict `already_member`, or what a receiver of `member_joining` raises."""
    member_joining.send(sender=Membership, organization=organization, user=user, role=role)
    try:
        with transaction.atomic():
            membership: Membership = Membership.objects.create(organization=organization, user=user, role=role)
    except IntegrityError:
        raise Conflict(
            _("You are a member of %(name)s already.") % {"name": organization.name}, error_type="already_member"
        ) from None
    return membership


def may_give(own: Role | str | None, role: Role | str) -> bool:
    """Owners give every role, admins every role but the owner's."""
    return own == Role.OWNER or (own == Role.ADMIN and role != Role.OWNER)


def _own(caller: Caller) -> Membership:
    """The caller's membership under the organization's lock."""
    if caller.user is None:
        raise PermissionDenied(_("An API key is not a member."))
    Organization.objects.select_for_update(no_key=True).get(pk=caller.organization.pk)
    own: Membership | None = Membership.objects.filter(organization=caller.organization, user=caller.user).first()
    if own is None:
        raise NotFound
    return own


def _locked(caller: Caller, membership: Membership) -> _Scene:
    own = _own(caller)
    rows = Membership.objects.filter(organization=caller.organization).select_related("user")
    return _Scene(own, rows.get_or_404(membership.pk))


def _require_may_touch(own: Membership, *roles: Role | str) -> None:
    if not all(may_give(own.role, role) for role in roles):
        raise PermissionDenied(_("Only an owner can make, change or remove an owner."), error_type="owner_required")


def _keep_an_owner(leaving: Membership) -> None:
    """Raises Conflict when nobody else owns the organization."""
    owners = Membership.objects.filter(organization_id=leaving.organization_id, role=Role.OWNER)
    if leaving.role == Role.OWNER and not owners.exclude(pk=leaving.pk).exists():
        raise Conflict(_("An organization needs an owner. Make somebody else an owner first."), error_type="last_owner")


def _set_role(membership: Membership, role: Role) -> None:
    membership.role = role
    membership.save(update_fields=["role", "updated_at"])


def _part(membership: Membership) -> None:
    organization, user = membership.organization, membership.user
    membership.delete()
    notices.forget_person(organization=organization, user=user)
    member_left.send(sender=Membership, organization=organization, user=user)
