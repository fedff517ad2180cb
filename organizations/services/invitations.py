"""Asking people to join, by mail. The token is in the mail alone; it opens one place, for one address, once."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import passwords
from config.common.clock import from_now, now
from config.common.errors import Conflict, Invalid, NotFound, PermissionDenied
from organizations import audit
from organizations.models import Invitation, Membership, Organization
from organizations.notifications import mail
from organizations.roles import Action, Role
from organizations.services import members
from organizations.signals import member_inviting

if TYPE_CHECKING:
    from organizations.tenancy import Caller


@transaction.atomic
def invite(*, caller: Caller, email: str, role: Role) -> Invitation:
    """Raises Invalid (domain), PermissionDenied (owners by owners), Conflict `already_member` or `already_invited`.

    And what a receiver of `member_inviting` raises.
    """
    caller.require(Action.MEMBERS_MANAGE)
    _require_may_invite(caller, role)
    address = User.objects.normalize_email(email)
    require_domain(caller.organization, address)
    if Membership.objects.filter(organization=caller.organization, user__email=address).exists():
        raise Conflict(_("This person is a member already."), error_type="already_member")
    token = secrets.token_urlsafe(32)
    invitation = Invitation(organization=caller.organization, email=address, role=role, invited_by=caller.user)
    member_inviting.send(sender=Invitation, organization=caller.organization, invitation=invitation)
    _renew(invitation, token)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError:
        detail = _("This address is invited already. Send the invitation again, or revoke it first.")
        raise Conflict(detail, error_type="already_invited") from None
    _send(invitation, token)
    _record("invitation.created", caller, invitation)
    return invitation


@transaction.atomic
def resend(*, caller: Caller, invitation: Invitation) -> Invitation:
    """A new mail with a new link that lasts as long as the first; links sent before open nothing. Raises Conflict."""
    caller.require(Action.MEMBERS_MANAGE)
    row = _locked(Invitation.objects.visible_to(caller).get_or_404(invitation.pk))
    _require_open(row)
    _require_may_invite(caller, row.role)
    require_domain(caller.organization, row.email)
    member_inviting.send(sender=Invitation, organization=caller.organization, invitation=row)
    token = secrets.token_urlsafe(32)
    _renew(row, token)
    row.save(update_fields=["token_hash", "sent_at", "expires_at", "updated_at"])
    _send(row, token)
    _record("invitation.resent", caller, row)
    return row


@transaction.atomic
def revoke(*, caller: Caller, invitation: Invitation) -> None:
    """The link opens nothing any more. Doing it twice is harmless; an accepted one is a Conflict."""
    caller.require(Action.MEMBERS_MANAGE)
    row = _locked(Invitation.objects.visible_to(caller).get_or_404(invitation.pk))
    if row.revoked_at is not None:
        return
    if row.accepted_at is not None:
        raise Conflict(_("This invitation was accepted. Remove the member instead."), error_type="invitation_used")
    row.revoked_at = now()
    row.save(update_fields=["revoked_at", "updated_at"])
    _record("invitation.revoked", caller, row)


def find(token: str) -> Invitation:
    """The open invitation of a link. Raises NotFound for no token of ours, Conflict for one that opens nothing more."""
    row: Invitation | None = (
        Invitation.objects.select_related("organization", "invited_by").filter(token_hash=digest(token)).first()
    )
    if row is None or row.organization.is_deleted:
        raise NotFound(_("This invitation is not valid. Ask for a new one."))
    _require_fresh(row)
    return row


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """`user` joins. Raises NotFound, Conflict, Invalid (domain), PermissionDenied for an account of another address."""
    return _fulfil(find(token), user)


@transaction.atomic
def accept_with_new_account(*, token: str, password: str, first_name: str = "", last_name: str = "") -> Membership:
    """An account for the invited address, verified by the link in its mail, and its place. Raises as `accept` does."""
    invitation = find(token)
    person = User(email=invitation.email, first_name=first_name, last_name=last_name)
    passwords.check_strength(person, password)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.email, password, first_name=first_name.strip(), last_name=last_name.strip()
            )
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    except IntegrityError:
        detail = _("An account with this address exists. Sign in to accept the invitation.")
        raise Conflict(detail, error_type="email_taken") from None
    return _fulfil(invitation, user)


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the address is one of the person's own: that of the account, or another that they have verified."""
    owned = EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True)
    return invitation.email == user.email or bool(owned.exists())


