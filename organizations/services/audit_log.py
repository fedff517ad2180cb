"""Reading the audit log: filters, and the log as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet

from config.common.clock import iso
from organizations.models import AuditEvent
from organizations.roles import Action
from organizations.tenancy import Caller

COLUMNS = (
    "at", "action", "actor_type", "actor", "actor_id", "target_type", "target", "target_id",
    "details", "ip", "user_agent", "request_id",
)  # fmt: skip
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; empty means anything. `since` is included, `until` is not.

    `actor` and `target` are an id, or a part of the name. `action` is one action ("member.removed") or all of a kind
    ("member").
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def events(caller: Caller, query: AuditQuery) -> QuerySet[AuditEvent]:
    """What the organization's log has, newest first. Raises PermissionDenied."""
    caller.require(Action.AUDIT_READ)
    rows: QuerySet[AuditEvent] = AuditEvent.objects.visible_to(caller).filter(_condition(query))
    return rows


def _condition(query: AuditQuery) -> Q:
    found = Q()
    if query.actor:
        actor_id = _uuid(query.actor)
        found &= Q(actor_id=actor_id) if actor_id else Q(actor_name__icontains=query.actor)
    if query.action:
        found &= Q(action=query.action) | Q(action__startswith=f"{query.action}.")
    if query.target:
        found &= Q(target_id=query.target) | Q(target_label__icontains=query.target) | Q(target_type=query.target)
    if query.since:
        found &= Q(created_at__gte=query.since)
    if query.until:
        found &= Q(created_at__lt=query.until)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def table(rows: QuerySet[AuditEvent]) -> Iterator[list[Any]]:
    """A row of `COLUMNS` for each event, read in portions."""
    for event in rows.iterator(chunk_size=CHUNK):
        yield [
            iso(event.created_at),
            event.action,
            event.actor_type,
            event.actor_name,
            event.actor_id,
            event.target_type,
            event.target_label,
            event.target_id,
            orjson.dumps(event.data).decode() if event.data else "",
            event.ip,
            event.user_agent,
            event.request_id,
        ]
