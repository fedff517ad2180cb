"""What stands between a member and the organization: its deletion, and the second factor that it may require."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import User
from config.common.clock import iso
from config.common.errors import PermissionDenied
from organizations.models import Organization
from organizations.roles import Action
from organizations.signals import organization_changing

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# What makes or edits something. Deleting one's own things, and stopping work, is never in the way of anybody.
MANAGED = frozenset({Action.PROJECTS_MANAGE, Action.GLOSSARY_MANAGE, Action.PROFILES_MANAGE})
CHANGES = MANAGED | {Action.MEDIA_WRITE, Action.TRANSCRIPTS_WRITE}


def check(organization: Organization, user: User | None) -> None:
    """Raises PermissionDenied: the organization is deleted, or it requires a second factor. A key (None) has none."""
    if organization.is_deleted:
        detail = _("This organization is deleted. Until it is gone for good, an owner can restore it.")
        raise PermissionDenied(
            detail, error_type="organization_deleted", extra={"purge_at": iso(organization.purge_at)}
        )
    if user is not None and organization.require_mfa and not has_second_factor(user):
        detail = _(
            "This organization requires two-step sign-in. Set it up for your account in the browser, then try again."
        )
        raise PermissionDenied(detail, error_type="mfa_required_by_organization")


def check_change(organization: Organization, action: Action | None, method: str | None) -> None:
    """Raises what a receiver of `organization_changing` raises, for a request that makes or edits something."""
    if action in CHANGES and method not in READING and method != "DELETE":
        organization_changing.send(sender=Organization, organization=organization, action=action)


def has_second_factor(user: User) -> bool:
    """Whether signing in takes more than the password."""
    return second_factor.is_on(user)
