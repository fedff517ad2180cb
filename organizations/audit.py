"""The audit log. Everything that changes something worth knowing calls `record`; nothing changes or deletes a row.

A row is part of the transaction of what it tells: both are there, or neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from accounts.models import User
from config.common import request_meta
from config.common.clock import iso
from organizations.models import ApiKey, AuditEvent, Organization
from organizations.tenancy import Caller

Actor = Caller | User | ApiKey | None
Json = dict[str, Any]
# SECURITY: a log that many may read and nobody may clean must never hold what opens something, or what was said.
HIDDEN = re.compile(r"passw|secret|token|credential|key_hash|(^|_)(key|text|code|transcript|words)$", re.IGNORECASE)
LONGEST_VALUE, MOST_VALUES = 300, 50
# The names that the API uses where ours differ.
TYPE_NAMES = {"Recording": "media"}
PURGING = "tadwin.purging_organization"


def record(
    *,
    organization: Organization | None,
    action: str,
    actor: Actor = None,
    target: models.Model | None = None,
    data: Mapping[str, Any] | None = None,
    staff: bool = False,
) -> AuditEvent:
    """Write that `actor` (None: the system) did `action` ("member.removed") to `target`, in this transaction.

    Address, program and request id come from the request that is being answered. Values in `data` whose names sound
    like secrets or spoken words are hidden. `staff`: the person acts as an operator of the service, not as a member.
    """
    who, meta = _who(actor, staff=staff), request_meta.current()
    event: AuditEvent = AuditEvent.objects.create(
        organization=organization,
        action=action,
        actor_type=who.type,
        actor_id=who.id,
        actor_name=who.name[:300],
        target_type=type_name(target) if target else "",
        target_id=str(target.pk) if target else "",
        target_label=label(target)[:200] if target else "",
        data=_safe(data or {}),
        ip=meta.ip,
        user_agent=meta.user_agent,
        request_id=meta.request_id,
    )
    return event


def record_person(*, user: User, action: str, data: Mapping[str, Any] | None = None) -> None:
    """What a person did to their own account (signed in, changed the password): in each of their organizations."""
    mine: list[Organization | None] = [*Organization.objects.of_user(user)] or [None]
    with transaction.atomic():
        for organization in mine:
            record(organization=organization, action=action, actor=user, target=user, data=data)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """`{"role": {"from": "member", "to": "admin"}}` for what differs: the `data` of a change."""
    return {name: {"from": before.get(name), "to": value} for name, value in after.items() if before.get(name) != value}


def purge(organization_id: UUID) -> int:
    """Delete the log of an organization that is itself being deleted; how many rows. Only `purge_organization` may."""
    with transaction.atomic():
        _announce_purge(str(organization_id))
        deleted: int = AuditEvent.objects.filter(organization_id=organization_id).delete()[0]
        _announce_purge("")
    return deleted


def _announce_purge(organization_id: str) -> None:
    """The table's trigger reads this; it ends with the transaction at the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [PURGING, organization_id])


@dataclass(frozen=True, slots=True)
class _Who:
    type: str
    id: UUID | None
    name: str


def _who(actor: Actor, *, staff: bool) -> _Who:
    if isinstance(actor, Caller):
        actor = actor.api_key or actor.user
    match actor:
        case ApiKey():
            return _Who(AuditEvent.Actor.KEY, actor.pk, str(actor))
        case User():
            name = actor.email if actor.name == actor.email else f"{actor.name} <{actor.email}>"
            return _Who(AuditEvent.Actor.STAFF if staff else AuditEvent.Actor.USER, actor.pk, name)
    return _Who(AuditEvent.Actor.SYSTEM, None, "")


def type_name(target: models.Model) -> str:
    """`ApiKey` -> `api_key`; what the API calls differently, by its name there."""
    name = type(target).__name__
    return TYPE_NAMES.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def label(target: models.Model) -> str:
    """What a person knows it by. SECURITY: only names, never `str()` of a row whose text may be speech."""
    for name in ("email", "name", "title"):
        value = getattr(target, name, None)
        if isinstance(value, str) and value:
            return value
    user = getattr(target, "user", None)
    return user.email if isinstance(user, User) else ""


def _safe(data: Mapping[str, Any]) -> Json:
    kept = list(data.items())[:MOST_VALUES]
    return {str(name): "(hidden)" if HIDDEN.search(str(name)) else _plain(value) for name, value in kept}


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _plain(value.value)
        case datetime():
            return iso(value)
        case Mapping():
            return _safe(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in list(value)[:MOST_VALUES]]
    return str(value)[:LONGEST_VALUE]
