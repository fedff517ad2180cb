"""Tickets: how a page of another origin opens a WebSocket, where it can send no header. Once, within 30 seconds."""

from __future__ import annotations

import secrets

from django.core.cache import cache

from config.common.errors import ApplicationError
from organizations.authenticate import caller_by_id
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
        return caller_by_id(known["organization"], user=known["user"], key=known["key"])
    except ApplicationError:
        return None


def _name(ticket: str) -> str:
    return f"ticket:{ticket}"