def has_account(invitation: Invitation) -> bool:
    return (
        User.objects.filter(email=invitation.email).exists()
        or EmailAddress.objects.filter(email__iexact=invitation.email, verified=True).exists()
    )


def require_domain(organization: Organization, email: str) -> None:
    """Raises Invalid unless the address is of a domain that may join."""
    allowed = organization.allowed_email_domains
    if allowed and email.rpartition("@")[2] not in allowed:
        message = _("Only addresses of these domains may join: %(domains)s.") % {"domains": ", ".join(allowed)}
        raise Invalid.field("email", message, "domain_not_allowed")


def digest(token: str) -> str:
    """SECURITY: 256 random bits need no slow hash; nothing that opens a door is in the database or its backups."""
    return hashlib.sha256(token.encode()).hexdigest()


def link(token: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('invitation', kwargs={'token': token})}"


def _fulfil(invitation: Invitation, user: User) -> Membership:
    """The organization's row is locked before the invitation's, as everywhere that members change."""
    Organization.objects.select_for_update(no_key=True).get(pk=invitation.organization_id)
    row = _locked(invitation)
    if row.token_hash != invitation.token_hash:  # sent again a moment ago, with another link
        raise NotFound(_("This invitation is not valid. Ask for a new one."))
    _require_fresh(row)
    if not is_for(row, user):
        detail = _("This invitation is for another address. Sign in with the account of that address.")
        raise PermissionDenied(detail, error_type="invitation_for_another_address")
    require_domain(row.organization, row.email)
    membership = members.join(organization=row.organization, user=user, role=row.role)
    row.accepted_at, row.accepted_by = now(), user
    row.save(update_fields=["accepted_at", "accepted_by", "updated_at"])
    data = {"role": row.role, "invited_by": row.invited_by and row.invited_by.email}
    audit.record(organization=row.organization, action="member.joined", actor=user, target=membership, data=data)
    return membership


def _locked(invitation: Invitation) -> Invitation:
    """The row as it is now. What it points to is read apart: an outer join can't be locked."""
    row: Invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    return row


def _require_open(row: Invitation) -> None:
    if row.revoked_at is not None:
        raise Conflict(_("This invitation was revoked. Ask for a new one."), error_type="invitation_revoked")
    if row.accepted_at is not None:
        raise Conflict(_("This invitation was already used."), error_type="invitation_used")


def _require_fresh(row: Invitation) -> None:
    _require_open(row)
    if row.expires_at <= now():
        raise Conflict(_("This invitation has expired. Ask for a new one."), error_type="invitation_expired")


def _require_may_invite(caller: Caller, role: Role | str) -> None:
    if not members.may_give(caller.role, role):
        raise PermissionDenied(_("Only an owner can invite an owner."), error_type="owner_required")


def _renew(invitation: Invitation, token: str) -> None:
    invitation.token_hash = digest(token)
    invitation.sent_at, invitation.expires_at = now(), from_now(days=settings.INVITATION_DAYS)


def _send(invitation: Invitation, token: str) -> None:
    context = {"invitation": invitation, "organization": invitation.organization, "link": link(token)}
    inviter = invitation.invited_by
    # Who has no account has chosen no language: the inviter's is the best guess, and programs' requests have none.
    language = inviter.language if inviter else ""
    mail.send("invitation", invitation.email, {**context, "inviter": inviter}, language=language)


def _record(action: str, caller: Caller, invitation: Invitation) -> None:
    data = {"email": invitation.email, "role": invitation.role}
    audit.record(organization=caller.organization, action=action, actor=caller, target=invitation, data=data)
