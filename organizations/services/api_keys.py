"""Making and revoking API keys."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.clock import now
from config.common.days import LAST
from config.common.errors import Invalid
from organizations import audit, bus
from organizations.api_keys import digest, generate
from organizations.models import ApiKey
from organizations.roles import SCOPES, Action
from organizations.tenancy import Caller


@transaction.atomic
def create(
    *,
    caller: Caller,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    max_billable_seconds: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the caller's organization and its text, which is never to be had again."""
    caller.require(Action.KEYS_MANAGE)
    _check(scopes, expires_at)
    prefix, text = generate()
    key = ApiKey.objects.create(
        organization=caller.organization,
        name=name,
        prefix=prefix,
        key_hash=digest(text),
        scopes=sorted(set(scopes)),
        created_by=caller.user,
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        max_billable_seconds=max_billable_seconds,
    )
    limits = {"requests_per_minute": requests_per_minute, "max_billable_seconds": max_billable_seconds}
    data = {"prefix": prefix, "scopes": key.scopes, "expires_at": expires_at, **limits}
    audit.record(organization=caller.organization, action="api_key.created", actor=caller, target=key, data=data)
    return key, text


@transaction.atomic
def revoke(*, caller: Caller, key: ApiKey) -> None:
    """From now on the key opens nothing. The row stays, so that what it did keeps its name."""
    caller.require(Action.KEYS_MANAGE)
    moment = now()
    usable = ApiKey.objects.visible_to(caller).filter(pk=key.pk, revoked_at=None)
    if usable.update(revoked_at=moment, updated_at=moment):
        audit.record(organization=caller.organization, action="api_key.revoked", actor=caller, target=key)
        bus.recheck(caller.organization.pk)


def _check(scopes: list[str], expires_at: datetime | None) -> None:
    unknown = sorted(set(scopes) - SCOPES)
    if unknown:
        known = ", ".join(sorted(SCOPES))
        raise Invalid.field(
            "scopes",
            _("Unknown scope %(scope)s. Scopes are: %(known)s.") % {"scope": unknown[0], "known": known},
            "unknown",
        )
    if expires_at is not None and expires_at <= now():
        raise Invalid.field("expires_at", _("The key would already have expired. Give a later moment."), "past")
    if expires_at is not None and expires_at.year > LAST.year:
        raise Invalid.field(
            "expires_at", _("Give an earlier moment, or none for a key that never expires."), "too_late"
        )
