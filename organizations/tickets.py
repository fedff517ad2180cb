"""Tickets: how a page of another origin opens a WebSocket, where it can send no header. Once, within 30 seconds."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.cache import cache

from accounts.models import User
from config.common.errors import ApplicationError
from organizations.api_keys import is_usable
from organizations.authenticate import caller_for_key, caller_for_user
from organizations.models import ApiKey, Organization
from organizations.tenancy import Caller

SECONDS = 30


def issue(caller: Caller) -> str:
    """A ticket that stands for `caller` in their organization."""
    ticket = secrets.token_urlsafe(32)
    known = {
        "organization": str(caller.organization.pk),
        "user": caller.user and str(caller.user.pk),
        "key": caller.api_key and str(caller.api_key.pk),
    }
    cache.set(_name(ticket), known, timeout=SECONDS)
    return ticket


def redeem(ticket: str) -> Caller | None:
    """Whom the ticket stands for, as they are now; None when it is unknown, old or used."""
    known = cache.get(_name(ticket))
    # Of two who come at once, one deletes it and the other does not.
    if not known or not cache.delete(_name(ticket)):
        return None
    try:
        return _caller(known)
    except ApplicationError:
        return None


def _caller(known: dict[str, Any]) -> Caller | None:
    organization = Organization.objects.filter(pk=known["organization"]).first()
    if organization is None:
        return None
    if known["key"]:
        key = ApiKey.objects.select_related("organization").filter(pk=known["key"]).first()
        return caller_for_key(key, organization.slug) if key and is_usable(key) else None
    user = User.objects.filter(pk=known["user"], is_active=True).first()
    return caller_for_user(user, organization.slug) if user else None


def _name(ticket: str) -> str:
    return f"ticket:{ticket}"
