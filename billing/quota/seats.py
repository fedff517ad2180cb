"""Seats: every member takes one, and every invitation that is still open keeps one free."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from billing.quota.limits import limits_for, locked_account, require_writable
from billing.quota.refusals import refusal, what_to_do
from config.common.clock import now
from organizations.models import Invitation, Membership, Organization


def members(organization: Organization) -> int:
    return int(Membership.objects.filter(organization=organization).count())


def invited(organization: Organization) -> int:
    """Invitations that somebody may still accept."""
    return int(Invitation.objects.filter(organization=organization, expires_at__gt=now()).filter(_open()).count())


def taken(organization: Organization) -> int:
    return members(organization) + invited(organization)


def on_inviting(organization: Organization, invitation: Invitation, **_kwargs: Any) -> None:
    """Receiver: a seat for `invitation`, which may be one that is sent again. Raises QuotaExceeded."""
    limit = _limit(organization)
    if limit is None:
        return
    others = Invitation.objects.filter(organization=organization, expires_at__gt=now()).filter(_open())
    count = members(organization) + others.exclude(pk=invitation.pk).count()
    if count >= limit:
        raise _exceeded(organization, limit)


def on_joining(organization: Organization, **_kwargs: Any) -> None:
    """Receiver: a seat for who joins; their invitation kept one, unless the plan shrank. Raises QuotaExceeded."""
    limit = _limit(organization)
    if limit is not None and members(organization) >= limit:
        raise _exceeded(organization, limit)


def _limit(organization: Organization) -> int | None:
    """Under the account's lock, so that two who come at once do not both get the last seat."""
    limits = limits_for(locked_account(organization))
    require_writable(organization, limits)
    return limits.seats


def _open() -> Q:
    return Q(accepted_at=None, revoked_at=None)


def _exceeded(organization: Organization, limit: int) -> Exception:
    detail = _("All seats of this organization are taken: members and open invitations count, and there are %(seats)d.")
    figures = {"seats": limit, "remaining_seats": 0}
    return refusal(organization, f"{detail % {'seats': limit}} {what_to_do()}", error_type="seats_exceeded", **figures)
