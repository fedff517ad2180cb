"""The door of the live process: who is at the other end of a connection, and whether they still may be.

A connection stays open for hours, so a right is asked for more than once: before it joins its groups, after it has
joined them, and whenever somebody's right ends (`connect` says when that is).
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.http.request import validate_host
from django.utils.datastructures import CaseInsensitiveMapping
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import User
from config.common.clock import now
from config.common.errors import NotAuthenticated, PermissionDenied
from organizations import authenticate, bus, tickets
from organizations.signals import member_left
from organizations.tenancy import Caller

# What of a person decides whether their sessions open anything.
DECISIVE = {"password", "is_active"}


class Guarded:
    """For a consumer: `enter` before it tells anything, `leave` when it ends."""

    scope: Any
    channel_layer: Any
    channel_name: str
    joined: tuple[str, ...] = ()
    # Until then events of groups may arrive, and must not be told.
    entered = False
    expiring: asyncio.Task[None] | None = None

    def groups_of(self, caller: Caller) -> tuple[str, ...]:
        raise NotImplementedError

    async def enter(self) -> Caller:
        """Whoever is at the other end, after the consumer has joined its groups. Raises ApplicationError."""
        caller = await caller_of(self.scope)
        self.joined = (*self.groups_of(caller), *_doors(caller))
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        # SECURITY: who lost their right between proving it and joining has missed the call to leave.
        caller = await self.still(caller)
        self._end_with_key(caller)
        return caller

    async def still(self, caller: Caller) -> Caller:
        """The same person or key, as they are by now. Raises ApplicationError."""
        again: Caller = await database_sync_to_async(_still)(self.scope, caller)
        return again

    async def leave(self) -> None:
        if self.expiring is not None:
            self.expiring.cancel()
        joined, self.joined, self.entered = self.joined, (), False
        for group in joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    def _end_with_key(self, caller: Caller) -> None:
        expires = caller.api_key and caller.api_key.expires_at
        if expires:
            self.expiring = asyncio.create_task(self._expire((expires - now()).total_seconds()))

    async def _expire(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.channel_layer.send(self.channel_name, {"type": "live.recheck"})


async def caller_of(scope: Any) -> Caller:
    """Who is at the other end: a ticket, a token or key, or a browser's session. Raises ApplicationError."""
    headers, organization = _headers(scope), _query(scope, "organization")
    organization = organization or headers.get("X-Organization")
    if ticket := _query(scope, "ticket"):
        caller = await database_sync_to_async(tickets.redeem)(ticket)
        if caller is None:
            raise PermissionDenied(_("The ticket is used or expired. Ask for a new one."))
        return caller
    if authenticate.credential_of(headers) is not None:
        return await database_sync_to_async(authenticate.caller_from_credentials)(headers, organization)
    # SECURITY: a browser sends its session with requests of any page; only our own pages may use it.
    _require_own_origin(headers.get("Origin"))
    if not scope["user"].is_authenticated:
        raise NotAuthenticated(_("Sign in, or send an access token, an API key or a ticket."))
    return await database_sync_to_async(authenticate.caller_for_user)(scope["user"], organization)


def _still(scope: Any, caller: Caller) -> Caller:
    """A ticket is used up and says no more; a credential or a session must still be good."""
    credential = authenticate.credential_of(_headers(scope))
    if not _query(scope, "ticket"):
        if credential is not None:
            authenticate.person_or_key(credential)
        elif sessions.user_of_session(scope["session"].session_key) is None:
            raise NotAuthenticated(_("This session has ended. Sign in again."))
    return authenticate.again(caller)


def _query(scope: Any, name: str) -> str | None:
    values: list[str] = parse_qs(scope.get("query_string", b"").decode()).get(name, [])
    return values[0] if values else None


def _headers(scope: Any) -> CaseInsensitiveMapping[str]:
    return CaseInsensitiveMapping({name.decode(): value.decode("latin-1") for name, value in scope["headers"]})


def _require_own_origin(origin: str | None) -> None:
    host = urlsplit(origin or "").hostname or ""
    if origin is not None and not validate_host(host, settings.ALLOWED_HOSTS):
        raise PermissionDenied(_("This page may not open a live connection."))


def _doors(caller: Caller) -> list[str]:
    """The groups that a call to leave goes to: the organization's, and the person's."""
    own = [bus.person_group(caller.user.pk)] if caller.user else []
    return [bus.door_group(caller.organization.pk), *own]


def connect() -> None:
    """Whatever ends a right calls the connections that may rest on it."""
    member_left.connect(_on_member_left, dispatch_uid="organizations.live_door.member_left")
    user_logged_out.connect(_on_signed_out, dispatch_uid="organizations.live_door.signed_out")
    post_delete.connect(_on_session_ended, sender=UserSession, dispatch_uid="organizations.live_door.session_ended")
    post_save.connect(_on_person_saved, sender=User, dispatch_uid="organizations.live_door.person_saved")


def _on_member_left(organization: Any, **_kwargs: Any) -> None:
    bus.recheck(organization.pk)


def _on_signed_out(user: Any = None, **_kwargs: Any) -> None:
    if isinstance(user, User):
        bus.recheck_person(user.pk)


def _on_session_ended(instance: UserSession, **_kwargs: Any) -> None:
    bus.recheck_person(instance.user_id)


def _on_person_saved(instance: User, created: bool, update_fields: Any = None, **_kwargs: Any) -> None:
    if not created and (update_fields is None or DECISIVE & set(update_fields)):
        bus.recheck_person(instance.pk)
